"""Conduct's outputs as messages of the wire. Pure."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, assert_never, cast

from server.courtroom.outputs import (
    ByeOut,
    CandidatesOut,
    CaptionOut,
    HealthOut,
    MediaLostOut,
    PointerOut,
    SeatHealth,
    SheetOut,
    SpeakingOut,
    TapeOut,
    ViewOut,
)
from server.gateway import wire
from server.gateway.errors import sentence

if TYPE_CHECKING:
    from pydantic import BaseModel

    from server.courtroom.outputs import Output
    from server.gateway.errors import Lang
    from server.hearing.sheet import Row


def to_wire(output: Output, lang: Lang) -> BaseModel:
    """The message that carries an output."""
    match output:
        case ViewOut():
            return wire.ViewMessage(
                seq=output.seq,
                view=output.view,
                slots=[
                    wire.Slot(
                        index=slot.index,
                        seat=slot.seat,
                        audio=slot.audio,
                        video=slot.video,
                        source=_source(slot.source),
                    )
                    for slot in output.slots
                ],
                tape=_tape(output.tape),
            )
        case SpeakingOut():
            return wire.Speaking(seats=list(output.seats))
        case TapeOut():
            return wire.TapeMessage(tape=_tape(output))
        case CaptionOut():
            return wire.Caption(
                n=output.n,
                utterance=output.utterance,
                seat=output.seat,
                role=output.role,
                name=output.name,
                settled=output.settled,
                pending=output.pending,
                final=output.final,
                t0=output.t0_ms,
                t1=output.t1_ms,
            )
        case SheetOut():
            return wire.Sheet(rows=[sheet_row(row) for row in output.rows])
        case MediaLostOut() | CandidatesOut():
            return _media(output)
        case PointerOut():
            return wire.Pointer(seat=output.seat, x=output.x, y=output.y)
        case HealthOut():
            return wire.HealthMessage(seats={one.seat: _health(one) for one in output.seats})
        case ByeOut():
            return wire.Bye(reason=output.reason, message=sentence(output.reason, lang))
        case _:
            assert_never(output)


def _media(output: MediaLostOut | CandidatesOut) -> BaseModel:
    if isinstance(output, CandidatesOut):
        return wire.Candidates(candidates=list(output.candidates))
    return wire.MediaLost(cause=output.cause, source=_source(output.source))


def _health(one: SeatHealth) -> wire.SeatHealth:
    return wire.SeatHealth(
        **{field.name: getattr(one, field.name) for field in fields(one) if field.name != "seat"}
    )


def sheet_row(row: Row) -> wire.SheetRow:
    """One row of the sheet, live or filed."""
    values = {field.name: getattr(row, field.name) for field in fields(row) if field.name != "passages"}
    passages = [wire.Passage(seat=p.seat, t0=p.t0, t1=p.t1) for p in row.passages]
    return wire.SheetRow(passages=passages, **values)


def _source(source: str) -> wire.Source:
    return cast("wire.Source", source)


def _tape(tape: TapeOut) -> wire.Tape:
    state = cast("wire.TapeStateName", tape.state)
    return wire.Tape(
        state=state,
        safe_until=tape.safe_until_ms,
        reason=tape.reason,
        verified_until=tape.verified_until_ms,
        warnings=list(tape.warnings),
        hours_left=tape.hours_left,
    )
