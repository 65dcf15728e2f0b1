"""Reading back: what a disk silently changed is found, told and written again; the screens go by what was read."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.ids import Kind
from recording.facts import TapeFaulted, TapeProgress, TapeRolling
from recording.packets import record_ends
from recording.readback import Point, ReadBack, Stand, Unlike
from recording.reading import Tape, verify
from recording.segments import Segment, files_of
from recording.writer import SECOND_PLACE
from tests.recording.desks import SETTINGS, Desk, order
from tests.recording.senders import Sender

if TYPE_CHECKING:
    from pathlib import Path

    from recording.settings import RecordingSettings

pytestmark = pytest.mark.service

SOON = replace(SETTINGS, read_back_s=0.02, retry_interval_s=0.05, progress_interval_s=0.01)


class Liar:
    """A disk that keeps one byte of one file of sound wrong, without saying so. header: of its beginning."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, header: bool = False) -> None:
        self.armed = False
        self.lied: list[str] = []
        true_write = Segment.write

        def write(segment: Segment, data: bytes) -> None:
            start = segment.size
            true_write(segment, data)
            if self.armed and segment.header.kind == "audio" and header == (start == 0):
                self.armed = False
                self.lied.append(segment.path.name)
                with segment.path.open("r+b") as file:
                    file.seek(start + len(data) // 2)
                    byte = file.read(1)[0]
                    file.seek(-1, os.SEEK_CUR)
                    file.write(bytes([byte ^ 64]))

        monkeypatch.setattr(Segment, "write", write)


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_what_the_disk_changed_is_found_told_and_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool, header: bool
) -> None:
    settings: RecordingSettings = SOON
    if elsewhere:
        settings = replace(SOON, second_root=tmp_path / "second", second_same_disk=True)
    liar, first = Liar(monkeypatch, header=header), tmp_path / "tape"
    desk = Desk(first, settings)
    sent = iter(Sender("p1").tone(440, 0, 60))
    given = []
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    liar.armed = True
    while TapeFaulted("read_back") not in desk.facts:
        given.append(next(sent))
        desk.offer(given[-1])
        await desk.breathe()
    await desk.until(lambda _facts: desk.states()[-1] == TapeRolling(second=elsewhere))
    for packet in sent:
        given.append(packet)
        desk.offer(packet)
    seal = await desk.recorder.close()
    assert desk.states() == [TapeRolling(), TapeFaulted("read_back"), TapeRolling(second=elsewhere)]
    tape = Tape(first)
    assert sorted(p.arrival_ns for p in tape.items("a", Kind.AUDIO)) == sorted(p.arrival_ns for p in given)
    assert {damage.file for damage in tape.damage} == set(liar.lied)
    assert liar.lied[0] in {segment.name for segment in seal.segments}, (
        "what is wrong is kept, and sealed as it is"
    )
    assert verify(first) == []


async def test_a_lie_at_the_very_end_is_found_before_the_tape_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    liar = Liar(monkeypatch)
    desk = Desk(tmp_path, replace(SOON, read_back_s=3600.0))
    voice = Sender("p1").tone(440, 0, 2)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    liar.armed = True
    for packet in voice:
        desk.offer(packet)
    await desk.recorder.close()
    assert liar.lied == ["a-audio-0001.ytape"]
    assert TapeFaulted("read_back") in desk.facts
    assert {p.arrival_ns for p in Tape(tmp_path).items("a", Kind.AUDIO)} == {p.arrival_ns for p in voice}
    assert verify(tmp_path) == []


async def test_the_screens_are_told_what_was_read_back_and_not_what_was_sent(tmp_path: Path) -> None:
    slow = Desk(tmp_path / "a", replace(SOON, read_back_s=3600.0))
    await slow.recorder.start()
    slow.recorder.follow(order(p1="a"))
    await slow.until(lambda facts: sum(isinstance(f, TapeProgress) for f in facts) > 2)
    assert {f.verified_until_ns for f in slow.facts if isinstance(f, TapeProgress)} == {0}
    await slow.recorder.stop()

    desk = Desk(tmp_path / "b", SOON)
    voice = Sender("p1").tone(440, 0, 4)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    for packet in voice:
        desk.offer(packet)
    first = await desk.progress(lambda told: told.verified_until_ns > 0)
    told = [fact for fact in desk.facts if isinstance(fact, TapeProgress)]
    assert all(fact.verified_until_ns <= fact.safe_until_ns for fact in told)
    assert SECOND_PLACE not in told[-1].warnings
    await desk.progress(lambda told: told.verified_until_ns > first.verified_until_ns)
    await desk.recorder.close()


async def test_every_byte_is_read_once_its_page_is_full(tmp_path: Path) -> None:
    """Byte by byte: whichever is wrong is found, in pages that are full and in the one that is not."""
    desk = Desk(tmp_path, SOON)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    for packet in Sender("p1").tone(440, 0, 1):
        desk.offer(packet)
    await desk.recorder.close()
    ((_, path),) = [item for item in files_of([tmp_path]) if item[0].kind == "audio"]
    data = path.read_bytes()
    salt = data[8:16]
    start = next(at for at in range(24, len(data)) if list(record_ends(data[at:], salt)))
    ends = [start + end for end in record_ends(data[start:], salt)]
    assert ends[-1] == len(data) > 4096
    half = next(end for end in ends if end > len(data) // 2)
    for wrong in (*range(0, start, 11), *range(start, len(data), 37)):
        path.write_bytes(data[:wrong] + bytes([data[wrong] ^ 1]) + data[wrong + 1 :])
        good: list[Point] = []
        back = ReadBack(1.0, good.append, lambda _reason, _path: None)
        back.note([Stand(path, salt, start, half, closed=False)], Point(1, 1))
        if wrong < half:
            with pytest.raises(Unlike):
                back.rest()
            continue
        back.rest()
        back.note([Stand(path, salt, start, len(data), closed=True)], Point(2, 2))
        with pytest.raises(Unlike):
            back.rest()
        assert good == [Point(1, 1)]
    path.write_bytes(data[:half])
    back = ReadBack(1.0, lambda _point: None, lambda _reason, _path: None)
    back.note([Stand(path, salt, start, len(data), closed=True)])
    with pytest.raises(Unlike):  # shorter than it should be
        back.rest()
