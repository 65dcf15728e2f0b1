"""Absences: prompt, warning, finding; the system proposes, the bench rules (OLR 25, CPL 146, 147)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_checkin as ci
from server.hearing import commands_order as co
from server.hearing import events_care as ev
from server.hearing.deadlines import next_deadline
from server.hearing.decide_absence import (
    ABSENT_AFTER_S,
    PROMPT_AFTER_S,
    RULE_AFTER_S,
    WARN_AFTER_S,
    next_due,
)
from server.hearing.leaving import facts_of
from server.hearing.presence import Presence
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from tests.builders import a_hearing
from tests.cast import (
    CLERK,
    DEFENDANT,
    DEFENDANT_AGENT,
    OBSERVER,
    PLAINTIFF,
    PRESIDING,
    UNREPRESENTED,
    WITNESS,
    connection,
)
from tests.playbook import TICK, arrive, by, depart

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from tests.builders import AHearing

pytestmark = pytest.mark.pure

NETWORK = facts_of({"cause": "connection_lost", "signalling": "silent"})


def care(hearing: AHearing, seat: SeatId = DEFENDANT) -> Any:
    return hearing.state.attendance[seat].care


def gone(seat: SeatId = DEFENDANT) -> AHearing:
    """An open court that the seat's connection has left, nobody knows why."""
    hearing = a_hearing(UNREPRESENTED).opened()
    hearing.script >> depart(seat)
    return hearing


def warned(seat: SeatId = DEFENDANT) -> AHearing:
    hearing = gone(seat)
    hearing.script >> by(PRESIDING, cc.PromptAbsent(seat)) >> by(CLERK, cc.WarnAbsent(seat))
    return hearing


# --- prompt and warning ---


def test_the_prompt_comes_before_the_warning_and_each_once():
    script = gone().script
    script >> by(PRESIDING, cc.WarnAbsent(DEFENDANT)) << Reason.PROMPT_FIRST
    script >> by(PRESIDING, cc.PromptAbsent(DEFENDANT)) << ev.AbsencePrompted(DEFENDANT, "defendant-1")
    script >> by(PRESIDING, cc.PromptAbsent(DEFENDANT)) << Reason.ALREADY_PROMPTED
    script >> by(PRESIDING, cc.WarnAbsent(DEFENDANT)) << ev.AbsenceWarned(DEFENDANT, "defendant-2")
    script >> by(PRESIDING, cc.WarnAbsent(DEFENDANT)) << Reason.ALREADY_WARNED


def test_each_absence_has_its_own_prompt():
    hearing = warned()
    hearing.script >> arrive(DEFENDANT, 2) >> depart(DEFENDANT, 2)
    hearing.script >> by(PRESIDING, cc.WarnAbsent(DEFENDANT)) << Reason.PROMPT_FIRST
    first, second = care(hearing).absences
    assert first.until is not None
    assert (second.prompt, second.warning, second.until) == ("", "", None)


@pytest.mark.parametrize("seat", [OBSERVER, CLERK, PRESIDING])
def test_nobody_is_prompted_on_whom_the_hearing_does_not_depend(seat):
    script = a_hearing(UNREPRESENTED).opened().script
    script >> by(PRESIDING, cc.PromptAbsent(seat)) << Reason.ABSENCE_OF_NO_CONSEQUENCE


def test_who_is_here_is_not_prompted():
    a_hearing(UNREPRESENTED).opened().script >> by(PRESIDING, cc.PromptAbsent(DEFENDANT)) << Reason.NOT_ABSENT


# --- withdrawn ---


def test_only_the_presiding_seat_finds_not_even_the_clerk():
    script = warned().script
    rule = cc.RuleAbsence(DEFENDANT, "withdrawn", "walked out")
    script >> by(CLERK, rule) << Reason.NOT_PRESIDING
    script >> by(PLAINTIFF, rule) << Reason.NOT_PRESIDING
    script >> by(PRESIDING, rule) << ev.AbsenceRuled(DEFENDANT, "withdrawn", "walked out", "unknown")


