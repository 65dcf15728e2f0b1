"""The instruments of the house: fed in this process, or by shared rings to processes apart, and what operators see of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from media.engine.tee_writer import TeeWriter
from media.ids import Kind, PeerId
from media.taps import Tee
from media.tee import TAPE, WORDS, TeeRing
from recording.house import TapeHouse
from recording.reading import Tape
from recording.recorder import Recorder
from server.courtroom.plans import tape_peer
from server.courtroom.ports import TapeFact, TapePlan, Unavailable
from server.gateway.metrics import InstrumentMetrics
from server.hearing.commands import TapeState
from server.hearing.ids import HearingId
from server.instruments import HouseInstruments
from tests.recording.desks import SETTINGS, Clock
from tests.recording.senders import Sender
from transcripts.live import LiveTranscriber
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service

HEARING = HearingId("h-1")


def instruments(folder: Path, house: TapeHouse | None) -> HouseInstruments:
    live = LiveTranscriber(TranscriptSettings(), lambda _hearing, _utterance: None, lambda _fact: None)
    return HouseInstruments(SETTINGS, lambda hearing: folder / hearing, live, house)


def test_in_one_process_the_wire_is_given_the_instruments_themselves(tmp_path: Path) -> None:
    house = instruments(tmp_path, None)
    assert isinstance(house.recorder(HEARING, lambda _: None).feed, Recorder)
    assert house.ear(HEARING, lambda _: None).feed is house._transcriber.ear("h-1")
    assert set(house.figures().values()) == {0}


async def test_with_workers_both_are_fed_by_rings_and_the_tape_says_the_same(tmp_path: Path) -> None:
    clock, facts = Clock(), list[TapeFact]()
    tapes = TapeHouse(SETTINGS, clock)
    ring = TeeRing.create(TAPE, 1 << 20)
    writer = TeeWriter(ring)
    tapes.attach(0, ring)
    await tapes.start()
    house = instruments(tmp_path, tapes)
    assert house.ear(HEARING, lambda _: None).feed == Tee(WORDS)
    tape = house.recorder(HEARING, facts.append)
    assert tape.feed == Tee(TAPE)
    voice = Sender("p1").tone(440, 0, 2)
    await tape.start()
    tape.follow(TapePlan(rolling=False, ground=None, labels={}))
    tape.follow(TapePlan(rolling=True, ground=None, labels={PeerId("p1"): "plaintiff"}))
    for packet in voice:
        clock.at(packet.arrival_ns)
        assert writer.write(tape_peer(HEARING), packet)
    with pytest.raises(Unavailable, match="in_use"):
        await house.recorder(HEARING, facts.append).start()
    await tape.seal()
    assert [fact.state for fact in facts if fact.state] == [TapeState.IDLE, TapeState.ROLLING]
    assert list(Tape(tmp_path / "h-1").items("plaintiff", Kind.AUDIO)) == voice
    told = {fact.segment.name: fact.segment for fact in facts if fact.segment is not None}
    sealed = json.loads((tmp_path / "h-1" / "tape.json").read_bytes())["segments"]
    assert [(one["name"], one["sha256"], one["sm3"], one["label"]) for one in sealed] == [
        (name, told[name].sha256, told[name].sm3, told[name].label) for name in sorted(told)
    ]
    assert told["plaintiff-audio-0001.ytape"].from_ms == voice[0].arrival_ns // 1_000_000
    seen = {family.name: family.samples[0].value for family in InstrumentMetrics(house.figures).collect()}
    assert seen["yunting_tape_process_restarts"] == seen["yunting_tape_packets_dropped"] == 0
    await tapes.close()
    writer.close()
    ring.close()
