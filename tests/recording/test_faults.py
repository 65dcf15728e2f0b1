"""The tape under faults: killed, disk full, failing, slow. What was taken is kept or its loss is told."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from media.ids import Kind, PeerId
from media.taps import TapPacket
from recording.facts import TapeFaulted, TapeOrder, TapePaused, TapeRolling, TapeUnavailable
from recording.reading import Tape, order_marks, verify
from recording.segments import Segment
from recording.stream import Stream
from recording.timeline import coverage
from tests.recording.desks import SETTINGS, Desk, order
from tests.recording.senders import T0, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.service

FAST = replace(SETTINGS, retry_interval_s=0.05)
ROOT = Path(__file__).resolve().parents[2]
HALF_A_SECOND = 25  # packets of voice


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def pull_the_plug(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    fcntl.ioctl(handle, 0x8004587D, struct.pack("I", 2))  # EXT4_IOC_SHUTDOWN, no flush of the log
    os.close(handle)


def killed_after(
    directory: Path, lines: int, first: Callable[[Path], None] = lambda _directory: None
) -> list[int]:
    """Start a recording process, kill -9 it after so many packets: the sequence numbers it had offered."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.recording.killed", str(directory)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(lines)]
    first(directory)
    child.kill()
    said += [int(line) for line in child.stdout.read().splitlines() if line.isdigit()]
    assert child.wait() == -9
    return said


def sequences(directory: Path) -> list[int]:
    items = Tape(directory).items("plaintiff", Kind.AUDIO)
    return [item.sequence for item in items if isinstance(item, TapPacket)]


async def test_kill_9_costs_at_most_half_a_second(tmp_path: Path) -> None:
    kept: list[int] = []
    for _ in range(2):
        said = killed_after(tmp_path, 60)
        fresh = sequences(tmp_path)[len(kept) :]
        assert fresh == said[: len(fresh)]
        assert len(said) - len(fresh) <= HALF_A_SECOND
        kept += fresh
    # What a power cut leaves besides: a record cut short, and zeros.
    last = max(tmp_path.glob("plaintiff-audio-*.ytape"))
    size = last.stat().st_size
    last.write_bytes(last.read_bytes() + last.read_bytes()[size - 60 : size - 10] + b"\0" * 300)
    (tmp_path / "plaintiff-video-0001.ytape").touch()

    desk = Desk(tmp_path)
    await desk.recorder.start()
    assert last.stat().st_size == size
    assert (tmp_path / "plaintiff-video-0001.ytape.torn").exists()
    desk.recorder.follow(order(p9="plaintiff"))
    more = Sender("p9").tone(440, 0, 1)
    for packet in more:
        desk.recorder.offer(packet)
    await desk.recorder.close()
    tape = Tape(tmp_path)
    items = list(tape.items("plaintiff", Kind.AUDIO))
    assert items[-len(more) :] == more
    assert sequences(tmp_path)[: -len(more)] == kept
    assert tape.damage == []
    assert len(list(tmp_path.glob("plaintiff-audio-*.ytape"))) == 3
    assert verify(tmp_path) == []
    marks = order_marks(tmp_path)
    gaps = coverage(marks[0].at_ns, marks[-1].at_ns + 1, marks).gaps
    assert [gap.ground for gap in gaps] == ["fault", "fault"]
    assert gaps[1].start_ns == items[len(kept) - 1].arrival_ns


