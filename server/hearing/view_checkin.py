"""What a seat's screen may know of check-in and the stages. Pure; part of `view`, never names what `audience` hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing.conditions import offline_ground, unmet
from server.hearing.presence import Presence
from server.hearing.procedure import CLOSED, consent_steps, points_of, stages_of
from server.hearing.seats import Right, Role
from server.hearing.session import LIVE, SessionState
from server.hearing.view_shapes import CheckView, NextStageView, PointView
from server.hearing.view_shapes_seat import ConsentView, PlaceView

if TYPE_CHECKING:
    from server.hearing.ids import Instant
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing

_MOVING = frozenset({SessionState.CHECKING_IN, SessionState.IN_SESSION})


def of_hearing(state: Hearing, me: Seat, _now: Instant) -> dict[str, Any]:
    """Fields of HearingView that this area fills for the viewer."""
    steps = consent_steps(state.procedure) if me.may(Right.CONSENT) else ()
    found: dict[str, Any] = {"consent_steps": tuple(step.key for step in steps)}
    inside = state.attendance[me.id].presence is Presence.PRESENT
    if inside and me.may(Right.OVERSEE):
        check = state.check
        found["next"] = _next(state)
        found["closing"] = _closing(state)
        found["points"] = _points(state)
        found["check"] = CheckView(
            check.suitable, check.barred, check.note, check.rolled_at, offline_ground(state)
        )
    return found


def _next(state: Hearing) -> tuple[NextStageView, ...]:
    """Every stage that the procedure could be moved to now, those that follow in order first."""
    if state.session not in _MOVING:
        return ()
    stages = stages_of(state.procedure)
    free = next((stage.free for stage in stages if stage.key == state.stage), frozenset())
    reach = [s for s in stages if s.session is state.session and s.key not in {state.stage, CLOSED}]
    return tuple(
        NextStageView(stage.key, stage.key in free, unmet(state, stage))
        for stage in sorted(reach, key=lambda stage: stage.key not in free)
    )


def _closing(state: Hearing) -> NextStageView | None:
    """What the close would skip, where the court could be closed, or a mediation ended (OMR 25: also before it is opened)."""
    if state.session not in LIVE - {SessionState.SCHEDULED}:
        return None
    stages = stages_of(state.procedure)
    free = next((CLOSED in stage.free for stage in stages if stage.key == state.stage), False)
    return next((NextStageView(s.key, free, unmet(state, s)) for s in stages if s.key == CLOSED), None)


def _points(state: Hearing) -> tuple[PointView, ...]:
    done = state.check.points
    return tuple(
        PointView(point.item, done[point.item].text, done[point.item].at)
        if point.item in done
        else PointView(point.item, "", None)
        for point in points_of(state.procedure, state.stage)
    )


def of_seat(state: Hearing, _me: Seat, seen: Seat, *, oversees: bool) -> dict[str, Any]:
    """Fields of the SeatCard of one seat that this area fills. oversees: own card, or a viewer who oversees."""
    check = state.attendance[seen.id].check
    found: dict[str, Any] = {"on_site": check.on_site}
    if not oversees:
        return found
    if seen.may(Right.CONSENT):
        found["consents"] = tuple(
            ConsentView(step.key, check.consents[step.key].agrees if step.key in check.consents else None)
            for step in consent_steps(state.procedure)
        )
    if seen.role is Role.AGENT:
        found["authority"] = seen.authority.value or "unstated"
    if check.place is not None:
        found["place"] = PlaceView(check.place.place, check.place.quiet)
    return found
