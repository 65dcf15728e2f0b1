"""The last minutes of a tape that is still rolling, as copies that play from their first moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.ids import Kind
from recording.apart import replay_apart
from recording.reading import Tape
from recording.viewing import build
from tests.recording.senders import SECOND, T0, Sender, by_arrival
from tests.recording.test_passage import rolling
from tests.recording.test_viewing import LATE_S, by_kind, heard, on_tape, seconds, seen, sound

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service

NEVER_AGAIN = 100_000  # pictures from one key frame to the next


async def test_a_part_begins_with_what_is_seen_then_though_its_key_frame_is_long_past(tmp_path: Path) -> None:
    anna = Sender("p1")
    packets = by_arrival(anna.tone(500, 8, 1), anna.film(0, 12, NEVER_AGAIN))
    await on_tape(tmp_path / "tape", packets, {"p1": "plaintiff"})
    (copy,) = build(tmp_path / "tape", tmp_path / "out", T0 + 7 * SECOND, T0 + 10 * SECOND, passage=True)
    assert copy.duration_ms == 3_000
    assert abs(seconds(copy.path) - 3) <= 0.03
    first, last = heard(sound(copy.path), 500)
    assert abs(first - 1 - LATE_S) <= 0.05
    assert abs(last - 2 - LATE_S) <= 0.05
    pictures = seen(copy.path)
    assert pictures[0][0] == 0
    led = [when for when, luma in pictures if luma < 40 + 4 * 7 - 2]
    assert max(led) < 0.15, "what leads up to it is through at once"
    for second in (0, 1, 2):
        shown = [luma for when, luma in pictures if when <= second + 0.5 + LATE_S][-1]
        assert abs(shown - (40 + 4 * (7 + second))) <= 2


async def test_without_the_lead_there_is_no_picture_before_the_next_key_frame(tmp_path: Path) -> None:
    """What the test before proves could not be seen otherwise."""
    await on_tape(tmp_path / "tape", Sender("p1").film(0, 12, NEVER_AGAIN), {"p1": "plaintiff"})
    (copy,) = build(tmp_path / "tape", tmp_path / "out", T0 + 7 * SECOND, T0 + 10 * SECOND)
    assert copy.kind == "audio"


async def test_copies_of_a_tape_that_rolls(tmp_path: Path) -> None:
    recorder = await rolling(tmp_path)
    copies, failed = await replay_apart(tmp_path / "tape", tmp_path / "out", T0 + SECOND, T0 + 5 * SECOND)
    assert failed == 0
    found = by_kind(copies)
    assert set(found) == {("plaintiff", "audio"), ("defendant", "audio")}
    first, last = heard(sound(found["defendant", "audio"].path), 1500)
    assert first == pytest.approx(1, abs=2 * LATE_S)
    assert last == pytest.approx(3, abs=2 * LATE_S)
    await recorder.close()


async def test_a_window_gives_what_arrived_in_it_and_nothing_else(tmp_path: Path) -> None:
    packets = Sender("p1").tone(500, 0, 6)
    await on_tape(tmp_path / "tape", packets, {"p1": "plaintiff"})
    window = (T0 + 2 * SECOND, T0 + 3 * SECOND)
    got = [item.arrival_ns for item in Tape(tmp_path / "tape", window).items("plaintiff", Kind.AUDIO)]
    assert got == [packet.arrival_ns for packet in packets if window[0] <= packet.arrival_ns <= window[1]]
    assert got
