"""What a tape does not hold: each gap with its ground and its times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.ids import Kind, PeerId
from recording.clocks import ClockMap
from recording.facts import TapeOrder
from recording.gaps import gaps_of, lost_packets
from recording.rtp import in_order
from tests.recording.desks import SETTINGS, Apart, ApartDesk, Clock
from tests.recording.senders import SECOND, T0, Sender

if TYPE_CHECKING:
    from pathlib import Path

    from recording.timeline import Gap

pytestmark = pytest.mark.service

MS = 1_000_000


def near(gap: Gap, start_s: float, end_s: float) -> bool:
    """Within a tenth of a second: transit, jitter, and the packets beside it."""
    return all(
        abs((at - T0) / SECOND - wanted) < 0.1
        for at, wanted in ((gap.start_ns, start_s), (gap.end_ns, end_s))
    )


def test_missing_sequence_numbers_are_gaps_and_late_ones_are_not() -> None:
    voice = Sender("p1").tone(440, 0, 20)
    lost = {*range(100, 130), 400}
    kept = [packet for number, packet in enumerate(voice) if number not in lost]
    kept.insert(600, kept.pop(590))
    found = list(lost_packets(in_order(kept), ClockMap.learn(kept)))
    assert [count for _, count in found] == [30, 1]
    assert near(found[0][0], 1.98 + 0.04, 2.6 + 0.04)
    assert found[1][0].end_ns - found[1][0].start_ns == 40 * MS


async def test_every_gap_has_its_ground_and_its_times(tmp_path: Path) -> None:
    """Joined at 5 s, lost packets at 8 s, a recess from 10 to 15 s, nothing sent from 20 to 25 s; 30 s in all."""
    clock = Clock(T0)
    apart = Apart(SETTINGS, clock)
    await apart.start()
    desk = ApartDesk(apart, clock, tmp_path)
    await desk.recorder.start()
    desk.recorder.follow(TapeOrder(rolling=True, labels={}))
    voice = Sender("p1").tone(440, 0, 30)
    here = TapeOrder(rolling=True, labels={PeerId("p1"): "a"})
    orders = {250: here, 500: TapeOrder(rolling=False, ground="recess", labels=here.labels), 750: here}
    for number, packet in enumerate(voice):
        if number in orders:
            clock.at(packet.arrival_ns - 1000)
            desk.recorder.follow(orders[number])
        if number not in range(400, 410) and number not in range(1000, 1250):
            desk.offer(packet)
    await desk.recorder.close()
    await apart.close()
    found = gaps_of(tmp_path, "a", Kind.AUDIO, T0 + SECOND, T0 + 30 * SECOND)
    wanted = [("connection", 1, 5), ("loss", 8, 8.24), ("recess", 10, 15), ("silent", 20, 25)]
    long = [gap for gap in found if gap.end_ns - gap.start_ns > 50 * MS]
    assert [gap.ground for gap in long] == [ground for ground, _, _ in wanted]
    for gap, (_, start_s, end_s) in zip(long, wanted, strict=True):
        assert near(gap, start_s, end_s), gap
