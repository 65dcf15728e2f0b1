"""OLR 21: seven cases in which a hearing is not held online; found on the way, it moves offline and what was done stays.

Earlier, one line of reason opened the court in each of the seven, state secrets included. The article says "shall not". So the
three that are facts (no consent, no means, secrets: OLR 2, 4, 5, 27) bar it whatever the reason, until they are looked into
again and no longer hold. The four that rest on what the court thinks of the case (originals, complexity, influence, others)
are still overruled by the presiding judge, who may think otherwise, with a reason on record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.audience import NOTHING, audience
from server.hearing.checklists import NEVER_ONLINE, OFFLINE_GROUNDS, SUITABILITY
from server.hearing.conditions import missing, offline_ground
from server.hearing.may import may
from server.hearing.procedure import stages_of
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import CAST, CLERK, PLAINTIFF, PRESIDING
from tests.playbook import by, tape

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from tests.builders import AHearing

pytestmark = pytest.mark.pure


def test_the_list_has_the_seven_cases_in_both_languages():
    assert len(SUITABILITY) == 7
    assert all(said.zh and said.en for said in OFFLINE_GROUNDS.values())
    assert SUITABILITY.keys() < OFFLINE_GROUNDS.keys()


def test_the_court_does_not_open_before_the_list_was_gone_through():
    hearing = a_hearing().checked_in()
    unchecked = a_hearing().arrived().script
    assert Reason.SUITABILITY_UNCHECKED in missing(unchecked.state)
    assert Reason.SUITABILITY_UNCHECKED not in missing(hearing.state)


@pytest.mark.parametrize("case", sorted(NEVER_ONLINE))
def test_secrets_missing_consent_and_missing_means_bar_it_whatever_reason_is_given(case):
    script = a_hearing().checked_in().script
    script >> tape(c.TapeState.IDLE) >> by(CLERK, ci.CheckSuitability((case, "complex"), "seen in the file"))
    script >> by(PRESIDING, c.OpenCourt("both parties ask for it")) << Reason.SUITABILITY_FORBIDDEN
    script >> by(PRESIDING, ci.CheckSuitability((), "looked into again")) >> by(PRESIDING, c.OpenCourt())
    assert script.state.session is SessionState.IN_SESSION


@pytest.mark.parametrize("case", sorted(NEVER_ONLINE))
@pytest.mark.parametrize("procedure", ["civil_ordinary", "inquiry", "judgment"])
def test_found_on_the_way_the_court_goes_on_with_nothing_but_moving_offline_or_adjourning(case, procedure):
    hearing = a_hearing(procedure=procedure).opened()
    hearing.script >> by(CLERK, ci.CheckSuitability((case,), "came up in the evidence"))
    target = stages_of(procedure)[-2].key
    hearing.script >> by(PRESIDING, c.GoToStage(target, "hurry")) << Reason.SUITABILITY_FORBIDDEN
    hearing.recessed().script >> by(PRESIDING, c.Resume()) << Reason.SUITABILITY_FORBIDDEN
    assert hearing.moved_offline("secret").state.session is SessionState.MOVED_OFFLINE


@pytest.mark.parametrize("case", sorted(set(SUITABILITY) - NEVER_ONLINE))
def test_what_the_court_thinks_of_the_case_is_overruled_by_the_presiding_judge_with_a_reason_on_record(case):
    script = a_hearing().checked_in().script
    script >> tape(c.TapeState.IDLE) >> by(CLERK, ci.CheckSuitability((case,), "seen in the file"))
    script << ei.SuitabilityChecked((case,), "seen in the file")
    script >> by(PRESIDING, c.OpenCourt()) << Reason.SUITABILITY_BARRED
    script >> by(PRESIDING, c.OpenCourt("both parties ask for it"))
    script << (
        e.CourtOpened("both parties ask for it", ("suitability_barred",)),
        e.StageEntered("opening", "discipline"),
    )


def test_another_case_than_the_named_ones_is_put_in_words():
    script = a_hearing().checked_in().script
    script >> by(CLERK, ci.CheckSuitability(("other",))) << Reason.REASON_REQUIRED
    script >> by(CLERK, ci.CheckSuitability(("weather",))) << Reason.SUITABILITY_UNKNOWN


@pytest.mark.parametrize("ground", OFFLINE_GROUNDS)
@pytest.mark.parametrize("until", ["checked_in", "opened", "recessed"])
def test_the_presiding_judge_moves_the_hearing_offline_at_any_time(ground, until):
    hearing = a_hearing().opened() if until == "recessed" else a_hearing()
    hearing = getattr(hearing, until)()
    script = hearing.script
    opened_at, stage = hearing.state.opened_at, hearing.state.stage
    script >> by(PRESIDING, ci.ConvertOffline(ground, " ")) << Reason.REASON_REQUIRED
    script >> by(PRESIDING, ci.ConvertOffline(ground, "on Monday, court 3"))
    script << ei.CourtMovedOffline(ground, "on Monday, court 3")
    state = hearing.state
    assert (state.session, state.session_reason) == (SessionState.MOVED_OFFLINE, "on Monday, court 3")
    assert (state.closed_at, state.check.ground) == (script.now, ground)
    assert not duty(state).on
    assert all(audience(state, p, r) == NOTHING for p in CAST for r in CAST)
    assert (state.opened_at, state.stage) == (opened_at, stage), "what was done stays"
    script >> by(PLAINTIFF, c.RequestFloor()) << Reason.HEARING_MOVED_OFFLINE


@pytest.mark.parametrize("seat", [CLERK, PLAINTIFF])
def test_nobody_else_moves_it_offline(seat):
    script = a_hearing().opened().script
    script >> by(seat, ci.ConvertOffline("network", "x")) << Reason.NOT_PRESIDING


def test_only_by_a_known_ground():
    script = a_hearing().opened().script
    script >> by(PRESIDING, ci.ConvertOffline("weather", "rain")) << Reason.OFFLINE_GROUND_UNKNOWN


def proposed(hearing: AHearing, seat: SeatId) -> str:
    """What the check of this seat's screen proposes."""
    check = view(hearing.state, seat, hearing.script.now).check
    assert check is not None
    return check.offline