def test_withdrawn_needs_prompt_and_warning():
    script = gone().script
    rule = cc.RuleAbsence(DEFENDANT, "withdrawn", "walked out")
    script >> by(PRESIDING, rule) << Reason.PROMPT_FIRST
    script >> by(PRESIDING, cc.PromptAbsent(DEFENDANT)) >> by(PRESIDING, rule) << Reason.WARN_FIRST


def test_who_has_come_back_has_not_withdrawn():
    script = warned().script
    script >> arrive(DEFENDANT, 2)
    script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "withdrawn", "late")) << Reason.NOT_ABSENT


def test_who_was_never_let_in_has_not_withdrawn():
    script = a_hearing(UNREPRESENTED, absent=(DEFENDANT,)).opened("served").script
    script >> by(PRESIDING, cc.PromptAbsent(DEFENDANT)) >> by(PRESIDING, cc.WarnAbsent(DEFENDANT))
    script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "withdrawn", "x")) << Reason.NEVER_CAME


def test_a_network_verdict_does_not_bind_the_bench_but_asks_for_its_reason():
    hearing = warned()
    hearing.script >> by(DEFENDANT, cc.MeasureAbsence(connection(DEFENDANT), NETWORK))
    hearing.script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "withdrawn", "  ")) << Reason.REASON_REQUIRED
    hearing.script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "withdrawn", "seen in the street"))
    hearing.script << ev.AbsenceRuled(DEFENDANT, "withdrawn", "seen in the street", "network")
    assert care(hearing).finding == care(hearing).absences[-1].finding == "withdrawn"


def test_a_finding_neither_ends_the_hearing_nor_closes_the_door():
    hearing = warned()
    hearing.script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "withdrawn", "walked out"))
    assert hearing.state.session is SessionState.IN_SESSION
    hearing.script >> arrive(DEFENDANT, 2)
    assert hearing.state.attendance[DEFENDANT].presence is Presence.PRESENT
    assert care(hearing).finding == "withdrawn"  # until the bench lifts it
    lift = cc.RuleAbsence(DEFENDANT, "", "back, and heard on it")
    (
        hearing.script
        >> by(PRESIDING, lift)
        << ev.AbsenceRuled(DEFENDANT, "", "back, and heard on it", "unknown")
    )
    assert care(hearing).finding == ""
    hearing.script >> by(PRESIDING, lift) << Reason.NO_FINDING


def test_leaving_by_the_own_button_is_an_absence_too():
    hearing = a_hearing(UNREPRESENTED).opened()
    hearing.script >> by(DEFENDANT, c.Leave())
    assert care(hearing).absence.verdict == "left"


# --- absent ---


def test_absent_only_who_never_came_after_the_time_and_the_roll():
    hearing = a_hearing(UNREPRESENTED, absent=(DEFENDANT,)).opened("served")
    rule = cc.RuleAbsence(DEFENDANT, "absent", "summons served")
    if hearing.state.check.rolled_at is None:
        hearing.script.after(120_000)
        hearing.script >> by(PRESIDING, rule) << Reason.ROLL_FIRST
        hearing.script >> by(CLERK, ci.CallRoll())
    hearing.script.after(120_000) >> by(PRESIDING, rule)
    hearing.script << ev.AbsenceRuled(DEFENDANT, "absent", "summons served", "unknown")
    assert care(hearing).absences[-1].cause == "never_came"
    assert care(hearing).absences[-1].since == hearing.state.scheduled_at


def test_nobody_is_absent_before_the_appointed_time():
    hearing = a_hearing(
        UNREPRESENTED, absent=(DEFENDANT,), scheduled_at=a_hearing(UNREPRESENTED).script.now + 3_600_000
    ).checked_in()
    hearing.script >> by(CLERK, ci.CallRoll())
    hearing.script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "absent", "x")) << Reason.BEFORE_TIME


def test_who_came_and_went_is_not_absent():
    hearing = gone()
    hearing.script.after(600_000)
    hearing.script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "absent", "x")) << Reason.CAME


# --- represented, and once more ---


