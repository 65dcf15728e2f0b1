"""A person behind a network that lets nothing through but the court's pages and a relay: two namespaces, real coturn.

    person 10.88.82.2 ── 10.88.82.1 relay 10.88.81.2 ── 10.88.81.1 house

The relay's namespace passes TCP to the house's door on, and nothing else: what comes of the media port came by coturn,
with the configuration that docs/turnserver.conf gives to operators. Needs root, `ip`, `iptables` and `turnserver`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
from typing import TYPE_CHECKING

from tests.browser.away import EVERYWHERE as EVERYWHERE  # noqa: PLC0414  known under this name too
from tests.browser.away import away_chromium, ip, run
from tests.house import ROOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.browser.stage import Stage
    from tests.house import House

HOUSE = "10.88.81.1"
INSIDE, OUTSIDE = "10.88.81.2", "10.88.82.1"
PERSON = "10.88.82.2"
INSIDE_6, HOUSE_6 = "fd00:88:81::2", "fd00:88:81::1"
PORT = 3478
SHIPPED = ROOT / "docs" / "turnserver.conf"
_START_S = 15.0

possible = os.geteuid() == 0 and all(shutil.which(tool) for tool in ("ip", "iptables", "turnserver"))


class Relayed:
    """The two places and the relay. Make it before the house starts: the house announces the addresses it finds then."""

    def __init__(self, folder: Path) -> None:
        number = os.getpid() % 100000
        self._folder = folder
        self.relay, self.person = f"ytr{number}", f"ytp{number}"
        self._cables = ((f"ytra{number}", f"ytrb{number}"), (f"ytpa{number}", f"ytpb{number}"))
        self.secret = secrets.token_hex(32)
        self.secret_file = folder / "turn.secret"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where the relay listens."""
        return OUTSIDE, PORT

    async def open(self) -> None:
        """Lay both cables; the house can answer the person, but the relay's place lets nothing through yet."""
        self.secret_file.write_text(self.secret + "\n", encoding="utf-8")
        (house_end, relay_end), (outer_end, person_end) = self._cables
        for place in (self.relay, self.person):
            await ip("netns", "add", place)
            await ip("-n", place, "link", "set", "lo", "up")
        await ip("link", "add", house_end, "type", "veth", "peer", "name", relay_end, "netns", self.relay)
        await ip("-n", self.relay, "link", "add", outer_end, "type", "veth", "peer", "name", person_end, "netns", self.person)  # fmt: skip
        await self._inside("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.disable_ipv6=0")
        await ip("addr", "add", f"{HOUSE}/30", "dev", house_end)
        await ip("link", "set", house_end, "up")
        for address, end in ((f"{INSIDE}/30", relay_end), (f"{OUTSIDE}/30", outer_end)):
            await ip("-n", self.relay, "addr", "add", address, "dev", end)
            await ip("-n", self.relay, "link", "set", end, "up")
        await ip("-n", self.relay, "addr", "add", f"{INSIDE_6}/64", "dev", relay_end, "nodad")
        await ip("-n", self.person, "addr", "add", f"{PERSON}/30", "dev", person_end)
        await ip("-n", self.person, "link", "set", person_end, "up")
        await ip("-n", self.person, "route", "add", "default", "via", OUTSIDE)
        await ip("route", "add", f"{PERSON}/32", "via", INSIDE)
        await ip("route", "add", f"{OUTSIDE}/32", "via", INSIDE)
        await self._inside("iptables", "-w", "-P", "FORWARD", "DROP")

    async def let_through(self, port: int) -> None:
        """The person reaches the house's door (TCP) from now on."""
        for side, end in (("--dport", HOUSE), ("--sport", PERSON)):
            await self._inside("iptables", "-w", "-A", "FORWARD", "-p", "tcp", side, str(port), "-d", end, "-j", "ACCEPT")  # fmt: skip

    async def drop_udp(self) -> None:
        """The person's network lets no UDP through at all from now on, to the relay neither."""
        for chain in ("INPUT", "OUTPUT"):
            await run("ip", "netns", "exec", self.person, "iptables", "-w", "-I", chain, "-p", "udp", "-j", "DROP")  # fmt: skip

    async def start(self, *, denying: bool = True) -> None:
        """Start coturn as operators are told to, with this place's addresses. denying: False leaves its last part out."""
        text = SHIPPED.read_text(encoding="utf-8").replace("the-same-as-in-turn.secret_file", self.secret)
        text = text.replace("listening-ip=203.0.113.20", f"listening-ip={OUTSIDE}")
        text = text.replace("relay-ip=203.0.113.20", f"relay-ip={INSIDE}\nrelay-ip={INSIDE_6}")
        text = text.replace("allowed-peer-ip=203.0.113.10", f"allowed-peer-ip={HOUSE}")
        assert "203.0.113" not in text, "every address of the example is replaced"
        lines = text.splitlines()
        if not denying:
            lines = [line for line in lines if not line.startswith(("denied-peer-ip", "allowed-peer-ip"))]
        lines += [f"userdb={self._folder / 'turndb'}", f"pidfile={self._folder / 'turnserver.pid'}"]
        config, log = self._folder / "turnserver.conf", self._folder / "turnserver.log"
        config.write_text("\n".join([*lines, f"log-file={log}", "simple-log"]) + "\n", encoding="utf-8")
        self._process = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", self.relay, "turnserver", "-c", str(config)),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(_START_S):
            while not await self._answers():
                assert self._process.returncode is None, log.read_text(encoding="utf-8")[-3000:]
                await asyncio.sleep(0.1)

    async def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.setblocking(False)
            try:
                await asyncio.wait_for(asyncio.get_running_loop().sock_connect(probe, self.address), 1)
            except OSError:
                return False
        return True

    async def stop(self) -> None:
        """End coturn."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        self._process = None

    async def close(self) -> None:
        """Take it all away; a cable by itself, since whatever still runs there would keep it."""
        await self.stop()
        await ip("link", "delete", self._cables[0][0])
        await ip("-n", self.relay, "link", "delete", self._cables[1][0])
        for place in (self.relay, self.person):
            await ip("netns", "delete", place)

    async def _inside(self, *words: str) -> None:
        await run("ip", "netns", "exec", self.relay, *words)

    def chromium(self, house: House) -> contextlib.AbstractAsyncContextManager[Stage]:
        """A browser at the person's place."""
        return away_chromium(house, self.person, HOUSE, self._folder)


@contextlib.asynccontextmanager
async def relayed(folder: Path) -> AsyncIterator[Relayed]:
    """Both places, for as long as the test needs them; coturn is not started yet."""
    place = Relayed(folder)
    await place.open()
    try:
        yield place
    finally:
        await place.close()
