"""The second place of a tape: it takes over what is not proven, is read together with the first, and is told of."""

from __future__ import annotations

import asyncio
import errno
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.ids import Kind
from recording import writer
from recording.facts import TapeFaulted, TapeRolling, TapeSegment, TapeUnavailable
from recording.folder import read_marks
from recording.places import SameDisk, check_second, places_of, second_of
from recording.reading import Tape, order_marks, verify
from recording.segments import Segment, files_of
from recording.timeline import FAULT
from tests.recording.desks import SETTINGS, Desk, order
from tests.recording.rig import Ext4, Syncs, ext4, small_disk
from tests.recording.senders import Sender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media.taps import TapPacket
    from recording.settings import RecordingSettings

pytestmark = pytest.mark.service
__all__ = ["ext4", "small_disk"]  # fixtures

ELSEWHERE = TapeRolling(second=True)


def settings(tmp_path: Path, *, takeover_s: float = 1.0) -> RecordingSettings:
    """Of a tape with a second place, on the same disk where the test has no other."""
    return replace(
        SETTINGS,
        retry_interval_s=0.05,
        read_back_s=0.05,
        second_root=tmp_path / "second",
        second_same_disk=True,
        takeover_s=takeover_s,
    )


def audio_fails(number: int = errno.EIO) -> Callable[[Segment], OSError | None]:
    def fault(segment: Segment) -> OSError | None:
        return OSError(number, "as asked for") if segment.header.kind == "audio" else None

    return fault


async def rolling(desk: Desk) -> None:
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: any(isinstance(fact, TapeRolling) for fact in facts))


async def offered_until(desk: Desk, voice: list[TapPacket], wanted: object) -> int:
    """Offer packet by packet until this fact is told: how many were."""
    for number, packet in enumerate(voice):
        if wanted in desk.facts:
            return number
        desk.offer(packet)
        await desk.breathe()
    raise AssertionError("it was never told")


def heard(where: Path) -> list[object]:
    return list(Tape(where).items("a", Kind.AUDIO))


async def test_a_failing_disk_costs_nothing_and_the_tape_goes_on_in_the_second_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, voice = tmp_path / "first", Sender("p1").tone(440, 0, 60)
    syncs = Syncs(monkeypatch, first)
    desk = Desk(first, settings(tmp_path))
    await rolling(desk)
    for packet in voice[:100]:
        desk.offer(packet)
    syncs.fault = audio_fails()
    sent = 100 + await offered_until(desk, voice[100:], ELSEWHERE)
    for packet in voice[sent:]:
        desk.offer(packet)
    seal = await desk.recorder.close()

    assert desk.states() == [TapeRolling(), TapeFaulted("io_error"), ELSEWHERE]
    assert heard(first) == voice
    assert desk.recorder.stats.lost == 0
    assert [mark for mark in order_marks(first) if mark.layer == FAULT] == []
    second = second_of(tmp_path / "second", "h-1")
    assert places_of(first) == (first, second)
    assert [path.parent for name, path in files_of((first, second)) if name.kind == "audio"] == [
        first,
        second,
    ]
    moved = [mark for mark in read_marks(first, second) if mark["event"] == "moved"]
    assert [(mark["place"], mark["reason"]) for mark in moved] == [("second", "io_error")]
    assert verify(first) == []
    sealed = json.loads((first / "tape.json").read_bytes())
    assert sealed == json.loads((second / "tape.json").read_bytes())
    assert {segment["name"] for segment in sealed["segments"]} == {s.name for s in seal.segments}
    told = {fact.digest.name: fact.digest for fact in desk.facts if isinstance(fact, TapeSegment)}
    assert told == {segment.name: segment for segment in seal.segments}


async def test_a_disk_that_hangs_is_left_while_it_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, voice = tmp_path / "first", Sender("p1").tone(440, 0, 60)
    syncs = Syncs(monkeypatch, first)
    desk = Desk(first, settings(tmp_path, takeover_s=0.1))
    await rolling(desk)
    syncs.free.clear()
    sent = await offered_until(desk, voice, ELSEWHERE)
    assert syncs.held.is_set(), "the first place still hangs"
    for packet in voice[sent:]:
        desk.offer(packet)
    await desk.progress(lambda told: told.warnings == ("second_place",))
    assert heard(first)[: sent - 1] == voice[: sent - 1]
    syncs.free.set()
    await desk.recorder.close()
    assert desk.states() == [TapeRolling(), TapeFaulted("slow_disk"), ELSEWHERE]
    assert heard(first) == voice
    assert verify(first) == []
    numbers = [name.number for name, _ in files_of(places_of(first)) if name.kind == "audio"]
    assert numbers == list(range(1, len(numbers) + 1)), "no number is passed over"


async def test_a_full_disk_is_left_for_one_with_room(small_disk: Path, tmp_path: Path) -> None:
    desk = Desk(small_disk / "tape", replace(settings(tmp_path), second_same_disk=False))
    voice = Sender("p1").tone(440, 0, 60)
    await rolling(desk)
    (small_disk / "ballast").write_bytes(bytes(880_000))
    sent = await offered_until(desk, voice, ELSEWHERE)
    for packet in voice[sent:]:
        desk.offer(packet)
    await desk.recorder.close()
    assert desk.states() == [TapeRolling(), TapeFaulted("disk_full"), ELSEWHERE]
    assert heard(small_disk / "tape") == voice
    assert verify(small_disk / "tape") == []


