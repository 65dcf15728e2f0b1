"""The servers under test: each starts as a child of the case's process, connects its clients, and ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.plane import janus
from tests.bench.plane.building import FLOOR
from tests.bench.plane.clients import LoadPeer
from tests.bench.plane.loads import LOADS, PROFILES, WARM_UP_S, Case
from tests.bench.plane.ours import Ours
from tests.bench.plane.serving import Clients, SkippedError, connect_some

if TYPE_CHECKING:
    from tests.bench.plane.serving import Server

FLOOR_KEY = bytes(range(30))  # floor.c has the same
_END_S = 10.0
_START_S = 10.0  # of Janus, which makes an RSA key first
_STARTS_MAX = 6


async def _end(process: asyncio.subprocess.Process | None) -> None:
    if process is None or process.returncode is not None:
        return
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class Janus:
    """Janus' VideoRoom: one publisher, subscribers with a connection each."""

    def __init__(self, case: Case, *, openssl: bool) -> None:
        self._case, self._openssl = case, openssl
        self._kind = LOADS[case.load].kind
        self._process: asyncio.subprocess.Process | None = None
        self._session = janus.Session()
        self._folder = tempfile.mkdtemp(prefix="janus-")  # short: a Unix socket's path has 107 bytes

    async def start(self) -> None:
        if not self._case.own_network:
            raise SkippedError(
                "not root: Janus wants a network of its own with an address that is not loopback"
            )
        if self._openssl and janus.openssl_srtp() is None:
            raise SkippedError("no package has libsrtp on OpenSSL as a library")
        root = janus.find()
        if root is None:
            raise SkippedError("not installed, and not to be had from Debian by apt-get as root")
        for number in range(_STARTS_MAX):
            folder = Path(self._folder) / str(number)
            folder.mkdir()
            if await self._listens(root, folder):
                return
        said = (folder / "log").read_text(encoding="utf-8", errors="replace")[-300:]
        raise SkippedError(f"Janus did not start: {said}")

    async def _listens(self, root: Path, folder: Path) -> bool:
        """Start it once; False if it ended by itself: in one start of a few its socket's thread is not ready in time."""
        with (folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *janus.configure(root, folder),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=janus.environment(root, openssl=self._openssl),
            )
        opening = asyncio.get_running_loop().create_task(self._session.open(folder / "api"))
        ended = asyncio.get_running_loop().create_task(self._process.wait())
        done, _ = await asyncio.wait((opening, ended), timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
        if opening in done:
            ended.cancel()
            await opening
            return True
        opening.cancel()
        ended.cancel()
        await self._stop()
        self._session.close()
        self._session = janus.Session()
        return False

    async def connect(self) -> Clients:
        found = Clients()
        room = await self._session.attach()
        await self._session.message(
            room,
            {"request": "create", "room": 1, "publishers": 1, "bitrate": 0, "fir_freq": 0, "record": False},
        )
        found.peers.append(
            publisher := LoadPeer(self._case.host, PROFILES[self._case.profile], self._kind, 0)
        )
        joined = await self._session.message(room, {"request": "join", "ptype": "publisher", "room": 1})
        await publisher.open()
        offer = publisher.offer().replace("a=setup:actpass", "a=setup:active")
        offer = offer.replace("a=rtcp-mux\r\n", f"a=rtcp-mux\r\n{_candidate(publisher)}")
        done = await self._session.message(
            room, {"request": "publish"}, {"type": "offer", "sdp": offer, "trickle": False}
        )
        await publisher.connect(
            _as_answer(done["jsep"]["sdp"])
        )  # before it is up there is nothing to subscribe to
        for _ in range(self._case.subscribers):
            found.peers.append(peer := LoadPeer(self._case.host, PROFILES[self._case.profile], None, 0))
            await self._subscribe(peer, joined["id"])
            found.heard.append(peer)
            await connect_some(found.peers)
        await connect_some(found.peers, 1)
        return found

    async def _subscribe(self, peer: LoadPeer, feed: int) -> None:
        handle = await self._session.attach()
        offered = await self._session.message(
            handle, {"request": "join", "ptype": "subscriber", "room": 1, "streams": [{"feed": feed}]}
        )
        await peer.open()
        offer = offered["jsep"]["sdp"]
        answer = {"type": "answer", "sdp": _answer(offer, peer), "trickle": False}
        await self._session.message(handle, {"request": "start"}, answer)
        sources = [line for line in offer.split("\r\n") if line.startswith("a=ssrc:")]
        peer.hears = int(sources[0].split(":")[1].split(" ", maxsplit=1)[0]) if sources else 0
        peer.agreed = _as_answer(offer)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def tape_pid(self) -> int | None:
        return None

    async def stats(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        self._session.close()
        await self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
        await _end(self._process)


def _candidate(peer: LoadPeer) -> str:
    host, port = peer.local_address
    return f"a=candidate:1 1 udp 2130706431 {host} {port} typ host\r\na=end-of-candidates\r\n"


def _as_answer(sdp: str) -> str:
    """Rewrite what Janus says so that WirePeer can read it: the fingerprint in the section, no line is a slot of ours."""
    fingerprint = next(line for line in sdp.split("\r\n") if line.startswith("a=fingerprint:"))
    return sdp.replace("a=sendonly", "a=inactive").replace("a=rtcp-mux", f"a=rtcp-mux\r\n{fingerprint}")


def _answer(offer: str, peer: LoadPeer) -> str:
    """Take whatever Janus offers, with our own credentials, as the active side of DTLS."""
    ufrag, pwd, fingerprint = peer.credentials()
    ours = {
        "a=ice-ufrag:": f"a=ice-ufrag:{ufrag}",
        "a=ice-pwd:": f"a=ice-pwd:{pwd}",
        "a=fingerprint:": f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:": "a=setup:active",
        "a=sendonly": "a=recvonly",
    }
    theirs = ("a=candidate:", "a=end-of-candidates", "a=ssrc", "a=msid", "a=ice-lite", "a=ice-options")
    out = []
    for line in offer.strip().split("\r\n"):
        if line.startswith(theirs):
            continue
        out.append(next((text for start, text in ours.items() if line.startswith(start)), line))
        if line == "a=rtcp-mux":
            out += _candidate(peer).strip().split("\r\n")
    return "\r\n".join(out) + "\r\n"


class Floor:
    """The raw floor (floor.c): no server at all, it makes the packets it sends."""

    def __init__(self, case: Case, mode: str) -> None:
        self._case, self._mode = case, mode
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        return

    async def connect(self) -> Clients:
        load = LOADS[self._case.load]
        found = Clients()
        for _ in range(self._case.subscribers):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((self._case.host, 0))
            found.bare.append(sock)
        seconds = WARM_UP_S + self._case.measured_s + 0.5
        self._process = await asyncio.create_subprocess_exec(
            str(FLOOR),
            self._mode,
            str(self._case.subscribers),
            str(round(load.interval_s * 1e6)),
            str(load.burst),
            str(load.payload_bytes),
            str(seconds),
            self._case.host,
            str(PROFILES[self._case.profile].number),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join(str(one.getsockname()[1]) for one in found.bare).encode() + b"\n")
        self._process.stdin.close()
        if await self._process.stdout.readline() != b"ready\n":
            raise SkippedError("the floor could not start (libcrypto.so.3?)")
        return found

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def tape_pid(self) -> int | None:
        return None

    async def stats(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
        await _end(self._process)


def server(case: Case) -> Server:
    """Give the server a case names."""
    match case.server:
        case "janus" | "janus+openssl":
            return Janus(case, openssl=case.server != "janus")
        case "floor" | "floor+gso":
            return Floor(case, "mm" if case.server == "floor" else "gso")
        case "native" | "native+gso":
            return Ours(case, "native", gso=case.server != "native")
        case "python":
            return Ours(case, "python")
    raise ValueError(case.server)
