"""A passage of one voice, from a tape that is still rolling."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from media.ids import PeerId
from recording.apart import RebuildDied, passage_apart
from recording.facts import TapeOrder
from recording.passage import LONGEST_NS, passage
from recording.recorder import Recorder
from tests.recording.desks import SETTINGS
from tests.recording.senders import SECOND, T0, Sender, by_arrival
from tests.recording.test_viewing import LATE_S, heard, on_tape, seconds, sound

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


def play(folder: Path, label: str, from_s: float, to_s: float) -> Path:
    path = folder / "passage.webm"
    path.write_bytes(passage(folder / "tape", label, T0 + round(from_s * SECOND), T0 + round(to_s * SECOND)))
    return path


async def rolling(folder: Path) -> Recorder:
    """A tape that goes on: one person for six seconds, another for two of them."""
    recorder = Recorder(SETTINGS, folder / "tape", "h-1", lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId("p1"): "plaintiff", PeerId("p2"): "defendant"}))
    for packet in by_arrival(Sender("p1").tone(500, 0, 6), Sender("p2").tone(1500, 2, 2)):
        assert recorder.offer(packet)
    async with asyncio.timeout(5):
        while recorder.stats.bytes_written < 20_000:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)  # a few writes of the writer
    return recorder


async def test_the_voice_of_the_speaker_alone_in_its_own_time_while_the_tape_rolls(tmp_path: Path) -> None:
    recorder = await rolling(tmp_path)
    path = play(tmp_path, "defendant", 1, 5)
    assert seconds(path) == pytest.approx(4, abs=0.1)
    first, last = heard(sound(path), 1500)
    assert first == pytest.approx(1, abs=2 * LATE_S)
    assert last == pytest.approx(3, abs=2 * LATE_S)
    with pytest.raises(IndexError):  # nothing of the other one
        heard(sound(path), 500)
    await recorder.close()


async def test_only_what_was_asked_for(tmp_path: Path) -> None:
    await on_tape(tmp_path / "tape", Sender("p1").tone(500, 0, 6), {"p1": "plaintiff"})
    assert seconds(play(tmp_path, "plaintiff", 2, 3)) == pytest.approx(1, abs=0.1)


async def test_where_nothing_was_said_there_is_silence(tmp_path: Path) -> None:
    await on_tape(tmp_path / "tape", Sender("p1").tone(500, 0, 1), {"p1": "plaintiff"})
    assert seconds(play(tmp_path, "nobody", 0, 2)) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("length", [0, -1, LONGEST_NS + 1])
def test_a_passage_is_short_and_ends_after_it_begins(tmp_path: Path, length: int) -> None:
    with pytest.raises(ValueError, match="passage"):
        passage(tmp_path, "plaintiff", T0, T0 + length)


async def test_it_is_made_in_a_process_of_its_own(tmp_path: Path) -> None:
    await on_tape(tmp_path / "tape", Sender("p1").tone(500, 0, 2), {"p1": "plaintiff"})
    made = await passage_apart(tmp_path / "tape", "plaintiff", T0, T0 + SECOND)
    assert made == passage(tmp_path / "tape", "plaintiff", T0, T0 + SECOND)
    with pytest.raises(RebuildDied):
        await passage_apart(tmp_path / "no tape", "plaintiff", T0, T0 + SECOND)
