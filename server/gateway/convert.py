"""Conduct's outputs as messages of the wire. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never, cast

from server.courtroom.outputs import ByeOut, CaptionOut, MediaLostOut, SpeakingOut, TapeOut, ViewOut
from server.gateway import wire
from server.gateway.errors import sentence

if TYPE_CHECKING:
    from pydantic import BaseModel

    from server.courtroom.outputs import Output
    from server.gateway.errors import Lang


def to_wire(output: Output, lang: Lang) -> BaseModel:
    """The message that carries an output."""
    match output:
        case ViewOut():
            return wire.ViewMessage(
                seq=output.seq,
                view=output.view,
                slots=[
                    wire.Slot(index=slot.index, seat=slot.seat, audio=slot.audio, video=slot.video)
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
        case MediaLostOut():
            return wire.MediaLost(cause=output.cause)
        case ByeOut():
            return wire.Bye(reason=output.reason, message=sentence(output.reason, lang))
        case _:
            assert_never(output)


def _tape(tape: TapeOut) -> wire.Tape:
    state = cast("wire.TapeStateName", tape.state)
    return wire.Tape(state=state, safe_until=tape.safe_until_ms, reason=tape.reason)