async def test_a_power_cut_costs_less_than_a_second(tmp_path: Path) -> None:
    """ext4 told to drop everything not yet synced (its shutdown call); the rest of the rule is fdatasync's."""
    image, place = tmp_path / "image", tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-o", "loop", str(image), str(place)]
    if os.geteuid() != 0 or subprocess.run(["truncate", "-s", "32M", str(image)], check=False).returncode:
        pytest.skip("mounting a disk image needs root")
    subprocess.run(["mkfs.ext4", "-qF", str(image)], check=True)
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("this machine has no loop devices")
    try:
        said = killed_after(place / "tape", 100, pull_the_plug)
        subprocess.run(["umount", str(place)], check=True)
        subprocess.run(mount, check=True)
        desk = Desk(place / "tape")
        await desk.recorder.start()
        await desk.recorder.stop()
        kept = sequences(place / "tape")
        assert kept == said[: len(kept)]
        assert len(said) - len(kept) <= 2 * HALF_A_SECOND  # half a second, and what a busy machine adds
        assert Tape(place / "tape").damage == []
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


async def test_damage_in_the_middle_is_not_cut_away(tmp_path: Path) -> None:
    killed_after(tmp_path, 40)
    (path,) = tmp_path.glob("plaintiff-audio-*.ytape")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    desk = Desk(tmp_path)
    await desk.recorder.start()
    await desk.recorder.stop()
    assert path.read_bytes() == bytes(data)


@pytest.mark.parametrize("kept_free", [1, 300_000])
async def test_a_full_disk_is_told_and_recording_goes_on_when_there_is_room(
    shelf: Path, kept_free: int
) -> None:
    desk = Desk(shelf / "tape", replace(FAST, free_bytes_resume=kept_free))
    anna = Sender("p1")
    voice = anna.tone(440, 0, 30)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    ballast = shelf / "ballast"
    ballast.write_bytes(bytes(880_000))
    sent = iter(voice)
    given: list[TapPacket] = []
    while TapeFaulted("disk_full") not in desk.facts:
        given.append(next(sent))
        assert desk.recorder.offer(given[-1])
        await desk.breathe()
    ballast.unlink()
    await desk.until(lambda facts: facts.count(TapeRolling()) == 2)
    for packet in sent:
        given.append(packet)
        assert desk.recorder.offer(packet)
    await desk.recorder.close()
    assert list(Tape(shelf / "tape").items("a", Kind.AUDIO)) == given
    assert desk.states() == [TapeRolling(), TapeFaulted("disk_full"), TapeRolling()]
    assert desk.recorder.stats.lost == 0
    assert verify(shelf / "tape") == []


async def test_a_disk_that_stays_full_costs_packets_and_says_which(shelf: Path) -> None:
    desk = Desk(shelf / "tape", replace(FAST, queue_packets_max=200, free_bytes_resume=300_000))
    voice = Sender("p1").tone(440, 0, 60)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    ballast = shelf / "ballast"
    ballast.write_bytes(bytes(880_000))
    sent = iter(voice)
    taken: list[TapPacket] = []
    refused: list[TapPacket] = []
    while len(refused) < 50:
        packet = next(sent)
        (taken if desk.recorder.offer(packet) else refused).append(packet)
        await desk.breathe()
    ballast.unlink()
    await desk.until(lambda facts: facts.count(TapeRolling()) == 2)
    taken += [packet for packet in sent if desk.recorder.offer(packet)]
    await desk.recorder.close()
    assert list(Tape(shelf / "tape").items("a", Kind.AUDIO)) == taken
    assert desk.recorder.stats.lost >= 50
    marks = [mark for mark in order_marks(shelf / "tape") if mark.at_ns < T0 + 10**12]
    gaps = [gap for gap in coverage(T0, T0 + 60 * 10**9, marks).gaps if gap.start_ns == refused[0].arrival_ns]
    assert all(gap.ground == "fault" for gap in gaps)
    assert (marks[0].at_ns, marks[0].ground) == (refused[0].arrival_ns, "fault")


async def test_no_room_no_start(tmp_path: Path) -> None:
    desk = Desk(tmp_path, replace(SETTINGS, free_bytes_min=1 << 60))
    with pytest.raises(TapeUnavailable) as refused:
        await desk.recorder.start()
    assert refused.value.reason == "disk_full"
    ready = Desk(tmp_path)
    await ready.recorder.start()  # the folder was let go
    await ready.recorder.stop()


