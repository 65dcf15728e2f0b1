"""Room for a hearing: a court opens only onto enough of it, it is kept from others, and how long it lasts is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.ids import Kind
from recording.clock import clock_state
from recording.facts import TapeFaulted, TapeRolling, TapeUnavailable
from recording.folder import read_marks
from recording.reading import Tape
from recording.recorder import Recorder
from recording.segments import free_bytes
from recording.space import RESERVE_NAME, Room, forecast_bytes
from tests.recording.desks import SETTINGS, Desk, order
from tests.recording.rig import small_disk
from tests.recording.senders import Sender

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service
__all__ = ["small_disk"]  # the fixture

# Two seats of 8 kbit/s for five minutes: 600 kB.
EXPECTED = replace(
    SETTINGS,
    forecast_seat_kbit_s=8,
    forecast_hours=1 / 12,
    free_bytes_resume=50_000,
    progress_interval_s=0.01,
    retry_interval_s=0.05,
)


class Seated(Desk):
    """A desk whose tape was told how many people are expected."""

    def __init__(self, directory: Path, seats: int) -> None:
        super().__init__(directory, EXPECTED)
        self.recorder = Recorder(EXPECTED, directory, "h-1", self._on_fact, seats)


def test_the_forecast_is_seats_times_rate_times_hours() -> None:
    assert forecast_bytes(EXPECTED, 2) == 600_000
    assert forecast_bytes(EXPECTED, 0) == 0
    assert forecast_bytes(replace(EXPECTED, forecast_hours=0.0), 2) == 0


async def test_the_forecast_is_kept_from_others_and_given_to_the_tape(small_disk: Path) -> None:
    desk = Seated(small_disk / "tape", 2)
    await desk.recorder.start()
    reserve = small_disk / "tape" / RESERVE_NAME
    assert reserve.stat().st_blocks * 512 >= 590_000
    assert free_bytes(small_disk) < 450_000
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    # Somebody else takes all that is left: the tape goes on in what was kept for it.
    with pytest.raises(OSError, match="No space"):
        (small_disk / "greedy").write_bytes(bytes(1 << 20))
    voice = Sender("p1").tone(440, 0, 30)
    for packet in voice:
        desk.offer(packet)
    await desk.progress(lambda told: told.tape_bytes > 200_000)
    await desk.recorder.close()
    assert TapeFaulted("disk_full") not in desk.facts
    assert list(Tape(small_disk / "tape").items("a", Kind.AUDIO)) == voice
    assert not reserve.exists()


async def test_a_court_does_not_open_onto_too_little_and_one_that_has_begun_goes_on(small_disk: Path) -> None:
    with pytest.raises(TapeUnavailable, match="disk_full"):
        await Seated(small_disk / "tape", 4).recorder.start()
    small = Seated(small_disk / "tape", 2)
    await small.recorder.start()
    await small.recorder.stop()
    (small_disk / "ballast").write_bytes(bytes(700_000))
    again = Seated(small_disk / "tape", 4)
    await again.recorder.start()
    await again.recorder.stop()
    assert free_bytes(small_disk) > 200_000, "what a run kept it gives back"


async def test_how_long_the_room_lasts_is_told(small_disk: Path) -> None:
    desk = Seated(small_disk / "tape", 2)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    for packet in Sender("p1").tone(440, 0, 1):
        desk.offer(packet)
    told = await desk.progress(lambda told: told.hours_left is not None)
    assert told.hours_left == pytest.approx(950_000 / 2000 / 3600, rel=0.1)
    await desk.recorder.stop()


def test_a_reserve_gives_way_in_steps_and_a_leftover_is_removed(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.hold(100 << 20)
    path = tmp_path / RESERVE_NAME
    assert path.stat().st_size == 100 << 20
    room.shrink((100 << 20) - 1)
    assert path.stat().st_size == 100 << 20, "not for every byte"
    room.shrink(60 << 20)
    assert (path.stat().st_size, room.held) == (60 << 20, 60 << 20)
    Room(tmp_path).hold(0)
    assert not path.exists()


async def test_the_clock_is_asked_and_what_it_says_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = clock_state()
    monkeypatch.setattr("recording.writer.clock_state", lambda: replace(state, synced=False, error_us=7))
    desk = Desk(tmp_path, replace(SETTINGS, clock_check_s=300.0, progress_interval_s=0.01))
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.progress(lambda told: told.warnings == ("clock",))
    await desk.recorder.close()
    (mark,) = [mark for mark in read_marks(tmp_path) if mark["event"] == "clock"]
    assert (mark["synced"], mark["error_us"]) == (False, 7)
