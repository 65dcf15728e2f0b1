"""Derived rule: what does not hold yet that the law asks for before the court opens or a stage begins. Pure.

Says what is missing; whether it may be waived with a reason is for `decide_sitting`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.checklists import NEVER_ONLINE
from server.hearing.commands import TapeState
from server.hearing.presence import Presence
from server.hearing.procedure import (
    gate_of,
    is_ahead,
    is_free,
    opening_of,
    recording_of,
    required_of,
    stages_of,
)
from server.hearing.procedure_tables import CONDITIONS, POINT, WHOLE_COURSE
from server.hearing.refusals import Reason
from server.hearing.seats import PARTIES, Right, Role, Side
from server.hearing.session import SessionState
from server.hearing.state import conductor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing.ids import SeatId
    from server.hearing.procedure_tables import Stage
    from server.hearing.state import Hearing

_PROVEN = frozenset({TapeState.IDLE, TapeState.ROLLING})
_PANEL = frozenset({Role.JUDGE, Role.ASSESSOR})
_ON_THE_WAY = frozenset({SessionState.IN_SESSION, SessionState.RECESSED})

NEVER_WAIVED: frozenset[str] = frozenset(
    {
        Reason.PRESIDING_ABSENT,
        Reason.PANEL_ABSENT,
        Reason.TAPE_NOT_READY,
        Reason.SUITABILITY_FORBIDDEN,
    }
)
"""No reason opens a court without its bench (CPL 40, 140), without the tape where the whole course is taped (AVR 3), or
online where that must not be (OLR 21).
"""


def missing(state: Hearing) -> tuple[str, ...]:
    """List what is still missing before the court may open: ids of reasons, and "point:ITEM"; later ().

    In the order of the check (CPL 140, OLR 4, 7, 21, 22, AVR 3); the points are those of every stage before the opening.
    The clerk is not among it: a judge alone must be able to hold a hearing when the clerk's line is down.
    """
    if state.session not in {SessionState.SCHEDULED, SessionState.CHECKING_IN}:
        return ()
    opening = opening_of(state.procedure)
    asked = {"presiding_absent", "consent_missing", "suitability_forbidden", "stage_needs_reason"}
    if recording_of(state.procedure) == WHOLE_COURSE:
        asked.add("tape_not_ready")
    before = [s.key for s in stages_of(state.procedure) if s.session is SessionState.CHECKING_IN]
    lacking = (point for stage in before for point in unrecorded(state, stage))
    return (*_failing(state, asked | set(opening.needs if opening else ())), *lacking)


def unrecorded(state: Hearing, stage: str) -> tuple[str, ...]:
    """List the necessary points of a stage that are not on the record, as "point:ITEM" (OLR 22)."""
    done = state.check.points
    return tuple(f"{POINT}{item}" for item in required_of(state.procedure, stage) if item not in done)


def unmet(state: Hearing, stage: Stage) -> tuple[str, ...]:
    """List the conditions of a stage that do not hold now: ids of reasons, and "point:ITEM" (OLR 4, 21, 22).

    Forward, what the present stage must have recorded is among them.
    """
    ahead = is_ahead(state.procedure, state.stage, stage.key)
    goes_on = stage.session is SessionState.IN_SESSION
    asked = set(stage.needs) | ({"suitability_forbidden"} if goes_on else set())
    found: tuple[str, ...] = _failing(state, asked)
    if stage.consent and not _step_agreed(state, stage.consent):
        found += (Reason.STEP_NOT_AGREED.value,)
    done = state.check.points
    points = [n for n in stage.needs if n.startswith(POINT) and n.removeprefix(POINT) not in done]
    here = unrecorded(state, state.stage) if ahead else ()
    return (*found, *dict.fromkeys((*points, *here)))


def offline_ground(state: Hearing) -> str:
    """Ground on which the house proposes to move offline: the weightiest case found on the way; "" for none (OLR 21).

    Cases that nothing overrules come first. Before the opening nothing was begun online: there `missing` says it. What the
    presiding seat went on despite, with its reason on record, is not proposed to it again.
    """
    if state.session not in _ON_THE_WAY:
        return ""
    barred = tuple(case for case in state.check.barred if case not in state.check.overruled)
    return next((case for case in barred if case in NEVER_ONLINE), barred[0] if barred else "")


def reason_for(condition: str) -> Reason:
    """Give the reason of a refusal for a condition that does not hold."""
    return Reason.POINT_MISSING if condition.startswith(POINT) else Reason(condition)


def taking_part(state: Hearing) -> tuple[SeatId, ...]:
    """Give the seats that are in the courtroom: online, or in person while others are online (OLR 4)."""
    return here(state, Presence.PRESENT)


def here(state: Hearing, *presences: Presence) -> tuple[SeatId, ...]:
    """Give the seats whose presence is one of these, and those who are there in person."""
    return tuple(seat for seat, a in state.attendance.items() if a.presence in presences or a.check.on_site)


def _failing(state: Hearing, asked: Iterable[str]) -> tuple[str, ...]:
    asked = set(asked)
    return tuple(c for c in CONDITIONS if c in asked and c in _HOLDS and not _HOLDS[c](state))


def _presiding(state: Hearing) -> bool:
    seat = conductor(state)
    return seat is not None and state.attendance[seat].presence is Presence.PRESENT


def _opening_follows(state: Hearing) -> bool:
    """Whether the opening follows the present stage; before check-in nothing was skipped yet (CPL 140, OLR 22)."""
    opening = opening_of(state.procedure)
    if opening is None or state.session is SessionState.SCHEDULED:
        return True
    return is_free(state.procedure, state.stage, opening.key)


def _panel(state: Hearing) -> bool:
    """Every further member of the panel that has a seat is in it (CPL 40)."""
    panel = {seat.id for seat in state.seats.values() if seat.role in _PANEL}
    return panel <= set(taking_part(state))


def _represented(state: Hearing, side: Side) -> bool:
    """Whether the party or an agent of this side takes part; true of a side that the hearing does not have."""
    stands = {seat.id for seat in state.seats.values() if seat.side is side and seat.may(Right.CONSENT)}
    return not stands or not stands.isdisjoint(taking_part(state))


def _gate_agreed(state: Hearing) -> bool:
    """Nothing stands against those online: a party must have agreed, an agent not have said no (OLR 4)."""
    return all(
        _answer(state, seat, gate_of(state.procedure)) is True
        if state.seats[seat].role in PARTIES
        else _answer(state, seat, gate_of(state.procedure)) is not False
        for seat in _online(state)
    )


def _step_agreed(state: Hearing, step: str) -> bool:
    """Whether each side that takes part online has agreed to this step and none of it has refused (OLR 4)."""
    sides: dict[Side, list[bool | None]] = {}
    for seat in _online(state):
        sides.setdefault(state.seats[seat].side, []).append(_answer(state, seat, step))
    return all(True in answers and False not in answers for answers in sides.values())


def _online(state: Hearing) -> tuple[SeatId, ...]:
    return tuple(
        seat
        for seat in taking_part(state)
        if state.seats[seat].may(Right.CONSENT) and not state.attendance[seat].check.on_site
    )


def _answer(state: Hearing, seat: SeatId, step: str) -> bool | None:
    answer = state.attendance[seat].check.consents.get(step)
    return answer.agrees if answer else None


_HOLDS: Mapping[str, Callable[[Hearing], bool]] = {
    "presiding_absent": _presiding,
    "plaintiff_absent": lambda state: _represented(state, Side.PLAINTIFF),
    "defendant_absent": lambda state: _represented(state, Side.DEFENDANT),
    "consent_missing": _gate_agreed,
    "tape_not_ready": lambda state: state.tape in _PROVEN,
    "panel_absent": _panel,
    "roll_not_called": lambda state: state.check.rolled_at is not None,
    "suitability_unchecked": lambda state: state.check.suitable is not None,
    "suitability_barred": lambda state: not set(state.check.barred) - NEVER_ONLINE,
    "suitability_forbidden": lambda state: NEVER_ONLINE.isdisjoint(state.check.barred),
    "stage_needs_reason": _opening_follows,
}
