"""Decisions about absence: prompt, warning, the bench's finding, and what the system proposes. Pure; part of decide_care.

The system proposes and records; that somebody withdrew 中途退庭 or refuses to appear 拒不到庭 only the presiding seat
finds (OLR 25, CPL 146, 147), and no finding ends the hearing or closes the door.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands_care as cc
from server.hearing import events_care as ev
from server.hearing.conditions import taking_part
from server.hearing.ids import Instant
from server.hearing.leaving import FACTS, Verdict
from server.hearing.presence import Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Right
from server.hearing.session import SessionState
from server.hearing.state import seat_of
from server.hearing.state_care import next_notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.ids import SeatId
    from server.hearing.presence import Attendance
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing
    from server.hearing.state_care import Absence, SeatCare

PROMPT_AFTER_S = 30
"""After this much absence from a sitting court the system proposes the prompt."""

WARN_AFTER_S = 120
"""After the prompt, so long without coming back: it proposes the warning."""

RULE_AFTER_S = 300
"""After the warning, so long without coming back: it asks the bench to rule."""

ABSENT_AFTER_S = 900
"""Who has not come so long after the appointed time, the roll called: it asks the bench to rule."""

WITHDRAWN, ABSENT, IN_PERSON, EXCUSED = "withdrawn", "absent", "absent_in_person", "excused"
FINDINGS = (WITHDRAWN, ABSENT, IN_PERSON, EXCUSED, "")

_GONE = frozenset({Presence.LOST, Presence.LEFT})

Events = tuple["e.Event", ...]


def rolled_at(state: Hearing) -> Instant | None:
    """When the roll was called, or None."""
    return state.check.rolled_at


def away(attendance: Attendance) -> bool:
    """Whether the person is not here: never came, lost or left. Not who is here in person, or whom the court removed."""
    if attendance.check.on_site:
        return False
    return attendance.presence is Presence.EXPECTED or attendance.presence in _GONE


def _absent(state: Hearing, seat: SeatId) -> tuple[Seat, Attendance]:
    """Give a seat that is needed and away. Raises Refused."""
    who, attendance = seat_of(state, seat)
    if not who.may(Right.SPEAK) or who.may(Right.SPEAK_FREELY):
        raise Refused(Reason.ABSENCE_OF_NO_CONSEQUENCE)
    if not away(attendance):
        raise Refused(Reason.NOT_ABSENT)
    return who, attendance


def prompt(state: Hearing, command: cc.PromptAbsent, _me: SeatId, _now: Instant) -> Events:
    """提示: once an absence; it waits on the seat's screen until it comes back (OLR 25)."""
    _, attendance = _absent(state, command.seat)
    absence = attendance.care.absence
    if absence is not None and absence.prompt:
        raise Refused(Reason.ALREADY_PROMPTED)
    return (ev.AbsencePrompted(command.seat, next_notice(command.seat, attendance.care)),)


def warn(state: Hearing, command: cc.WarnAbsent, _me: SeatId, _now: Instant) -> Events:
    """警告, after the prompt (OLR 25)."""
    _, attendance = _absent(state, command.seat)
    absence = attendance.care.absence
    if absence is None or not absence.prompt:
        raise Refused(Reason.PROMPT_FIRST)
    if absence.warning:
        raise Refused(Reason.ALREADY_WARNED)
    return (ev.AbsenceWarned(command.seat, next_notice(command.seat, attendance.care)),)


def rule(state: Hearing, command: cc.RuleAbsence, _me: SeatId, now: Instant) -> Events:
    """Find, always with a reason: what the system says of the cause does not bind the bench (OLR 25)."""
    who, attendance = seat_of(state, command.seat)
    care = attendance.care
    if command.finding not in FINDINGS:
        raise Refused(Reason.FINDING_UNKNOWN)
    if not who.may(Right.CONSENT):
        raise Refused(Reason.NOT_A_PARTY)
    if not command.finding and not care.finding:
        raise Refused(Reason.NO_FINDING)
    if command.finding == _found(care):
        return ()
    if not command.reason.strip():
        raise Refused(Reason.REASON_REQUIRED)
    if command.finding == WITHDRAWN:
        _check_withdrawn(state, who, attendance)
    elif command.finding in {ABSENT, IN_PERSON}:
        _check_absent(state, who, attendance, now, in_person=command.finding == IN_PERSON)
    elif command.finding == EXCUSED and not care.absences and not away(attendance):
        raise Refused(Reason.NOT_ABSENT)
    verdict = care.absences[-1].verdict if care.absences else Verdict.UNKNOWN
    return (ev.AbsenceRuled(command.seat, command.finding, command.reason.strip(), verdict.value),)


def _found(care: SeatCare) -> str:
    """What was found about the last absence; a new one needs a finding of its own."""
    return care.absences[-1].finding if care.absences else care.finding