async def test_a_folder_that_cannot_be_made_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TapeUnavailable) as refused:
        await Desk(tmp_path / "file" / "tape").recorder.start()
    assert refused.value.reason == "io_error"


async def test_after_a_failed_sync_the_file_is_left_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([True])
    true_sync = Segment.sync

    def sync(self: Segment) -> None:
        if self.header.kind == "audio" and self.size > 2000 and next(failures, False):
            raise OSError(errno.EIO, "input/output error")
        true_sync(self)

    monkeypatch.setattr(Segment, "sync", sync)
    desk = Desk(tmp_path, FAST)
    voice = Sender("p1").tone(440, 0, 4)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    for packet in voice[:100]:
        desk.recorder.offer(packet)
    await desk.until(lambda facts: facts.count(TapeRolling()) == 2)
    for packet in voice[100:]:
        desk.recorder.offer(packet)
    await desk.recorder.close()
    assert desk.states() == [TapeRolling(), TapeFaulted("io_error"), TapeRolling()]
    assert list(Tape(tmp_path).items("a", Kind.AUDIO)) == voice
    assert len(list(tmp_path.glob("a-audio-*"))) == 2


class Gate:
    """Holds the writer's syncs until opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = threading.Event()
        self.open.set()
        true_sync = Segment.sync

        def sync(segment: Segment) -> None:
            self.open.wait()
            true_sync(segment)

        monkeypatch.setattr(Segment, "sync", sync)


async def test_a_slow_disk_is_told_while_it_is_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    desk = Desk(tmp_path, replace(FAST, slow_disk_s=0.1))
    voice = iter(Sender("p1").tone(440, 0, 60))
    given: list[TapPacket] = []
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    gate.open.clear()
    while TapeFaulted("slow_disk") not in desk.facts:
        given.append(next(voice))
        assert desk.recorder.offer(given[-1])
        await desk.breathe()
    gate.open.set()
    await desk.until(lambda facts: facts.count(TapeRolling()) == 2)
    await desk.recorder.close()
    assert desk.states() == [TapeRolling(), TapeFaulted("slow_disk"), TapeRolling()]
    assert list(Tape(tmp_path).items("a", Kind.AUDIO)) == given


async def test_a_full_queue_is_told_and_its_loss_is_on_the_timeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    desk = Desk(tmp_path, replace(FAST, queue_packets_max=40))
    voice = iter(Sender("p1").tone(440, 0, 60))
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    gate.open.clear()
    kept: list[TapPacket] = []
    lost: list[TapPacket] = []
    while len(lost) < 30:
        packet = next(voice)
        (kept if desk.recorder.offer(packet) else lost).append(packet)
        await desk.breathe()
    desk.recorder.follow(TapeOrder(False, "recess", {PeerId("p1"): "a"}))  # orders always find room
    gate.open.set()
    await desk.until(lambda facts: TapePaused("recess") in facts)
    await desk.recorder.close()
    assert desk.recorder.stats.lost == len(lost)
    assert list(Tape(tmp_path).items("a", Kind.AUDIO)) == kept
    fault = [mark for mark in order_marks(tmp_path) if mark.layer == 1]
    assert [(mark.at_ns, mark.ground) for mark in fault] == [
        (lost[0].arrival_ns, "fault"),
        (lost[-1].arrival_ns + 1, None),
    ]
    assert desk.states() == [TapeRolling(), TapeFaulted("queue_full"), TapePaused("recess")]


async def test_a_defect_of_ours_is_told_and_never_raised_at_the_offerer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, FAST)
    await desk.recorder.start()

    def broken(_self: Stream, _entries: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(Stream, "append", broken)
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeFaulted("internal") in facts)
    assert not desk.recorder.offer(Sender("p1").tone(440, 0, 1)[0])
    with pytest.raises(TapeUnavailable) as ended:
        await desk.recorder.close()
    assert ended.value.reason == "internal"
