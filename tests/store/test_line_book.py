"""Line figures on disk: read back after a kill, bounded, torn tails harmless, and a bad disk costs figures alone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from server.courtroom.line_log import LineStep, SeatLine, encode
from server.courtroom.outputs import SeatHealth
from server.hearing.ids import HearingId, Instant, SeatId
from server.store.line_book import NEWER, OLDER, LineFiles
from tests.house import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service

H = HearingId("h-1")


def step(at_s: int, seat: str = "plaintiff") -> LineStep:
    return LineStep(
        Instant(at_s * 1000), (SeatLine(SeatHealth(SeatId(seat), 0.01, 0.0, 40, 5, "good"), 900),)
    )


def book(folder: Path, bytes_max: int = 1 << 20, pending_max: int = 100) -> LineFiles:
    return LineFiles(lambda hearing: folder / hearing / "lines", bytes_max, pending_max)


async def test_what_was_noted_is_read_by_the_next_process(tmp_path: Path) -> None:
    first = book(tmp_path)
    for second in range(0, 1500, 5):
        first.note(H, step(second))
    first._pending_max = 1000
    await first.drain()
    again = book(tmp_path)
    whole, newest = await again.whole(H), await again.newest(H)
    assert whole == [step(second) for second in range(1000, 1500, 5)], "the queue is bounded, the oldest went"
    assert first.dropped == 200
    assert newest == whole
    assert (tmp_path / "h-1" / "lines" / NEWER).stat().st_mode & 0o077 == 0
    assert await again.whole(HearingId("h-2")) == []


async def test_the_newest_are_those_of_ten_minutes(tmp_path: Path) -> None:
    files = book(tmp_path, pending_max=1000)
    for second in range(0, 3000, 5):
        files.note(H, step(second))
    await files.drain()
    assert [one.at_ms for one in await files.newest(H)] == [s * 1000 for s in range(2395, 3000, 5)]
    assert len(await files.whole(H)) == 600


async def test_a_killed_process_loses_what_it_had_not_written_and_nothing_else(tmp_path: Path) -> None:
    writer = """
import asyncio, pathlib, sys
from tests.store.test_line_book import book, step, H
async def main():
    files = book(pathlib.Path(sys.argv[1]))
    task = asyncio.ensure_future(files.run())
    for second in range(0, 10**6, 5):
        files.note(H, step(second))
        await files.drain()
        print(second, flush=True)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", writer, str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    told = -5
    while told < 200:
        told = int(await process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = await process.stdout.read()
    told = int(rest.split()[-1]) if rest.endswith(b"\n") and rest.split() else told
    await process.wait()
    found = [one.at_ms // 1000 for one in await book(tmp_path).whole(H)]
    assert found == list(range(0, found[-1] + 5, 5))
    assert found[-1] >= told


async def test_a_torn_tail_costs_itself_and_the_next_process_writes_on(tmp_path: Path) -> None:
    files = book(tmp_path)
    files.note(H, step(0))
    await files.drain()
    path = tmp_path / "h-1" / "lines" / NEWER
    path.write_bytes(path.read_bytes() + encode(step(5))[:30])
    again = book(tmp_path)
    again.note(H, step(10))
    await again.drain()
    assert [one.at_ms for one in await again.whole(H)] == [0, 10_000]


async def test_it_never_grows_beyond_its_limit_and_keeps_the_newest(tmp_path: Path) -> None:
    limit = 40 * len(encode(step(0)))
    files = book(tmp_path, bytes_max=limit)
    folder = tmp_path / "h-1" / "lines"
    for second in range(0, 1000, 5):
        files.note(H, step(second))
        await files.drain()
        assert sum(path.stat().st_size for path in folder.iterdir()) <= limit
    kept = [one.at_ms // 1000 for one in await files.whole(H)]
    assert kept == list(range(kept[0], 1000, 5))
    assert len(kept) >= 18
    assert {path.name for path in folder.iterdir()} == {NEWER, OLDER}


async def test_a_disk_without_room_costs_figures_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    files = book(tmp_path)
    files.note(H, step(0))
    await files.drain()
    real = os.write

    def full(descriptor: int, content: bytes) -> int:
        real(descriptor, content[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    for second in (5, 10):
        files.note(H, step(second))
        await files.drain()
    monkeypatch.setattr(os, "write", lambda fd, content: real(fd, content[:-3]))
    files.note(H, step(15))
    await files.drain()
    monkeypatch.setattr(os, "write", real)
    files.note(H, step(20))
    await files.drain()
    assert [one.at_ms for one in await files.whole(H)] == [0, 20_000]
    assert files.dropped == 3
    assert caplog.text.count("can't be kept") == 1, "said once a minute"
    assert "plaintiff" not in caplog.text


async def test_a_folder_that_can_not_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "h-1").write_text("a file where a folder should be")
    files = book(tmp_path)
    files.note(H, step(0))
    files.note(HearingId("h-2"), step(0))
    await files.drain()
    assert files.dropped == 1
    assert await files.whole(H) == await files.newest(H) == []
    assert len(await files.whole(HearingId("h-2"))) == 1


async def test_it_writes_by_itself(tmp_path: Path) -> None:
    files = book(tmp_path)
    task = asyncio.ensure_future(files.run())
    files.note(H, step(0))
    async with asyncio.timeout(30):
        while not await files.whole(H):
            await asyncio.sleep(0.01)
    task.cancel()