def test_neither_withdrawn_nor_absent_while_the_agent_appears():
    """CPL 61; that it had to come itself is a finding of its own (CPL 65, 112)."""
    hearing = a_hearing(absent=(DEFENDANT,)).opened()
    hearing.script >> by(CLERK, ci.CallRoll())
    hearing.script.after(ABSENT_AFTER_S * 1000) >> TICK << ()
    absent = cc.RuleAbsence(DEFENDANT, "absent", "x")
    hearing.script >> by(PRESIDING, absent) << Reason.SIDE_REPRESENTED
    in_person = cc.RuleAbsence(DEFENDANT, "absent_in_person", "twice summoned, a case of support")
    hearing.script >> by(PRESIDING, in_person)
    assert care(hearing).finding == "absent_in_person"


def test_a_party_that_left_its_agent_there_is_prompted_and_not_put_to_the_bench():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT)
    hearing.script.after(PROMPT_AFTER_S * 1000) >> TICK << ev.AbsenceProposed(DEFENDANT, "prompt")
    hearing.script >> by(CLERK, cc.PromptAbsent(DEFENDANT)) >> by(CLERK, cc.WarnAbsent(DEFENDANT))
    assert next_due(hearing.state) is None
    rule = cc.RuleAbsence(DEFENDANT, "withdrawn", "walked out")
    hearing.script >> by(PRESIDING, rule) << Reason.SIDE_REPRESENTED
    hearing.script >> depart(DEFENDANT_AGENT) >> by(PRESIDING, rule)
    assert care(hearing).finding == "withdrawn"


def test_every_absence_has_a_finding_of_its_own():
    """Excused for a power cut, back, and gone on purpose: proposed and found anew (OLR 25)."""
    hearing = gone()
    excused = cc.RuleAbsence(DEFENDANT, "excused", "power cut")
    hearing.script >> by(PRESIDING, excused) >> by(PRESIDING, excused) << ()
    hearing.script >> arrive(DEFENDANT, 2) >> depart(DEFENDANT, 2)
    hearing.script.after(PROMPT_AFTER_S * 1000) >> TICK << ev.AbsenceProposed(DEFENDANT, "prompt")
    again = cc.RuleAbsence(DEFENDANT, "excused", "another power cut")
    hearing.script >> by(PRESIDING, again)
    assert [one.reason for one in care(hearing).absences] == ["power cut", "another power cut"]


def test_who_came_back_to_the_door_and_went_again_is_absent_again():
    hearing = a_hearing(UNREPRESENTED).opened()
    hearing.script >> by(DEFENDANT, c.Leave()) >> arrive(DEFENDANT, 2)
    assert care(hearing).absence is None
    hearing.script >> depart(DEFENDANT, 2)
    assert care(hearing).absence.since == hearing.script.now
    assert next_due(hearing.state) == hearing.script.now + PROMPT_AFTER_S * 1000


def test_who_may_come_back_after_a_removal_and_does_not_is_absent():
    hearing = a_hearing(UNREPRESENTED).opened()
    hearing.script >> by(PRESIDING, co.Remove(DEFENDANT, "shouted")) >> depart(DEFENDANT)
    assert care(hearing).absence is None
    hearing.script >> by(PRESIDING, co.Readmit(DEFENDANT, "promised to keep calm"))
    assert (care(hearing).absence.cause, care(hearing).absence.verdict) == ("readmitted", "unknown")


# --- excused, and nonsense ---


def test_an_absence_is_excused_also_after_the_return():
    hearing = gone()
    hearing.script >> arrive(DEFENDANT, 2)
    hearing.script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "excused", "power cut"))
    assert care(hearing).finding == "excused"


@pytest.mark.parametrize(
    ("rule", "no"),
    [
        (cc.RuleAbsence(DEFENDANT, "guilty", "x"), Reason.FINDING_UNKNOWN),
        (cc.RuleAbsence(WITNESS, "withdrawn", "x"), Reason.NOT_A_PARTY),
        (cc.RuleAbsence(DEFENDANT, "excused", "x"), Reason.NOT_ABSENT),
        (cc.RuleAbsence(DEFENDANT, "", "x"), Reason.NO_FINDING),
    ],
)
def test_a_finding_that_cannot_be_is_refused(rule, no):
    a_hearing(UNREPRESENTED).opened().script >> by(PRESIDING, rule) << no


# --- facts ---


