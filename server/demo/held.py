"""Schedules hearings, and plays the scripted one through the law onto a real tape, as if it had been held.

The scripted hearing obeys the same `decide` as a live one, and its sound goes through the same recorder; only its clock
is a made-up one. Never used for a case that is not the demonstration.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket
from recording.facts import TapeOrder
from recording.recorder import Recorder
from server.demo.script import CUES, EPILOGUE, PROLOGUE
from server.gateway.discipline import discipline_version
from server.hearing import audience
from server.hearing.commands import ReportTape, TapeState
from server.hearing.decide import decide
from server.hearing.events import INSTRUMENT, Actor, HearingScheduled, SeatPlan
from server.hearing.evolve import evolve
from server.hearing.ids import ConnectionId, HearingId, Instant, PersonId, SeatId
from server.hearing.names import DELEGATED_BY_DEFAULT
from server.hearing.recording_duty import duty
from server.hearing.session import SessionState
from server.hearing.state import initial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from recording.settings import RecordingSettings
    from server.courtroom.ports import Codec, EventLog, NewEntry
    from server.demo.script import Cue
    from server.hearing.events import Event
    from server.hearing.state import Hearing
    from server.store.cases import Cases, SeatRow

SOUND = Path(__file__).parent / "hearing"
_PAUSE_MS = 700  # between two lines
_FRAME_MS = 20
_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Books:
    """What a hearing is entered into."""

    cases: Cases
    log: EventLog
    codec: Codec


async def schedule(
    books: Books,
    *,
    case_id: str,
    hearing_id: str,
    seats: Sequence[SeatRow],
    scheduled_at: int,
    public: bool,
    now_ms: int,
    procedure: str = "",
) -> None:
    """Enter a hearing into the calendar and write the first event of its log.

    procedure: "" for the case's own. What is there already stays: a scheduling that was cut short between the two is finished.
    """
    case = await books.cases.case(case_id)
    if case is None:
        raise ValueError(f"no case {case_id}")
    procedure = procedure or case.procedure
    known = await books.cases.hearing(hearing_id)
    if known is None:
        await books.cases.create_hearing(
            case_id=case_id,
            public=public,
            procedure=procedure,
            scheduled_at=scheduled_at,
            seats=seats,
            now_ms=now_ms,
            hearing_id=hearing_id,
        )
    else:
        scheduled_at, seats = known.hearing.scheduled_at, known.seats
    if await books.log.read(hearing_id):
        return
    first = HearingScheduled(
        hearing=HearingId(hearing_id),
        case_no=case.case_no,
        cause=case.cause,
        court=case.court,
        procedure=procedure,
        public=public,
        scheduled_at=Instant(scheduled_at),
        discipline_version=discipline_version(procedure, [row.role for row in seats]),
        seats=tuple(_plan(row) for row in seats),
        delegated=DELEGATED_BY_DEFAULT,
    )
    await books.log.append(hearing_id, 0, [books.codec.to_entry(first, now_ms, None, None)])


def _plan(row: SeatRow) -> SeatPlan:
    return SeatPlan(
        seat=SeatId(row.seat),
        role=row.role,
        side=row.side,
        person=PersonId(row.person_id),
        name=row.name,
        represents=SeatId(row.represents) if row.represents else None,
        authority=row.authority,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    seat: SeatId
    file: Path
    seconds: float


class _Play:
    """The scripted hearing on its way through the law."""

    def __init__(self, state: Hearing, codec: Codec, begin_ms: int) -> None:
        self.state = state
        self.now = begin_ms
        self.entries: list[NewEntry] = []
        self._codec = codec

    def do(self, cue: Cue) -> None:
        """One command of a seat (or of an instrument), one moment later."""
        self.now += cue.after_ms
        seat = SeatId(cue.seat) if cue.seat else None
        connection = ConnectionId(f"demo-{cue.seat}") if cue.seat else None
        events: tuple[Event, ...] = decide(
            self.state, cue.command, Actor(seat=seat, connection=connection), Instant(self.now)
        )
        for event in events:
            self.state = evolve(self.state, event, Instant(self.now))
            self.entries.append(self._codec.to_entry(event, self.now, seat, connection))


async def hold(
    log: EventLog, codec: Codec, recording: RecordingSettings, *, hearing_id: str, tape: Path, begin_ms: int
) -> None:
    """Hold the scripted hearing at begin_ms: its events into the log, its sound onto the tape, sealed."""
    entries = await log.read(hearing_id)
    state = initial()
    for entry in entries:
        state = evolve(state, codec.to_event(entry), Instant(entry.at_ms))
    play = _Play(state, codec, begin_ms)
    recorder = Recorder(recording, tape, hearing_id, lambda _: None)
    await recorder.start()
    for cue in PROLOGUE:
        play.do(cue)
    for number, line in enumerate(_lines()):
        for cue in CUES.get(number, ()):
            play.do(cue)
        _follow_tape(play, recorder)
        play.now += _PAUSE_MS
        if audience.tape_hears(play.state, line.seat):
            for packet in _packets(line, number, play.now):
                while not recorder.offer(packet):  # noqa: ASYNC110  the recorder has no event for "room again"
                    await asyncio.sleep(0.05)  # the disk is slower than a made-up clock
        play.now += round(line.seconds * 1000)
    for cue in EPILOGUE:
        play.do(cue)
        _follow_tape(play, recorder)
    await recorder.close()
    await log.append(hearing_id, len(entries), play.entries)


def _follow_tape(play: _Play, recorder: Recorder) -> None:
    """Tell the recorder what the law says, and the law what the recorder does."""
    rolling = duty(play.state)
    labels = {PeerId(f"demo-{seat}"): str(seat) for seat in play.state.seats}
    order = TapeOrder(rolling=rolling.on, ground=rolling.ground or "not_open", labels=labels)
    recorder.announce(order, play.now * _NS)  # dated by the made-up clock, as the packets are
    recorder.settle()
    if play.state.session in {SessionState.IN_SESSION, SessionState.RECESSED}:
        said = (
            ReportTape(TapeState.ROLLING)
            if rolling.on
            else ReportTape(TapeState.PAUSED, rolling.ground or "")
        )
        events = decide(play.state, said, INSTRUMENT, Instant(play.now))
        for event in events:
            play.state = evolve(play.state, event, Instant(play.now))
            play.entries.append(play._codec.to_entry(event, play.now, None, None))  # noqa: SLF001  own class


def _lines() -> Iterator[_Line]:
    for line in json.loads((SOUND / "lines.json").read_text(encoding="utf-8")):
        yield _Line(SeatId(line["seat"]), SOUND / line["file"], float(line["seconds"]))


def _packets(line: _Line, number: int, at_ms: int) -> Iterator[TapPacket]:
    """The Opus packets of a line as RTP (RFC 7587), sent at at_ms."""
    peer = PeerId(f"demo-{line.seat}")
    ssrc = 0x10000 + sum(ord(letter) << (index % 3 * 4) for index, letter in enumerate(str(line.seat)))
    with av.open(str(line.file)) as container:
        for index, packet in enumerate(container.demux(audio=0)):
            if not packet.size:
                continue
            sequence = (number * 1000 + index) & 0xFFFF
            timestamp = ((at_ms + index * _FRAME_MS) * 48) & 0xFFFFFFFF
            marker = index == 0
            header = (
                bytes((0x80, (0x80 if marker else 0) | 111))
                + sequence.to_bytes(2, "big")
                + timestamp.to_bytes(4, "big")
                + ssrc.to_bytes(4, "big")
            )
            rtp = header + bytes(packet)
            yield TapPacket(
                track=TrackId(peer, Kind.AUDIO),
                codec="opus",
                clock_rate=48000,
                ssrc=ssrc,
                sequence=sequence,
                timestamp=timestamp,
                marker=marker,
                keyframe=False,
                rtp=rtp,
                payload_start=12,
                payload_end=len(rtp),
                arrival_ns=(at_ms + index * _FRAME_MS) * _NS,
            )
