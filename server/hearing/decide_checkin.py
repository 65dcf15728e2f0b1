"""Decisions about check-in: consent, place, suitability, roll, on-site seats, points, moving offline. Pure; by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.checklists import OFFLINE_GROUNDS, OTHER, PLACE_ASKED, PLACES, SUITABILITY
from server.hearing.conditions import here
from server.hearing.presence import Presence
from server.hearing.procedure import consent_steps, gate_of, points_of
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Right, Role
from server.hearing.state import seat_of
from server.hearing.state_checkin import Place
from server.hearing.texts import given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

Events = tuple[e.Event, ...]

_NOT_CALLED = frozenset({Role.OBSERVER, Role.TECHNICIAN})
"""Whose coming is nothing to take down: they are no participants in the proceedings."""


def consent(state: Hearing, command: c.Consent, me: SeatId, _now: Instant) -> Events:
    """Record whether a party or its agent agrees to one step, with the text's version (OLR 4).

    It is no answer to any other step; it may be taken back, and then the judge decides (OLR 5).
    """
    seat, attendance = seat_of(state, me)
    if not seat.may(Right.CONSENT):
        raise Refused(Reason.NOT_A_PARTY)
    key = command.step or gate_of(state.procedure)
    step = next((step for step in consent_steps(state.procedure) if step.key == key), None)
    if step is None:
        raise Refused(Reason.CONSENT_STEP_UNKNOWN)
    last = attendance.check.consents.get(key)
    if last is not None and (last.agrees, last.version) == (command.agrees, step.version):
        return ()
    return (e.ConsentAnswered(me, command.agrees, key, step.version),)


def declare_place(state: Hearing, command: ci.DeclarePlace, me: SeatId, _now: Instant) -> Events:
    """Record where the seat takes part from (OLR 24); a witness, that nobody disturbs it (OLR 26)."""
    seat, attendance = seat_of(state, me)
    if seat.role not in PLACE_ASKED:
        raise Refused(Reason.PLACE_NOT_ASKED)
    if command.place not in PLACES:
        raise Refused(Reason.PLACE_UNKNOWN)
    if attendance.check.place == Place(command.place, command.quiet):
        return ()
    return (ei.PlaceDeclared(me, command.place, command.quiet),)


def check_suitability(state: Hearing, command: ci.CheckSuitability, _me: SeatId, _now: Instant) -> Events:
    """Go through the barred cases; what is found stops the opening, and may be found at any time (OLR 21)."""
    if not set(command.barred) <= SUITABILITY.keys():
        raise Refused(Reason.SUITABILITY_UNKNOWN)
    barred = tuple(case for case in SUITABILITY if case in command.barred)
    note = given(command.note, needed=OTHER in barred)
    if (state.check.suitable, state.check.barred, state.check.note) == (not barred, barred, note):
        return ()
    return (ei.SuitabilityChecked(barred, note),)


def call_roll(state: Hearing, _command: ci.CallRoll, _me: SeatId, _now: Instant) -> Events:
    """查明到庭情况 (CPL 140): in the courtroom, in the witness room, or in person; who waits outside is not here yet."""
    came = here(state, Presence.PRESENT, Presence.ISOLATED)
    called = [seat.id for seat in state.seats.values() if seat.role not in _NOT_CALLED]
    present = tuple(seat for seat in called if seat in came)
    absent = tuple(seat for seat in called if seat not in came)
    check = state.check
    if check.rolled_at is not None and (check.present, check.absent) == (present, absent):
        return ()
    return (ei.RollCalled(present, absent),)


def set_on_site(state: Hearing, command: ci.SetOnSite, _me: SeatId, _now: Instant) -> Events:
    """Let one take part in person while the others are online: nobody is forced online (OLR 4, 5)."""
    seat, attendance = seat_of(state, command.seat)
    if seat.role not in PLACE_ASKED:
        raise Refused(Reason.NOT_ON_SITE_SEAT)
    if attendance.check.on_site is command.on_site:
        return ()
    return (ei.OnSiteSet(seat.id, command.on_site, given(command.reason, needed=True)),)


def convert_offline(_state: Hearing, command: ci.ConvertOffline, _me: SeatId, _now: Instant) -> Events:
    """转为线下 in any state of the sitting; what was done online stays valid (OLR 5, 21)."""
    if command.ground not in OFFLINE_GROUNDS:
        raise Refused(Reason.OFFLINE_GROUND_UNKNOWN)
    return (ei.CourtMovedOffline(command.ground, given(command.reason, needed=True)),)


def record_point(state: Hearing, command: ci.RecordPoint, _me: SeatId, now: Instant) -> Events:
    """Record that a point of the present stage was dealt with; again with other words to correct it (OLR 22)."""
    del now
    if command.item not in {point.item for point in points_of(state.procedure, state.stage)}:
        raise Refused(Reason.POINT_UNKNOWN)
    text = given(command.text)
    last = state.check.points.get(command.item)
    if last is not None and last.text == text:
        return ()
    return (ei.PointRecorded(state.stage, command.item, text),)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], tuple[e.Event, ...]]] = {
    c.Consent: consent,
    ci.DeclarePlace: declare_place,
    ci.CheckSuitability: check_suitability,
    ci.CallRoll: call_roll,
    ci.SetOnSite: set_on_site,
    ci.ConvertOffline: convert_offline,
    ci.RecordPoint: record_point,
}

_ANY = "-"

CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    c.Consent: lambda state, _me: [
        c.Consent(agrees, step.key) for step in consent_steps(state.procedure) for agrees in (True, False)
    ],
    ci.DeclarePlace: lambda _state, _me: [ci.DeclarePlace("home", quiet) for quiet in (True, False)],
    ci.CheckSuitability: lambda _state, _me: [ci.CheckSuitability(()), ci.CheckSuitability((OTHER,), _ANY)],
    ci.CallRoll: lambda _state, _me: [ci.CallRoll()],
    ci.SetOnSite: lambda state, _me: [
        ci.SetOnSite(seat, on_site, _ANY) for seat in state.seats for on_site in (True, False)
    ],
    ci.ConvertOffline: lambda _state, _me: [ci.ConvertOffline(OTHER, _ANY)],
    ci.RecordPoint: lambda state, _me: [
        ci.RecordPoint(point.item, text)
        for point in points_of(state.procedure, state.stage)
        for text in ("", _ANY)
    ],
}
"""For `may`: commands of a kind that between them show whether any of that kind could be given by the seat now."""