def _represented(state: Hearing, who: Seat) -> bool:
    """Whether another of its side who may act for it takes part: an agent for a party, a party for itself (CPL 61)."""
    return any(
        state.seats[seat].side is who.side and seat != who.id and state.seats[seat].may(Right.CONSENT)
        for seat in taking_part(state)
    )


def _check_withdrawn(state: Hearing, who: Seat, attendance: Attendance) -> None:
    """视为中途退庭: had been let in, is gone, was prompted and warned, and has not come back (OLR 25).

    Not where the side goes on by its agent or the party itself (CPL 61).
    """
    absence = attendance.care.absence
    if not attendance.care.admitted:
        raise Refused(Reason.NEVER_CAME)
    if absence is None or not away(attendance):
        raise Refused(Reason.NOT_ABSENT)
    if not absence.prompt:
        raise Refused(Reason.PROMPT_FIRST)
    if not absence.warning:
        raise Refused(Reason.WARN_FIRST)
    if _represented(state, who):
        raise Refused(Reason.SIDE_REPRESENTED)


def _check_absent(
    state: Hearing, who: Seat, attendance: Attendance, now: Instant, *, in_person: bool
) -> None:
    """拒不到庭: the appointed time is past, the roll was called, and the person never came in (OLR 25, CPL 146, 147).

    Not where somebody appears for the side (CPL 61), unless the bench finds that it had to come in person (CPL 65, 112).
    """
    if not in_person and _represented(state, who):
        raise Refused(Reason.SIDE_REPRESENTED)
    if attendance.care.admitted:
        raise Refused(Reason.CAME)
    if not away(attendance):
        raise Refused(Reason.NOT_ABSENT)
    if now < state.scheduled_at:
        raise Refused(Reason.BEFORE_TIME)
    if rolled_at(state) is None:
        raise Refused(Reason.ROLL_FIRST)


def measure(state: Hearing, command: cc.MeasureAbsence, me: SeatId, _now: Instant) -> Events:
    """Record what the house measured about the end of a connection, once; facts without an absence change nothing."""
    absences = seat_of(state, me)[1].care.absences
    if not any(one.connection == command.connection and not one.facts for one in absences):
        return ()
    return (ev.AbsenceMeasured(me, command.connection, command.facts[: len(FACTS)]),)


# --- what the system proposes ---


def _step(state: Hearing, care: SeatCare, absence: Absence | None) -> tuple[str, Instant] | None:
    """The next step to propose and when it is due; None where none is."""
    sitting = state.care.sitting_since
    ruled = absence.finding if absence is not None else not care.admitted and care.finding
    if sitting is None or state.session is not SessionState.IN_SESSION or ruled:
        return None
    if not care.admitted:
        if rolled_at(state) is None:
            return None
        return "rule", Instant(max(state.scheduled_at + ABSENT_AFTER_S * 1000, sitting))
    if absence is None:
        return None
    if not absence.prompt:
        return "prompt", Instant(max(absence.since, sitting) + PROMPT_AFTER_S * 1000)
    given = care.notice(absence.warning or absence.prompt)
    since = max(given.at if given is not None else absence.since, sitting)
    if not absence.warning:
        return "warn", Instant(since + WARN_AFTER_S * 1000)
    return "rule", Instant(since + RULE_AFTER_S * 1000)


def _steps(state: Hearing) -> Iterator[tuple[SeatId, str, Instant]]:
    """Every step not proposed yet, of parties and agents who are away."""
    for seat, who in state.seats.items():
        attendance = state.attendance[seat]
        if not who.may(Right.CONSENT) or not away(attendance):
            continue
        absence = attendance.care.absence
        step = _step(state, attendance.care, absence)
        if step is not None and step[0] != "prompt" and _represented(state, who):
            continue  # it may come back, but its side goes on without it
        if step is not None and (absence is None or absence.proposal != step[0]):
            yield seat, *step


def due(state: Hearing, now: Instant) -> Events:
    """What is due to be proposed to the bench by now."""
    return tuple(ev.AbsenceProposed(seat, step) for seat, step, at in _steps(state) if at <= now)


def next_due(state: Hearing) -> Instant | None:
    """When the next proposal is due, or None."""
    return min((at for _, _, at in _steps(state)), default=None)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    cc.PromptAbsent: prompt,
    cc.WarnAbsent: warn,
    cc.RuleAbsence: rule,
    cc.MeasureAbsence: measure,
}

CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    cc.PromptAbsent: lambda state, _me: [cc.PromptAbsent(seat) for seat in state.seats],
    cc.WarnAbsent: lambda state, _me: [cc.WarnAbsent(seat) for seat in state.seats],
    cc.RuleAbsence: lambda state, _me: [
        cc.RuleAbsence(seat, finding, "-") for seat in state.seats for finding in FINDINGS
    ],
}
