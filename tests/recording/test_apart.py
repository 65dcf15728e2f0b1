"""A rebuild in a process of its own: it answers, and it never outlives whoever asked."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recording.apart import RebuildDied, build_apart, work_apart
from tests.recording.senders import SECOND, T0, Sender
from tests.recording.test_viewing import on_tape

pytestmark = pytest.mark.service

ROOT = Path(__file__).resolve().parents[2]

ASKER = """
import asyncio, sys
from pathlib import Path
from recording.apart import build_apart
if __name__ == "__main__":
    asyncio.run(build_apart(Path(sys.argv[1]), Path(sys.argv[2]), 0, 10**9))
"""


def endless(tape: Path) -> tuple[Path, Path]:
    """A tape whose files are pipes: a reader of the second one waits for ever."""
    tape.mkdir()
    names = (tape / "a-audio-0001.ytape", tape / "b-audio-0001.ytape")
    for name in names:
        os.mkfifo(name)
    return names


def met(pipe: Path) -> None:
    """Return once the process reads this pipe."""
    os.close(os.open(pipe, os.O_WRONLY))


async def test_the_copies_come_back_and_failures_are_counted(tmp_path: Path) -> None:
    await on_tape(tmp_path / "tape", Sender("p1").tone(500, 0, 1), {"p1": "a"})
    copies, failed = await build_apart(tmp_path / "tape", tmp_path / "out", T0, T0 + SECOND)
    assert ([copy.path.name for copy in copies], failed) == (["a.webm"], 0)
    (tmp_path / "out2" / "a.webm").mkdir(parents=True)  # in the copy's place
    assert await build_apart(tmp_path / "tape", tmp_path / "out2", T0, T0 + SECOND) == ([], 1)
    assert not multiprocessing.active_children()


async def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    with pytest.raises(RebuildDied):
        await build_apart(tmp_path / "no tape", tmp_path / "out", T0, T0 + SECOND)


async def test_cancelling_ends_the_process_at_once(tmp_path: Path) -> None:
    first, _second = endless(tmp_path / "tape")
    asking = asyncio.ensure_future(build_apart(tmp_path / "tape", tmp_path / "out", T0, T0 + SECOND))
    await asyncio.to_thread(met, first)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not multiprocessing.active_children()


async def test_it_dies_with_a_server_that_is_killed(tmp_path: Path) -> None:
    first, _second = endless(tmp_path / "tape")
    script = tmp_path / "asker.py"
    script.write_text(ASKER)
    asker = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "tape"), str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    await asyncio.to_thread(met, first)
    children = Path(f"/proc/{asker.pid}/task/{asker.pid}/children").read_text().split()
    handles = {
        pid: os.pidfd_open(int(pid))
        for pid in children
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }
    assert len(handles) == 1
    asker.send_signal(signal.SIGKILL)
    asker.wait()
    for handle in handles.values():
        await asyncio.to_thread(select.select, [handle], [], [])
        os.close(handle)


async def test_a_large_work_is_handed_over_while_everything_else_goes_on() -> None:
    """More than a pipe holds, to a process that reads nothing before it has read its code in."""
    asking = asyncio.ensure_future(work_apart(len, bytes(4 << 20)))
    turns = 0
    while not asking.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert await asking == 4 << 20
    assert turns > 10
