"""A screen as packets: not permitted or not shown it is zero packets to anybody, whatever its client sends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from media.ids import PeerId
from media.plane import MediaPlane
from media.settings import MediaSettings
from server.courtroom.plans import screen_peer, tape_peer
from server.hearing import commands as c
from server.hearing import commands_exhibits as cx
from tests.cast import DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS
from tests.media.rig import Ear, vp8_payload
from tests.peers.client import WirePeer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from server.hearing.ids import SeatId
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.media

VIEWERS = (PRESIDING, DEFENDANT, OBSERVER, WITNESS)


class Wire:
    """A real plane that follows the court's plan, a client for each viewer, and the plaintiff's screen."""

    def __init__(self, rig: Rig, plane: MediaPlane) -> None:
        self.rig, self.plane, self.ear = rig, plane, Ear()
        self.viewers: dict[SeatId, WirePeer] = {}
        self.screen = WirePeer(audio=False, slots=0)
        self._sent = 0

    async def join(self) -> None:
        self.plane.add_tap(tape_peer(self.rig.hearing), self.ear)
        for seat in VIEWERS:
            self.viewers[seat] = WirePeer(slots=12)
            await self._connect(self.viewers[seat], PeerId(self.rig.tabs[seat].connection))
        await self._connect(self.screen, screen_peer(self.rig.tabs[PLAINTIFF].connection))

    async def _connect(self, client: WirePeer, peer: PeerId) -> None:
        await client.connect(self.plane.answer(peer, client.offer()))

    async def send(self) -> dict[str, int]:
        """Send ten pictures of the screen; how many packets came to whom since the last time."""
        self.plane.apply(str(self.rig.hearing), self.rig.routes)
        before = {seat: len(client.received) for seat, client in self.viewers.items()}
        taped = len(self.ear.items)
        for _ in range(10):
            self._sent += 1
            n = self._sent
            payload = vp8_payload(b"screen", start=True, key=True, picture=n, tl0=n)
            self.screen.send_rtp("video", payload, n, n * 3000, marker=True)
        await asyncio.sleep(0.3)
        came = {str(seat): len(client.received) - before[seat] for seat, client in self.viewers.items()}
        return {**came, "tape": len(self.ear.items) - taped}


@pytest.fixture
async def wire(rig: Rig) -> AsyncIterator[Wire]:
    await rig.opened()
    plane = MediaPlane(MediaSettings(udp_port=0, bind_host="127.0.0.1"), lambda _: None)
    await plane.start()
    made = Wire(rig, plane)
    try:
        await made.join()
        yield made
    finally:
        for client in (*made.viewers.values(), made.screen):
            client.close()
        await plane.close()


NOBODY = {"presiding": 0, "defendant": 0, "observer": 0, "witness": 0, "tape": 0}
ALL_BUT_THE_WITNESS = {"presiding": 10, "defendant": 10, "observer": 10, "witness": 0, "tape": 10}


async def test_a_screen_reaches_nobody_until_it_is_shown_and_nobody_after(wire: Wire) -> None:
    rig = wire.rig
    assert await wire.send() == NOBODY, "no leave"
    await rig.do(PRESIDING, cx.PermitPresenting(PLAINTIFF, on=True))
    assert await wire.send() == NOBODY, "leave, but not shown"
    await rig.do(PRESIDING, cx.ShowSource("screen", DEFENDANT))
    assert await wire.send() == NOBODY, "another screen is shown"
    for source in ("camera", "screen"):
        await rig.do(PRESIDING, cx.ShowSource(source, PLAINTIFF))
        assert await wire.send() == ALL_BUT_THE_WITNESS, source
    await rig.do(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting"))
    assert await wire.send() == NOBODY, "locked"
    await rig.do(PRESIDING, c.ReleaseLock(PLAINTIFF))
    assert await wire.send() == NOBODY, "not shown again by itself"


async def test_a_screen_that_is_shown_stops_with_the_recess(wire: Wire) -> None:
    rig = wire.rig
    await rig.do(PRESIDING, cx.ShowSource("screen", PLAINTIFF))
    assert await wire.send() == ALL_BUT_THE_WITNESS
    await rig.do(PRESIDING, c.Recess("noon"))
    assert await wire.send() == NOBODY
