"""Killed at any moment, and cut from power at any moment: every tape is read, and what was synced is on it.

A sample; `make soak` does a thousand kills and two hundred cuts, and holds them to their times.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from recording.packets import RecordType, scan
from recording.reading import verify
from recording.recorder import Recorder
from tests.recording.cuts import Journal, cut, synced_until
from tests.recording.kills import SHORT, TRACKS, kill_one, read, record

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service

KILLS, CUTS = 6, 40


def test_killed_again_and_again_a_tape_keeps_what_it_had(tmp_path: Path) -> None:
    rng = random.Random(11)
    first = [0] * len(TRACKS)
    before: dict[int, list[int]] = {}
    for _ in range(KILLS):
        found, _, _ = kill_one(tmp_path / "tape", first, rng.uniform(0.0, 1.2))
        for track, numbers in before.items():
            assert found.numbers[track][: len(numbers)] == numbers, "a later run takes nothing away"
        before = found.numbers
        assert found.damage == 0 or found.damage <= len(TRACKS), "a torn end a file, and no more"
    assert all(len(numbers) > KILLS for numbers in before.values())


async def test_cut_from_power_at_any_moment_what_was_synced_is_on_the_tape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(12)
    with monkeypatch.context() as patched:
        journal = Journal(tmp_path / "live", patched)
        recorder = await record(tmp_path / "live", 3.0, lambda *_: None, [0] * len(TRACKS))
        await recorder.stop()
    assert {op.name for op in journal.ops if op.data is None} > {"", "tape-marks-0001.ytape"}
    for number in range(CUTS):
        ops = journal.ops[: rng.randrange(1, len(journal.ops))]
        folder = tmp_path / f"cut-{number}"
        folder.mkdir()
        for name, data in cut(ops, rng).items():
            (folder / name).write_bytes(data)
        must = synced_until(ops)
        for name, size in must.items():
            kept, true = (folder / name).read_bytes(), (tmp_path / "live" / name).read_bytes()
            assert kept[:size] == true[:size], "the rig itself: synced is there"
        again = Recorder(SHORT, folder, "h-1", lambda _fact: None)
        await again.start()
        await again.close()
        for name, size in must.items():  # repair has cut nothing of it
            with (folder / name).open("rb") as file:
                whole = scan(file.read())
            records = [record for record in whole if record.type is not RecordType.MARK]
            assert whole.good_length >= size
            assert all(record.payload for record in records)
        found = read(folder)
        assert verify(folder) == []
        for track, numbers in found.numbers.items():
            assert numbers == sorted(set(numbers)), track
