"""The tape under 1,000 kills, 200 power cuts and a sitting of half an hour.

None unreadable, what is lost is held to its limits, and at the end everybody is in step with the wall.

Usage: python -m tests.soak.tape [kills] [cuts]. Writes only into its own temporary folder; ends by itself.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from recording.recorder import Recorder
from tests.recording.cuts import Journal, Op, cut
from tests.recording.kills import SHORT, TRACKS, kill_one, read, record

KILLS, CUTS = 1000, 200
KILL_LOST_S, CUT_LOST_S = 0.10, 0.6
_LATE_S = 0.02  # a sleep of 10 ms that was later than this: the machine is too busy to be held to a time
_A_FOLDER = 25  # kills of one tape: it is repaired and goes on as often
_RECORDED_S = 40.0


def _told(losses: list[float]) -> str:
    losses = sorted(losses)
    shown = (losses[len(losses) // 2], losses[len(losses) * 99 // 100], losses[-1])
    return "lost {:.3f} s in the middle, {:.3f} s at 99 of 100, {:.3f} s at most".format(*shown)


def kill_often(folder: Path, kills: int) -> None:
    """Kill a recording process at any moment, again and again."""
    rng = random.Random(1)
    losses: list[float] = []
    starved: list[float] = []
    first: list[int] = []
    for number in range(kills):
        if number % _A_FOLDER == 0:
            first = [0] * len(TRACKS)
        place, after_s = folder / f"kill-{number // _A_FOLDER}", rng.uniform(0.0, 1.5)
        _, lost_s, late_s = kill_one(place, first, after_s)
        (losses if late_s <= _LATE_S else starved).append(lost_s)
    print(f"{kills} kills: unreadable 0; {len(losses)} of them {_told(losses)}", flush=True)
    if starved:
        print(f"{len(starved)} while the machine had no processor to give: {_told(starved)}", flush=True)
    assert max(losses) <= KILL_LOST_S


async def _journal(folder: Path) -> list[Op]:
    with pytest.MonkeyPatch.context() as patched:
        journal = Journal(folder, patched)
        recorder = await record(folder, _RECORDED_S, lambda *_: None, [0] * len(TRACKS))
        ops = list(journal.ops)
        await recorder.stop()
    return ops


async def cut_often(folder: Path, cuts: int) -> None:
    """Make a disk of any moment of a recording, repair it, read it."""
    rng = random.Random(2)
    ops = await _journal(folder / "live")
    begun = next(at for at, op in enumerate(ops) if op.name.startswith("plaintiff"))
    begun = next(at for at, op in enumerate(ops) if op.at_ns > ops[begun].at_ns + 2_000_000_000)
    losses: list[float] = []
    for number in range(cuts):
        end = rng.randrange(begun, len(ops))
        place = folder / f"cut-{number}"
        place.mkdir()
        for name, data in cut(ops[:end], rng).items():
            (place / name).write_bytes(data)
        again = Recorder(SHORT, place, "h-1", lambda _fact: None)
        await again.start()
        await again.stop()
        found = read(place)
        losses.append(max((ops[end].at_ns - newest) / 1e9 for newest in found.newest_ns.values()))
    print(f"{cuts} power cuts: unreadable 0; {_told(losses)}", flush=True)
    assert max(losses) <= CUT_LOST_S


def hold_tape(kills: int = KILLS, cuts: int = CUTS) -> None:
    """Do all three. CalledProcessError where somebody is out of step."""
    with tempfile.TemporaryDirectory() as folder:
        kill_often(Path(folder), kills)
        asyncio.run(cut_often(Path(folder), cuts))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "--timeout",
            "1800",
            "tests/recording/test_long_sitting.py",
        ],
        env=os.environ | {"YUNTING_SITTING_MINUTES": "30"},
        check=True,
    )


if __name__ == "__main__":
    hold_tape(*(int(argument) for argument in sys.argv[1:3]))
