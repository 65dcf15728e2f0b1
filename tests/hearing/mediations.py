"""Mediations brought to where a test begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing.commands_order import PairInterpreter
from server.hearing.commands_rooms import AcceptMediator, ConsentRecording, Disclose, MoveSeats
from tests.builders import a_hearing
from tests.cast import (
    DEFENDANT,
    DEFENDANT_AGENT,
    INTERPRETER,
    MEDIATION,
    MEDIATOR,
    PLAINTIFF,
    PLAINTIFF_AGENT,
)
from tests.playbook import by

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from tests.builders import AHearing

OURS, THEIRS = "caucus:plaintiff", "caucus:defendant"
PLAINTIFFS = (PLAINTIFF, PLAINTIFF_AGENT)
DEFENDANTS = (DEFENDANT, DEFENDANT_AGENT, INTERPRETER)


def a_mediation(cast: tuple[SeatId, ...] = MEDIATION, **changes: Any) -> AHearing:
    """Open a mediation; the interpreter is paired with the defendant, nobody has accepted the mediator yet."""
    hearing = a_hearing(cast, procedure="mediation", public=False, **changes).opened()
    if INTERPRETER in cast:
        hearing.script >> by(MEDIATOR, PairInterpreter(INTERPRETER, DEFENDANT))
    return hearing


def accepted(hearing: AHearing | None = None) -> AHearing:
    """Have the mediator accepted by both parties."""
    hearing = hearing or a_mediation()
    hearing.script >> by(MEDIATOR, Disclose("")) >> by(PLAINTIFF, AcceptMediator(agrees=True))
    hearing.script >> by(DEFENDANT, AcceptMediator(agrees=True))
    return hearing


def in_caucus(room: str = OURS) -> AHearing:
    """Go into a caucus: the mediator and one side."""
    hearing = accepted()
    side = PLAINTIFFS if room == OURS else (DEFENDANT, DEFENDANT_AGENT)
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR, *side), room))
    return hearing


def agreed(hearing: AHearing, *seats: SeatId) -> AHearing:
    """Have these seats agree to the recording of the room they are in."""
    for seat in seats:
        hearing.script >> by(seat, ConsentRecording(agrees=True))
    return hearing
