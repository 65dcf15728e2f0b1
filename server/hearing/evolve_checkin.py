"""(state, event, at) -> the next state, for the events of check-in. Pure; reached by `evolve`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.evolve_seats import attend, attendance_of
from server.hearing.floor import Floor
from server.hearing.procedure import gate_of
from server.hearing.refusals import Reason
from server.hearing.session import Step, step
from server.hearing.state_checkin import Answer, Place, Recorded, SeatCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing


def _check(state: Hearing, seat: SeatId, **changes: Any) -> Hearing:
    attendance = attendance_of(state, seat)
    check: SeatCheck = replace(attendance.check, **changes)
    return attend(state, seat, replace(attendance, check=check))


def _consented(state: Hearing, event: e.ConsentAnswered, at: Instant) -> Hearing:
    attendance = attendance_of(state, event.seat)
    answer = Answer(event.agrees, event.version, at)
    check = replace(attendance.check, consents={**attendance.check.consents, event.step: answer})
    attendance = replace(attendance, check=check)
    if event.step == gate_of(state.procedure):
        attendance = replace(attendance, consent=event.agrees)
    return attend(state, event.seat, attendance)


def _place(state: Hearing, event: ei.PlaceDeclared, _at: Instant) -> Hearing:
    return _check(state, event.seat, place=Place(event.place, event.quiet))


def _on_site(state: Hearing, event: ei.OnSiteSet, _at: Instant) -> Hearing:
    return _check(state, event.seat, on_site=event.on_site)


def _suitability(state: Hearing, event: ei.SuitabilityChecked, _at: Instant) -> Hearing:
    check = state.check
    # fewer of the same cases on the same grounds is nothing new; anything else is for the presiding seat to rule on again
    same = event.note == check.note and set(event.barred) <= set(check.overruled)
    check = replace(
        check,
        suitable=not event.barred,
        barred=event.barred,
        overruled=event.barred if same else (),
        note=event.note,
    )
    return replace(state, check=check)


def overruled(state: Hearing, despite: Iterable[str]) -> Hearing:
    """Give the state after the presiding seat went on despite these conditions: the cases found are ruled on (OLR 21)."""
    if Reason.SUITABILITY_BARRED not in despite:
        return state
    return replace(state, check=replace(state.check, overruled=state.check.barred))


def _rolled(state: Hearing, event: ei.RollCalled, at: Instant) -> Hearing:
    return replace(
        state, check=replace(state.check, rolled_at=at, present=event.present, absent=event.absent)
    )


def _point(state: Hearing, event: ei.PointRecorded, at: Instant) -> Hearing:
    points = {**state.check.points, event.item: Recorded(event.text, at)}
    return replace(state, check=replace(state.check, points=points))


def _moved_offline(state: Hearing, event: ei.CourtMovedOffline, at: Instant) -> Hearing:
    return replace(
        state,
        session=step(state.session, Step.MOVE_OFFLINE),
        session_reason=event.reason,
        closed_at=at,
        floor=Floor(),
        check=replace(state.check, ground=event.ground),
    )


EVOLVERS: Mapping[type[e.Event], Callable[[Hearing, Any, Instant], Hearing]] = {
    e.ConsentAnswered: _consented,
    ei.PlaceDeclared: _place,
    ei.OnSiteSet: _on_site,
    ei.SuitabilityChecked: _suitability,
    ei.RollCalled: _rolled,
    ei.PointRecorded: _point,
    ei.CourtMovedOffline: _moved_offline,
}
