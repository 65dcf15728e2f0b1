"""OLR 25: discipline is accepted; a lost connection is not leaving, and only the judge finds a withdrawal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_order as co
from server.hearing import events as e
from server.hearing import events_care as ec
from server.hearing import events_order as eo
from server.hearing.audience import heard
from server.hearing.leaving import facts_of
from server.hearing.presence import Presence
from server.hearing.refusals import Reason
from server.hearing.view import view
from tests.builders import DISCIPLINE, AHearing, a_hearing
from tests.cast import CAST, CLERK, OBSERVER, PLAINTIFF, PRESIDING, UNREPRESENTED, WITNESS, connection
from tests.playbook import TICK, arrive, by, depart

pytestmark = pytest.mark.pure

GUESTS = [seat for seat in CAST if seat not in {PRESIDING, CLERK}]


@pytest.mark.parametrize("seat", GUESTS)
def test_nobody_is_let_in_who_has_not_accepted_the_discipline(seat):
    script = a_hearing().script
    script >> arrive(CLERK) >> arrive(seat) >> by(CLERK, c.Admit(seat)) << Reason.DISCIPLINE_NOT_READ


@pytest.mark.parametrize("seat", [PLAINTIFF, WITNESS, OBSERVER])
def test_the_acceptance_is_in_the_log_with_its_version_and_time(seat):
    hearing = a_hearing().arrived()
    assert [
        ev.version for ev, at in hearing.log if isinstance(ev, e.DisciplineAcknowledged) and ev.seat == seat
    ] == [DISCIPLINE]


@pytest.mark.parametrize("cause", c.LeaveCause)
def test_the_server_records_how_a_connection_ended_and_draws_no_conclusion(cause):
    hearing = a_hearing(UNREPRESENTED).opened()
    hearing.script >> depart(PLAINTIFF, 1, cause)
    hearing.script << e.ConnectionEnded(PLAINTIFF, connection(PLAINTIFF), cause.value)
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.LOST


def test_leaving_is_what_the_seat_itself_says():
    hearing = a_hearing(UNREPRESENTED).opened()
    hearing.script >> by(PLAINTIFF, c.Leave()) << e.SeatLeft(PLAINTIFF)
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.LEFT


@pytest.mark.parametrize("seat", GUESTS)
def test_after_a_network_failure_the_seat_is_as_it_was_without_a_new_admission(seat):
    hearing = a_hearing().opened().with_witness()
    before = hearing.state.attendance
    hearing.script >> depart(seat) >> arrive(seat)
    after = {one: replace(a, care=before[one].care) for one, a in hearing.state.attendance.items()}
    assert after == before  # but for the absence itself, which is kept with its beginning, end and facts


def test_a_breach_is_answered_step_by_step_each_with_its_reason_and_the_person_told():
    hearing = a_hearing(UNREPRESENTED).opened()
    for measure in ("remind", "warn", "reprimand"):
        hearing.script >> by(PRESIDING, co.Discipline(PLAINTIFF, measure, f"{measure}: smoking"))
        hearing.script << eo.SeatDisciplined(PLAINTIFF, measure, f"{measure}: smoking")
    told = view(hearing.state, PLAINTIFF).notices
    assert [(one.kind, one.text) for one in told] == [
        (measure, f"{measure}: smoking") for measure in ("remind", "warn", "reprimand")
    ]
    assert heard(hearing.with_floor(PLAINTIFF).state, PLAINTIFF), "the ladder's first steps take no right"


def test_no_lost_connection_counts_as_a_breach():
    hearing = a_hearing(UNREPRESENTED).opened()
    hearing.script >> depart(PLAINTIFF) >> arrive(PLAINTIFF, 2)
    assert hearing.state.attendance[PLAINTIFF].order.measures == ()


# --- leaving without permission 擅自退出, and not coming at all ---


def went_away(*, prompted: bool = True, warned: bool = True) -> AHearing:
    hearing = a_hearing(UNREPRESENTED).opened()
    hearing.script >> depart(PLAINTIFF)
    if prompted:
        hearing.script >> by(PRESIDING, cc.PromptAbsent(PLAINTIFF))
    if warned:
        hearing.script >> by(PRESIDING, cc.WarnAbsent(PLAINTIFF))
    return hearing


@pytest.mark.parametrize("seat", sorted(set(UNREPRESENTED) - {PRESIDING}))
def test_only_the_presiding_judge_finds_a_withdrawal(seat):
    hearing = went_away()
    if seat == PLAINTIFF:
        hearing.script >> arrive(PLAINTIFF, 2)
    hearing.script >> by(seat, cc.RuleAbsence(PLAINTIFF, "withdrawn", "x")) << Reason.NOT_PRESIDING


def test_a_withdrawal_is_found_only_after_prompt_and_warning():
    rule = by(PRESIDING, cc.RuleAbsence(PLAINTIFF, "withdrawn", "walked out"))
    went_away(prompted=False, warned=False).script >> rule << Reason.PROMPT_FIRST
    went_away(warned=False).script >> rule << Reason.WARN_FIRST
    went_away().script >> rule << ec.AbsenceRuled(PLAINTIFF, "withdrawn", "walked out", "unknown")


def test_who_comes_back_after_the_warning_has_corrected_it():
    hearing = went_away()
    hearing.script >> arrive(PLAINTIFF, 2)
    hearing.script >> by(PRESIDING, cc.RuleAbsence(PLAINTIFF, "withdrawn", "late")) << Reason.NOT_ABSENT


@pytest.mark.parametrize(
    "values, said",
    [
        ({"cause": "connection_lost", "signalling": "silent"}, "network"),
        ({"cause": "connection_lost", "device_failed_ms": 500}, "device"),
        ({"cause": "connection_lost", "server": "overload"}, "server"),
        ({"cause": "connection_lost", "signalling": "cut"}, "unknown"),
        ({"cause": "page_closed"}, "page_closed"),
        ({"cause": "left"}, "left"),
    ],
)
def test_the_excepted_causes_are_told_from_the_others_and_what_cannot_be_told_is_said(values, said):
    hearing = went_away()
    hearing.script >> by(PLAINTIFF, cc.MeasureAbsence(connection(PLAINTIFF), facts_of(values)))
    (absence,) = next(
        card for card in view(hearing.state, PRESIDING).seats if card.seat == PLAINTIFF
    ).absences
    assert absence.verdict == said


def test_the_software_proposes_and_never_finds_however_long_it_waits():
    hearing = went_away(prompted=False, warned=False)
    for _ in range(5):
        hearing.script.after(3_600_000) >> TICK
    assert hearing.state.attendance[PLAINTIFF].care.finding == ""
    assert hearing.state.session.value == "in_session"
    assert [type(ev) for ev, _ in hearing.log if "absence" in ev.KIND] == [ec.AbsenceProposed]


def test_prompt_and_warning_are_proved_shown_and_seen():
    hearing = went_away()
    hearing.script >> arrive(PLAINTIFF, 2)
    for notice in view(hearing.state, PLAINTIFF).notices:
        (
            hearing.script
            >> by(PLAINTIFF, cc.ShowNotice(notice.notice))
            >> by(PLAINTIFF, cc.SeeNotice(notice.notice))
        )
    (absence,) = next(
        card for card in view(hearing.state, PRESIDING).seats if card.seat == PLAINTIFF
    ).absences
    assert None not in {
        absence.prompt_shown_at,
        absence.prompt_seen_at,
        absence.warn_shown_at,
        absence.warn_seen_at,
    }


def test_a_finding_is_on_record_with_its_reason_and_can_be_lifted():
    hearing = went_away()
    hearing.script >> by(PRESIDING, cc.RuleAbsence(PLAINTIFF, "withdrawn", "walked out"))
    hearing.script >> by(PRESIDING, cc.RuleAbsence(PLAINTIFF, "", "was in hospital"))
    assert [(ev.finding, ev.reason) for ev, _ in hearing.log if isinstance(ev, ec.AbsenceRuled)] == [
        ("withdrawn", "walked out"),
        ("", "was in hospital"),
    ]
    assert hearing.state.attendance[PLAINTIFF].care.finding == ""
