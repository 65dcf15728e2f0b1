"""The last room on a disk is the ledger's: the tape stops before, and still begins again and seals there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.ids import Kind
from recording.facts import TapeFaulted, TapeRolling, TapeUnavailable
from recording.reading import Tape, verify
from recording.segments import free_bytes
from tests.recording.desks import Desk, order
from tests.recording.senders import Sender
from tests.recording.test_faults import FAST, shelf

if TYPE_CHECKING:
    from pathlib import Path

    from media.taps import TapPacket

pytestmark = pytest.mark.service
__all__ = ["shelf"]  # the fixture

KEPT = 300_000
ROOM = replace(FAST, free_bytes_min=600_000, free_bytes_resume=KEPT)
BALLAST = bytes(700_000)


async def test_the_tape_leaves_room_for_the_ledger(shelf: Path) -> None:
    desk = Desk(shelf / "tape", ROOM)
    sent = iter(Sender("p1").tone(440, 0, 60))
    given: list[TapPacket] = []
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    (shelf / "ballast").write_bytes(BALLAST)
    while TapeFaulted("disk_full") not in desk.facts:
        given.append(next(sent))
        assert desk.recorder.offer(given[-1])
        await desk.breathe()
    given += [packet for _, packet in zip(range(200), sent, strict=False) if desk.recorder.offer(packet)]
    assert free_bytes(shelf) > KEPT - 100_000  # one round may go over the line
    (shelf / "ledger").write_bytes(bytes(150_000))
    await desk.recorder.close()  # what waits is written, and sealed, in the room kept free
    assert list(Tape(shelf / "tape").items("a", Kind.AUDIO)) == given
    assert desk.recorder.stats.lost == 0
    assert verify(shelf / "tape") == []


async def test_a_tape_that_has_begun_goes_on_and_is_sealed_with_less_room_than_a_new_one_needs(
    shelf: Path,
) -> None:
    first = Desk(shelf / "tape", ROOM)
    voice = Sender("p1").tone(440, 0, 2)
    await first.recorder.start()
    first.recorder.follow(order(p1="a"))
    for packet in voice[:50]:
        assert first.recorder.offer(packet)
    await first.recorder.stop()
    (shelf / "ballast").write_bytes(BALLAST[:500_000])
    assert KEPT < free_bytes(shelf) < ROOM.free_bytes_min
    with pytest.raises(TapeUnavailable):
        await Desk(shelf / "new tape", ROOM).recorder.start()

    second = Desk(shelf / "tape", ROOM)
    await second.recorder.start()
    second.recorder.follow(order(p1="a"))
    for packet in voice[50:]:
        assert second.recorder.offer(packet)
    await second.until(lambda facts: TapeRolling() in facts)
    await second.recorder.stop()

    (shelf / "more ballast").write_bytes(bytes(free_bytes(shelf) - 100_000))
    last = Desk(shelf / "tape", ROOM)
    await last.recorder.start()
    last.recorder.follow(order(p1="a"))
    await last.until(lambda facts: TapeFaulted("disk_full") in facts)
    assert TapeRolling() not in last.facts
    await last.recorder.close()
    assert list(Tape(shelf / "tape").items("a", Kind.AUDIO)) == voice
    assert verify(shelf / "tape") == []