@pytest.mark.parametrize(
    ("barred", "ground"),
    [
        (("complex",), "complex"),
        (("complex", "secret"), "secret"),
        (("influence", "complex"), "complex"),
        ((), ""),
    ],
)
def test_what_is_found_on_the_way_proposes_to_move_offline_the_weightiest_case_first(barred, ground):
    hearing = a_hearing().opened()
    if barred:
        hearing.script >> by(CLERK, ci.CheckSuitability(barred, "came up in the evidence"))
    for seat in (PRESIDING, CLERK):
        assert proposed(hearing, seat) == ground
    assert view(hearing.state, PLAINTIFF, hearing.script.now).check is None
    assert "convert_offline" in may(hearing.state, PRESIDING, hearing.script.now)
    assert "convert_offline" not in may(hearing.state, CLERK, hearing.script.now), "only a proposal"
    assert hearing.state.session is SessionState.IN_SESSION, "nothing moves by itself"
    hearing.recessed()
    assert proposed(hearing, PRESIDING) == ground


def test_before_the_opening_it_is_said_as_what_is_missing_and_looked_into_again_the_proposal_goes():
    hearing = a_hearing().checked_in()
    hearing.script >> by(CLERK, ci.CheckSuitability(("complex",), "seen in the file"))
    assert offline_ground(hearing.state) == ""
    hearing = a_hearing().opened()
    (
        hearing.script
        >> by(CLERK, ci.CheckSuitability(("complex",), "x"))
        >> by(PRESIDING, ci.CheckSuitability(()))
    )
    assert offline_ground(hearing.state) == ""


def overruled(*barred: str) -> AHearing:
    """A hearing opened despite these cases, with the presiding judge's reason on record."""
    hearing = a_hearing().checked_in()
    hearing.script >> tape(c.TapeState.IDLE) >> by(CLERK, ci.CheckSuitability(barred, "seen in the file"))
    hearing.script >> by(PRESIDING, c.OpenCourt("both parties ask for it"))
    assert hearing.state.session is SessionState.IN_SESSION
    return hearing


def test_what_was_overruled_at_the_opening_is_not_proposed_again():
    hearing = overruled("complex", "influence")
    assert proposed(hearing, PRESIDING) == ""
    hearing.recessed()
    assert proposed(hearing, PRESIDING) == ""
    assert hearing.state.check.barred == ("complex", "influence"), "it stays on record that they were found"


@pytest.mark.parametrize(
    ("barred", "note", "ground"),
    [
        (("complex", "check_originals"), "seen in the file", "check_originals"),
        (("complex", "secret"), "seen in the file", "secret"),
        (("complex", "influence"), "three hundred more exhibits", "complex"),
        (("complex",), "seen in the file", ""),
    ],
)
def test_a_new_fact_after_the_opening_proposes_it_and_fewer_of_the_same_do_not(barred, note, ground):
    hearing = overruled("complex", "influence")
    hearing.script >> by(CLERK, ci.CheckSuitability(barred, note))
    assert proposed(hearing, PRESIDING) == ground


def test_a_case_that_had_gone_and_is_found_again_is_a_new_fact():
    hearing = overruled("complex")
    (
        hearing.script
        >> by(CLERK, ci.CheckSuitability((), "seen in the file"))
        >> by(CLERK, ci.CheckSuitability(("complex",), "seen in the file"))
    )
    assert proposed(hearing, PRESIDING) == "complex"


def test_a_court_that_was_opened_despite_something_else_rules_on_no_case():
    hearing = a_hearing().checked_in()
    hearing.script >> tape(c.TapeState.IDLE) >> by(PRESIDING, c.OpenCourt())
    hearing.script >> by(CLERK, ci.CheckSuitability(("complex",), "came up in the evidence"))
    hearing.script >> by(PRESIDING, c.GoToStage("debate", "nothing to investigate"))
    assert proposed(hearing, PRESIDING) == "complex", "to go on to a stage is no ruling on it"