async def test_a_disk_that_turns_read_only_is_left(ext4: Ext4, tmp_path: Path) -> None:
    place = ext4.place / "tape"
    desk = Desk(place, replace(settings(tmp_path), second_same_disk=False))
    voice = Sender("p1").tone(440, 0, 60)
    await rolling(desk)
    for packet in voice[:100]:
        desk.offer(packet)
    ext4.turn_read_only()
    sent = 100 + await offered_until(desk, voice[100:], ELSEWHERE)
    for packet in voice[sent:]:
        desk.offer(packet)
    await desk.recorder.close()
    assert desk.states() == [TapeRolling(), TapeFaulted("io_error"), ELSEWHERE]
    assert heard(place) == voice


async def test_a_tape_that_has_moved_stays_there_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, voice = tmp_path / "first", Sender("p1").tone(440, 0, 20)
    syncs = Syncs(monkeypatch, first)
    desk = Desk(first, settings(tmp_path))
    await rolling(desk)
    syncs.fault = audio_fails()
    sent = await offered_until(desk, voice, ELSEWHERE)
    await desk.recorder.stop()
    syncs.fault = lambda _segment: None
    again = Desk(first, settings(tmp_path))
    await rolling(again)
    assert again.states() == [ELSEWHERE]
    for packet in voice[sent:]:
        again.offer(packet)
    await again.recorder.close()
    assert heard(first) == voice
    with pytest.raises(TapeUnavailable, match="sealed"):
        await Desk(first, settings(tmp_path)).recorder.start()


async def test_where_both_places_fail_the_tape_goes_back_and_keeps_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_AGAIN_S", 0.0)
    first, voice = tmp_path / "first", Sender("p1").tone(440, 0, 60)
    one = Syncs(monkeypatch, first)
    other = Syncs(monkeypatch, tmp_path / "second")
    desk = Desk(first, settings(tmp_path))
    await rolling(desk)
    one.fault = audio_fails()
    sent = await offered_until(desk, voice, ELSEWHERE)
    one.fault = lambda _segment: None
    other.fault = audio_fails(errno.ENOSPC)
    desk.facts.clear()
    sent += await offered_until(desk, voice[sent:], TapeRolling())
    for packet in voice[sent:]:
        desk.offer(packet)
    await desk.recorder.close()
    assert heard(first) == voice
    assert desk.states() == [TapeFaulted("disk_full"), TapeRolling()]


async def test_a_tape_begins_in_the_second_place_where_the_first_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    first, voice = tmp_path / "file" / "tape", Sender("p1").tone(440, 0, 2)
    desk = Desk(first, settings(tmp_path))
    await rolling(desk)
    for packet in voice:
        desk.offer(packet)
    await desk.progress(lambda told: told.warnings == ("second_place",))
    await desk.recorder.close()
    where = (first, second_of(tmp_path / "second", "h-1"))
    assert list(Tape(where).items("a", Kind.AUDIO)) == voice
    assert verify(where) == []


async def test_without_the_second_place_the_tape_runs_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "second").touch()
    desk = Desk(tmp_path / "first", settings(tmp_path))
    await rolling(desk)
    await desk.progress(lambda told: told.warnings == ("second_missing",))
    await desk.recorder.close()


async def test_two_places_on_one_disk_are_one_place(tmp_path: Path) -> None:
    wanted = replace(settings(tmp_path), second_same_disk=False)
    with pytest.raises(SameDisk, match="second_root"):
        check_second(wanted, tmp_path / "first")
    check_second(settings(tmp_path), tmp_path / "first")
    check_second(SETTINGS, tmp_path / "first")
    desk = Desk(tmp_path / "first", wanted)
    await rolling(desk)
    await desk.progress(lambda told: told.warnings == ("second_missing",))
    await desk.recorder.close()
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(("people", "elsewhere"), [(1, False), (6, True)])
async def test_writes_of_300_ms_cost_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: int, elsewhere: bool
) -> None:
    """One voice still finds the disk fast enough; a round of six voices takes longer than a hearing may wait for it."""
    first, true_write = tmp_path / "first", Segment.write

    def write(segment: Segment, data: bytes) -> None:
        if first in segment.path.parents:
            time.sleep(0.3)
        true_write(segment, data)

    monkeypatch.setattr(Segment, "write", write)
    desk = Desk(first, settings(tmp_path))
    peers = {f"p{number}": f"voice-{number}" for number in range(people)}
    voices = [Sender(peer).tone(440, 0, 3) for peer in peers]
    await desk.recorder.start()
    desk.recorder.follow(order(**peers))
    await desk.until(lambda facts: any(isinstance(fact, TapeRolling) for fact in facts))
    for packets in zip(*voices, strict=True):
        for packet in packets:
            desk.offer(packet)
        await asyncio.sleep(0.02)
    await desk.recorder.close()
    assert (ELSEWHERE in desk.states()) is elsewhere
    assert desk.recorder.stats.lost == 0
    for label, voice in zip(peers.values(), voices, strict=True):
        assert list(Tape(first).items(label, Kind.AUDIO)) == voice
    assert verify(first) == []