def test_facts_are_taken_once_and_only_of_an_absence():
    script = gone().script
    measure = by(DEFENDANT, cc.MeasureAbsence(connection(DEFENDANT), NETWORK))
    script >> measure << ev.AbsenceMeasured(DEFENDANT, connection(DEFENDANT), NETWORK)
    script >> measure << ()
    script >> by(PLAINTIFF, cc.MeasureAbsence(connection(PLAINTIFF), NETWORK)) << ()


# --- what the system proposes ---


def test_the_system_proposes_step_by_step_when_the_time_is_up():
    hearing = gone()
    since = care(hearing).absence.since
    assert next_deadline(hearing.state) == since + PROMPT_AFTER_S * 1000
    hearing.script >> TICK << ()
    hearing.script.after(PROMPT_AFTER_S * 1000) >> TICK << ev.AbsenceProposed(DEFENDANT, "prompt")
    assert next_deadline(hearing.state) is None  # once: it now waits for the bench
    hearing.script >> TICK << ()
    hearing.script >> by(PRESIDING, cc.PromptAbsent(DEFENDANT))
    assert care(hearing).absence.proposal == ""
    hearing.script.after(WARN_AFTER_S * 1000) >> TICK << ev.AbsenceProposed(DEFENDANT, "warn")
    hearing.script >> by(PRESIDING, cc.WarnAbsent(DEFENDANT))
    hearing.script.after(RULE_AFTER_S * 1000) >> TICK << ev.AbsenceProposed(DEFENDANT, "rule")


def test_coming_back_ends_what_was_proposed():
    hearing = gone()
    hearing.script.after(PROMPT_AFTER_S * 1000) >> TICK >> arrive(DEFENDANT, 2)
    assert care(hearing).absences[-1].proposal == ""
    assert next_deadline(hearing.state) is None


def test_nothing_is_proposed_while_the_court_does_not_sit():
    hearing = a_hearing(UNREPRESENTED).opened().recessed()
    hearing.script >> depart(DEFENDANT)
    assert next_deadline(hearing.state) is None
    hearing.script.after(3_600_000) >> TICK << ()
    hearing.script >> by(PRESIDING, c.Resume())  # from now on it counts
    assert next_deadline(hearing.state) == hearing.script.now + PROMPT_AFTER_S * 1000


def test_nothing_is_proposed_about_witnesses_and_the_public():
    hearing = a_hearing(UNREPRESENTED).opened().with_witness()
    hearing.script >> depart(WITNESS) >> depart(OBSERVER)
    assert next_deadline(hearing.state) is None


def test_a_party_that_never_came_is_put_to_the_bench_after_the_roll():
    hearing = a_hearing(UNREPRESENTED, absent=(DEFENDANT,)).checked_in()
    hearing.script >> by(CLERK, ci.CallRoll())
    opened = a_hearing(UNREPRESENTED, absent=(DEFENDANT,)).opened("served")
    if opened.state.check.rolled_at is None:
        opened.script >> by(CLERK, ci.CallRoll())
    due = next_deadline(opened.state)
    assert due is not None
    assert due >= opened.state.scheduled_at + ABSENT_AFTER_S * 1000
    opened.script.after(due - opened.script.now) >> TICK << ev.AbsenceProposed(DEFENDANT, "rule")
    assert next_deadline(hearing.state) is None  # the court does not sit yet


def test_an_agent_who_is_gone_is_proposed_as_well():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT_AGENT)
    hearing.script.after(PROMPT_AFTER_S * 1000) >> TICK << ev.AbsenceProposed(DEFENDANT_AGENT, "prompt")


def test_who_is_here_in_person_is_not_absent():
    hearing = a_hearing(absent=(DEFENDANT, DEFENDANT_AGENT)).arrived()
    for seat in (DEFENDANT, DEFENDANT_AGENT):
        hearing.script >> by(PRESIDING, ci.SetOnSite(seat, on_site=True, reason="in the courthouse"))
    hearing.opened().script.after(1_000_000)
    assert next_due(hearing.state) is None
    hearing.script >> TICK << ()
    hearing.script >> by(PRESIDING, cc.PromptAbsent(DEFENDANT)) << Reason.NOT_ABSENT
