"""The stage tables: their four tests for each procedure."""

from __future__ import annotations

import pytest

from server.hearing.procedure import (
    CLOSED,
    DELIBERATION,
    OPENING,
    PROCEDURES,
    check_move,
    progress,
    stage_of,
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
    assert [stage.key for stage in PROCEDURES["civil_ordinary"]] == ORDINARY


def test_the_summary_procedure_is_the_same_without_deliberation():
    assert [s.key for s in PROCEDURES["civil_summary"]] == [key for key in ORDINARY if key != DELIBERATION]


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_stage_has_one_row_and_every_way_leads_to_a_row(procedure):
    keys = [stage.key for stage in PROCEDURES[procedure]]
    assert len(set(keys)) == len(keys)
    assert all(stage.free <= set(keys) for stage in PROCEDURES[procedure])


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_stage_is_reachable_without_a_reason(procedure):
    found = {PROCEDURES[procedure][0].key}
    for stage in PROCEDURES[procedure]:
        if stage.key in found:
            found |= stage.free
    assert found == {stage.key for stage in PROCEDURES[procedure]}


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_stage_can_end_and_only_closed_is_the_end(procedure):
    assert [stage.key for stage in PROCEDURES[procedure] if not stage.free] == [CLOSED]


@pytest.mark.parametrize("procedure", PROCEDURES)
@pytest.mark.parametrize("session", SessionState)
@pytest.mark.parametrize("reason", ["", "agreed"])
def test_the_whole_grid_moves_as_the_table_says_or_is_refused(procedure, session, reason):
    for now in PROCEDURES[procedure]:
        for target in PROCEDURES[procedure]:
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


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_the_debate_may_fall_back_to_the_investigation_freely(procedure):
    check_move(procedure, SessionState.IN_SESSION, "debate", "investigation", "")


def test_an_unknown_procedure_has_no_stages():
    with pytest.raises(Refused):
        stage_of("criminal", OPENING)
    assert progress("criminal", OPENING) == ()


def test_progress_says_what_is_done_now_and_ahead():
    states = [state for _, state in progress("civil_ordinary", "investigation")]
    assert states == ["done"] * 3 + ["now"] + ["ahead"] * 6
    assert {state for _, state in progress("civil_ordinary", "")} == {"ahead"}
