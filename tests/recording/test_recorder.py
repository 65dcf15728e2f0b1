"""The recorder with real files: keeps what it is ordered to keep, and only that."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from media.ids import Kind, PeerId
from media.taps import TapPacket, TapReport
from recording.facts import (
    TapeFact,
    TapeFaulted,
    TapeOrder,
    TapePaused,
    TapeProgress,
    TapeRolling,
    TapeUnavailable,
)
from recording.reading import Damage, Tape, connection_marks, order_marks, verify
from recording.segments import list_segments
from recording.timeline import FAULT, coverage
from tests.recording.desks import SETTINGS, Desk, Desks, order
from tests.recording.senders import Sender, by_arrival

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


pytestmark = pytest.mark.service


@pytest.fixture(params=["here", "apart"])
async def desks(request: pytest.FixtureRequest) -> AsyncIterator[Desks]:
    """One suite for the recorder in this process and for the one in the tape process."""
    made = Desks(request.param)
    yield made
    await made.close()


async def test_what_is_offered_comes_back_byte_for_byte(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path / "tape")
    anna = Sender("p1")
    sent = by_arrival(anna.tone(440, 0, 2), anna.film(0, 2))
    await desk.recorder.start()
    desk.recorder.follow(order(p1="plaintiff"))
    for packet in sent:
        desk.offer(packet)
    desk.offer(anna.report(1.0))
    seal = await desk.recorder.close()

    tape = Tape(tmp_path / "tape")
    assert tape.labels == ["plaintiff"]
    audio = list(tape.items("plaintiff", Kind.AUDIO))
    assert [item for item in audio if isinstance(item, TapPacket)] == [
        packet for packet in sent if packet.track.kind is Kind.AUDIO
    ]
    assert [item for item in audio if isinstance(item, TapReport)] == [anna.report(1.0)]
    assert list(tape.items("plaintiff", Kind.VIDEO)) == [p for p in sent if p.track.kind is Kind.VIDEO]
    assert tape.damage == []
    assert verify(tmp_path / "tape") == []
    names = {segment.name for segment in seal.segments}
    assert names == {"plaintiff-audio-0001.ytape", "plaintiff-video-0001.ytape", "tape-marks-0001.ytape"}
    assert desk.states() == [TapeRolling()]


async def test_strangers_and_pauses_leave_nothing_on_the_tape(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path)
    anna, eve = Sender("p1", ssrc=0x1000), Sender("p2", ssrc=0x1000)
    await desk.recorder.start()
    desk.offer(anna.tone(440, 0, 1)[0])  # before any order
    desk.recorder.follow(order(p1="plaintiff"))
    first, paused, second = (anna.tone(440, at, 1) for at in (1, 2, 3))
    strange = eve.tone(600, 1, 1)
    for packet in by_arrival(first, strange):
        desk.offer(packet)
    desk.recorder.follow(TapeOrder(rolling=False, ground="recess", labels={PeerId("p1"): "plaintiff"}))
    for packet in paused:
        desk.offer(packet)
    await desk.until(lambda facts: TapePaused("recess") in facts)
    desk.recorder.follow(order(p1="plaintiff"))
    for packet in second:
        desk.offer(packet)
    await desk.recorder.close()
    assert desk.recorder.stats.refused == 1 + 50 + 50
    tape = Tape(tmp_path)
    assert tape.labels == ["plaintiff"]
    assert list(tape.items("plaintiff", Kind.AUDIO)) == first + second
    assert desk.states() == [TapeRolling(), TapePaused("recess"), TapeRolling()]
    whole = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert first[9].rtp in whole
    assert not any(packet.rtp in whole for packet in paused + strange)


async def test_the_timeline_of_a_recess(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="plaintiff"))
    desk.recorder.follow(TapeOrder(rolling=False, ground="recess"))
    desk.recorder.follow(order(p2="plaintiff"))
    await desk.recorder.close()
    marks = order_marks(tmp_path)
    result = coverage(marks[0].at_ns, marks[-1].at_ns + 10, marks)
    assert [gap.ground for gap in result.gaps] == ["recess"]
    assert len(result.spans) == 2
    connected = connection_marks(tmp_path, "plaintiff")
    assert [mark.ground for mark in connected] == ["connection", None, "connection", None]


async def test_segments_rotate_and_are_hashed(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path, replace(SETTINGS, segment_s=2.0))
    anna = Sender("p1")
    sent = anna.tone(440, 0, 7)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    for packet in sent:
        desk.offer(packet)
    seal = await desk.recorder.close()
    assert [s.name for s in seal.segments if "audio" in s.name] == [
        f"a-audio-000{n}.ytape" for n in (1, 2, 3, 4)
    ]
    assert list(Tape(tmp_path).items("a", Kind.AUDIO)) == sent
    assert verify(tmp_path) == []
    path = tmp_path / "a-audio-0002.ytape"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert verify(tmp_path) == ["a-audio-0002.ytape"]
    tape = Tape(tmp_path)
    assert list(tape.items("a", Kind.AUDIO)) != sent
    assert [damage.file for damage in tape.damage] == ["a-audio-0002.ytape"]


async def test_a_reconnect_and_a_codec_change_stay_one_label(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path)
    first, second = Sender("p1", ssrc=1), Sender("p2", ssrc=2, codec="h264")
    before, after = first.film(0, 1), second.film(5, 1)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="defendant"))
    for packet in before:
        desk.offer(packet)
    desk.recorder.follow(order(p2="defendant"))
    for packet in after:
        desk.offer(packet)
    await desk.recorder.close()
    tape = Tape(tmp_path)
    assert tape.labels == ["defendant"]
    assert list(tape.items("defendant", Kind.VIDEO)) == before + after
    assert [name.number for name in list_segments(tmp_path) if name.kind == "video"] == [1, 2]


async def test_one_folder_has_one_recorder_and_a_sealed_one_none(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path)
    await desk.recorder.start()
    with pytest.raises(TapeUnavailable) as second:
        await (await desks.make(tmp_path)).recorder.start()
    assert second.value.reason == "in_use"
    await desk.recorder.close()
    with pytest.raises(TapeUnavailable) as third:
        await (await desks.make(tmp_path)).recorder.start()
    assert third.value.reason == "sealed"


async def test_a_stop_without_seal_goes_on_in_new_files(desks: Desks, tmp_path: Path) -> None:
    anna = Sender("p1")
    sent = anna.tone(440, 0, 4)
    for part in (sent[:100], sent[100:]):
        desk = await desks.make(tmp_path)
        await desk.recorder.start()
        desk.recorder.follow(order(p1="a"))
        for packet in part:
            desk.offer(packet)
        if part[0] is sent[0]:
            await desk.recorder.stop()
    seal = await desk.recorder.close()
    assert list(Tape(tmp_path).items("a", Kind.AUDIO)) == sent
    assert [s.name for s in seal.segments if "audio" in s.name] == [
        "a-audio-0001.ytape",
        "a-audio-0002.ytape",
    ]
    assert verify(tmp_path) == []
    marks = order_marks(tmp_path)
    assert [mark.ground for mark in marks] == [None, "fault", None]
    if desks.place == "here":  # apart, orders are dated by the packets' clock, and the stop is not
        gaps = coverage(marks[0].at_ns, marks[-1].at_ns + 10, marks).gaps
        assert [gap.ground for gap in gaps] == ["fault"]


async def test_progress_tells_what_is_safe(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path, replace(SETTINGS, progress_interval_s=0.01, fdatasync_interval_s=0.02))
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    for packet in Sender("p1").tone(440, 0, 1):
        desk.offer(packet)
    enough = 50 * 60

    def safe(facts: list[TapeFact]) -> bool:
        return any(isinstance(fact, TapeProgress) and fact.tape_bytes > enough for fact in facts)

    await desk.until(safe)
    assert len(list(Tape(tmp_path).items("a", Kind.AUDIO))) == 50
    told = [fact.safe_until_ns for fact in desk.facts if isinstance(fact, TapeProgress)]
    assert told == sorted(told)
    await desk.recorder.close()


async def test_strange_labels_are_harmless_names(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path / "tape")
    labels = ["../../etc/passwd", "原告-1", "a.b", "tape-marks", "x" * 118, "y" * 121, ""]
    await desk.recorder.start()
    desk.recorder.follow(TapeOrder(True, None, {PeerId(f"p{n}"): label for n, label in enumerate(labels)}))
    for n in range(len(labels)):
        desk.offer(Sender(f"p{n}").tone(440, 0, 1)[0])
    seal = await desk.recorder.close()
    assert Tape(tmp_path / "tape").labels == sorted(labels[:5])
    assert [path.name for path in tmp_path.iterdir()] == ["tape"]
    assert len(seal.segments) == 6
    assert desk.recorder.stats.refused == 2


async def test_the_bit_rot_of_a_middle_byte_costs_one_record(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path)
    sent = Sender("p1").tone(440, 0, 2)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="a"))
    for packet in sent:
        desk.offer(packet)
    await desk.recorder.stop()
    path = tmp_path / "a-audio-0001.ytape"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    path.write_bytes(bytes(data))
    tape = Tape(tmp_path)
    read: list[Any] = list(tape.items("a", Kind.AUDIO))
    assert len(read) == len(sent) - 1
    assert [packet for packet in sent if packet in read] == read
    (hurt,) = tape.damage
    assert isinstance(hurt, Damage)
    assert hurt.end is not None


async def test_the_seal_names_every_file(desks: Desks, tmp_path: Path) -> None:
    desk = await desks.make(tmp_path)
    await desk.recorder.start()
    seal = await desk.recorder.close()
    told = json.loads((tmp_path / "tape.json").read_text(encoding="utf-8"))
    assert told["hearing"] == "h-1"
    assert [entry["sha256"] for entry in told["segments"]] == [s.sha256 for s in seal.segments]
    (tmp_path / "extra-audio-0001.ytape").write_bytes(b"planted")
    assert verify(tmp_path) == ["extra-audio-0001.ytape"]


async def test_each_packet_goes_by_the_order_in_force_when_it_was_captured(tmp_path: Path) -> None:
    """Read late, and out of order: what was said before the recess is kept, what was said in it is not."""
    desk = Desk(tmp_path)
    anna, bela = Sender("p1", ssrc=1), Sender("p2", ssrc=2)
    voice, other = anna.tone(440, 0, 4), bela.tone(600, 0, 4)
    await desk.recorder.start()
    begin, recess, again = voice[50].arrival_ns, voice[100].arrival_ns, voice[150].arrival_ns
    labels = {PeerId("p1"): "plaintiff", PeerId("p2"): "defendant"}
    desk.recorder.announce(TapeOrder(True, None, labels), begin)
    desk.recorder.announce(TapeOrder(False, "recess", labels), recess)
    desk.recorder.announce(order(p1="plaintiff"), again)
    for packet in [*voice[100:], *other[100:], *voice[:100], *other[:100]]:
        assert desk.recorder.offer(packet)
    desk.recorder.settle()
    assert desk.recorder.offer(other[199])
    assert desk.recorder.offer(voice[0])  # the clock decides nothing once an order is settled
    await desk.recorder.close()
    tape = Tape(tmp_path)
    kept = sorted(tape.items("plaintiff", Kind.AUDIO), key=lambda item: item.arrival_ns)
    assert kept == [voice[0], *voice[50:100], *voice[150:]]
    assert list(tape.items("defendant", Kind.AUDIO)) == other[50:100]
    assert desk.states() == [TapeRolling(), TapePaused("recess"), TapeRolling()]
    marks = order_marks(tmp_path)
    assert [(mark.at_ns, mark.ground) for mark in marks] == [(begin, None), (recess, "recess"), (again, None)]


async def test_what_was_lost_on_the_way_is_the_fault_of_a_full_queue(tmp_path: Path) -> None:
    desk = Desk(tmp_path, replace(SETTINGS, retry_interval_s=0.05))
    await desk.recorder.start()
    desk.recorder.missed(9, 1, 2)  # not rolling: nothing was to be kept
    desk.recorder.follow(order(p1="a"))
    await desk.until(lambda facts: TapeRolling() in facts)
    desk.recorder.missed(3, 10, 20)
    await desk.until(lambda facts: facts.count(TapeRolling()) == 2)
    await desk.recorder.close()
    assert desk.recorder.stats.lost == 3
    assert desk.states() == [TapeRolling(), TapeFaulted("queue_full"), TapeRolling()]
    fault = [(mark.at_ns, mark.ground) for mark in order_marks(tmp_path) if mark.layer == FAULT]
    assert fault == [(10, "fault"), (21, None)]
