"""Janus as a peer to be measured against: fetched from Debian, configured, spoken to by its Unix socket.

It is unpacked into build/, not installed: nothing of the machine changes and no daemon starts. VideoRoom, ICE lite,
no recording; everything else is as Debian ships it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

from tests.bench.plane.building import OUT, SHIM

FETCHED = OUT / "janus"
BINARY = Path("/usr/bin/janus")
_LIBRARIES = Path("usr/lib/x86_64-linux-gnu")
_PLUGIN, _TRANSPORT = "libjanus_videoroom.so", "libjanus_pfunix.so"
_REPLY_S = 10.0
_MESSAGE_BYTES_MAX = 1 << 17


class NoJanusError(Exception):
    """Janus can't be had here; the text says why."""


def find() -> Path | None:
    """Give the root that Janus is in: "/" where it is installed, else the folder it was unpacked into; None if neither."""
    if BINARY.exists():
        return Path("/")
    return FETCHED if (FETCHED / "usr/bin/janus").exists() else None


def fetch() -> None:
    """Have Janus here, from Debian if it is not. Needs the machine's own network. Raises NoJanusError."""
    if find() is not None:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NoJanusError("not root, or no apt-get: Janus can't be fetched")
    archives = OUT / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-y", "--no-install-recommends", "--download-only", "-o", f"Dir::Cache::archives={archives}"]
    for attempt in (["install", *options, "janus"], ["update"], ["install", *options, "janus"]):
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(["apt-get", "-qq", *attempt], capture_output=True, timeout=180, check=False)
        if any(archives.glob("janus_*.deb")):
            break
    else:
        raise NoJanusError("apt-get has no package janus, or could not reach it")
    for package in sorted(archives.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(FETCHED)], check=True, timeout=60)


def openssl_srtp() -> Path | None:
    """Give a libsrtp on OpenSSL that Janus can use through the shim: the one inside pylibsrtp's wheel, if it is one."""
    import pylibsrtp  # noqa: PLC0415  only asked for here

    found = next(Path(pylibsrtp.__file__).parent.glob("_binding*.so"), None)
    if found is None or not SHIM.exists():
        return None
    return found if b"\0srtp_protect\0" in found.read_bytes() else None


def environment(root: Path, *, openssl: bool) -> dict[str, str]:
    """Give the environment it runs in."""
    paths = [str(SHIM.parent)] if openssl else []
    paths += [str(root / _LIBRARIES)] if root != Path("/") else []
    out = {**os.environ, "LD_LIBRARY_PATH": ":".join(paths)}
    if openssl:
        out["BENCH_LIBSRTP"] = str(openssl_srtp())
    return out


def configure(root: Path, folder: Path) -> list[str]:
    """Write its configuration into `folder`; gives the command line."""
    for kind, name in (("plugins", _PLUGIN), ("transports", _TRANSPORT)):
        (folder / kind).mkdir()
        (folder / kind / name).symlink_to((root / _LIBRARIES / "janus" / kind / name).resolve())
    for empty in ("events", "loggers"):
        (folder / empty).mkdir()
    (folder / "janus.jcfg").write_text(
        "general: {\n"
        f'  configs_folder = "{folder}"\n'
        f'  plugins_folder = "{folder}/plugins"\n'
        f'  transports_folder = "{folder}/transports"\n'
        f'  events_folder = "{folder}/events"\n'
        f'  loggers_folder = "{folder}/loggers"\n'
        "  debug_level = 2\n  session_timeout = 0\n}\n"
        "nat: {\n  ice_lite = true\n  full_trickle = false\n}\n",
        encoding="ascii",
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {\n}\n", encoding="ascii")
    (folder / "janus.transport.pfunix.jcfg").write_text(
        'general: {\n  enabled = true\n  json = "compact"\n'
        f'  path = "{folder}/api"\n  type = "SOCK_SEQPACKET"\n}}\nadmin: {{\n  admin_enabled = false\n}}\n',
        encoding="ascii",
    )
    return [str(root / "usr/bin/janus"), "-F", str(folder), "-C", str(folder / "janus.jcfg")]


class Session:
    """One session over the Unix socket; replies are matched by their transaction."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._id = 0
        self._reader: asyncio.Task[None] | None = None

    async def open(self, path: Path, patience_s: float = 10.0) -> None:
        """Connect as soon as it listens, and begin a session."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(patience_s):
            while True:
                try:
                    await loop.sock_connect(self._socket, str(path))
                    break
                except (FileNotFoundError, ConnectionRefusedError):
                    await asyncio.sleep(0.05)
        self._reader = loop.create_task(self._read())
        self._id = (await self._ask(janus="create"))["data"]["id"]

    async def attach(self) -> int:
        """Give a new handle of the VideoRoom plugin."""
        reply = await self._ask(janus="attach", session_id=self._id, plugin="janus.plugin.videoroom")
        number: int = reply["data"]["id"]
        return number

    async def message(
        self, handle: int, body: dict[str, Any], jsep: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Say something to the plugin; gives its event (or its answer), with its jsep if there is one."""
        more = {} if jsep is None else {"jsep": jsep}
        reply = await self._ask(janus="message", session_id=self._id, handle_id=handle, body=body, **more)
        data: dict[str, Any] = reply["plugindata"]["data"]
        if "error" in data:
            raise NoJanusError(f"Janus: {data['error']}")
        return {**data, "jsep": reply.get("jsep", {})}

    def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
        self._socket.close()

    async def _ask(self, **words: Any) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        name = str(next(self._numbers))
        future = self._waiting[name] = loop.create_future()
        await loop.sock_sendall(self._socket, json.dumps({**words, "transaction": name}).encode())
        async with asyncio.timeout(_REPLY_S):
            reply: dict[str, Any] = await future
        return reply

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(self._socket, _MESSAGE_BYTES_MAX):
            words = json.loads(data)
            future = self._waiting.get(words.get("transaction", ""))
            if future is None or future.done() or words["janus"] == "ack":
                continue
            if words["janus"] == "error":
                future.set_exception(NoJanusError(f"Janus: {words['error']}"))
            else:
                future.set_result(words)
