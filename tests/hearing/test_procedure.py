"""The stage tables: their grid for each procedure."""

from __future__ import annotations

import pytest

from server.hearing.procedure import (
    CLOSED,
    DELIBERATION,
    OPENING,
    PROCEDURES,
    check_move,
    consent_steps,
    gate_of,
    is_public,
    kind_of,
    opening_of,
    points_of,
    presiding_roles,
    progress,
    recording_of,
    stage_of,
    stages_of,
)
from server.hearing.refusals import Reason, Refused
from server.hearing.session import SessionState

pytestmark = pytest.mark.pure

ORDINARY = [
    "check_in",
    "discipline",
    "opening",
    "investigation",
    "debate",
    "final_statements",
    "mediation",
    "deliberation",
    "judgment",
    "closed",
]


def test_the_ordinary_procedure_has_its_stages_in_order():
    assert [stage.key for stage in stages_of("civil_ordinary")] == ORDINARY


@pytest.mark.parametrize("procedure", ["civil_summary", "small_claim"])
def test_the_summary_procedure_is_the_same_without_deliberation(procedure):
    assert [s.key for s in stages_of(procedure)] == [key for key in ORDINARY if key != DELIBERATION]


def test_a_mediation_goes_from_notice_over_joint_session_and_caucus_to_the_signing():
    keys = ["check_in", "notice", "joint", "caucus", "terms", "signing", "closed"]
    assert [stage.key for stage in stages_of("mediation")] == keys


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_stage_can_end_and_only_closed_is_the_end(procedure):
    assert [stage.key for stage in stages_of(procedure) if not stage.free] == [CLOSED]


@pytest.mark.parametrize("procedure", PROCEDURES)
@pytest.mark.parametrize("session", SessionState)
@pytest.mark.parametrize("reason", ["", "agreed"])
def test_the_whole_grid_moves_as_the_table_says_or_is_refused(procedure, session, reason):
    for now in stages_of(procedure):
        for target in stages_of(procedure):
            lawful = (
                target.key not in {now.key, CLOSED}
                and target.session is session
                and (reason or target.key in now.free)
            )
            if lawful:
                check_move(procedure, session, now.key, target.key, reason)
            else:
                with pytest.raises(Refused):
                    check_move(procedure, session, now.key, target.key, reason)


@pytest.mark.parametrize(
    "session, now, target, reason, refusal",
    [
        (SessionState.IN_SESSION, "debate", "closed", "agreed", Reason.STAGE_ONLY_BY_CLOSE),
        (SessionState.IN_SESSION, "debate", "debate", "agreed", Reason.STAGE_ALREADY),
        (SessionState.IN_SESSION, "debate", "discipline", "agreed", Reason.STAGE_BEFORE_OPENING),
        (SessionState.CHECKING_IN, "discipline", "opening", "agreed", Reason.COURT_NOT_OPEN),
        (SessionState.IN_SESSION, "opening", "debate", "  ", Reason.STAGE_NEEDS_REASON),
        (SessionState.IN_SESSION, "opening", "picnic", "agreed", Reason.STAGE_UNKNOWN),
    ],
)
def test_each_refusal_says_why(session, now, target, reason, refusal):
    with pytest.raises(Refused) as no:
        check_move("civil_ordinary", session, now, target, reason)
    assert no.value.reason is refusal


@pytest.mark.parametrize("procedure", ["civil_ordinary", "civil_summary", "small_claim"])
def test_the_debate_may_fall_back_to_the_investigation_freely(procedure):
    check_move(procedure, SessionState.IN_SESSION, "debate", "investigation", "")


def test_joint_session_and_caucus_follow_one_another_freely():
    check_move("mediation", SessionState.IN_SESSION, "joint", "caucus", "")
    check_move("mediation", SessionState.IN_SESSION, "caucus", "joint", "")


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_the_court_opens_into_the_first_stage_in_session(procedure):
    opening = opening_of(procedure)
    assert opening is not None
    before = [stage.session for stage in stages_of(procedure)]
    assert before[: before.index(opening.session)] == [SessionState.CHECKING_IN] * before.index(
        opening.session
    )
    assert gate_of(procedure) in {step.key for step in consent_steps(procedure)}


def test_an_unknown_procedure_has_nothing_and_is_taped():
    with pytest.raises(Refused):
        stage_of("criminal", OPENING)
    assert progress("criminal", OPENING) == ()
    assert (stages_of("criminal"), consent_steps("criminal"), presiding_roles("criminal")) == ((), (), ())
    assert (kind_of("criminal"), gate_of("criminal"), opening_of("criminal")) == ("", "", None)
    assert points_of("criminal", OPENING) == ()
    assert recording_of("criminal") == "whole_course"
    assert not is_public("criminal", scheduled=True)


@pytest.mark.parametrize(
    "procedure, scheduled, public",
    [
        ("civil_ordinary", True, True),
        ("civil_ordinary", False, False),
        ("judgment", False, True),
        ("mediation", True, False),
    ],
)
def test_the_public_may_come_as_scheduled_but_to_every_judgment_and_to_no_mediation(
    procedure, scheduled, public
):
    assert is_public(procedure, scheduled=scheduled) is public


def test_progress_says_what_is_done_now_and_ahead():
    states = [state for _, state in progress("civil_ordinary", "investigation")]
    assert states == ["done"] * 3 + ["now"] + ["ahead"] * 6
    assert {state for _, state in progress("civil_ordinary", "")} == {"ahead"}
