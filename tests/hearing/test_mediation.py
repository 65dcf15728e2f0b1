"""Whose answer counts, and when terms are agreed."""

from __future__ import annotations

import pytest

from server.hearing.mediation import accepted as is_accepted
from server.hearing.mediation import agreement_reached, all_agree, check_going, parties, party_of, standing
from server.hearing.refusals import Reason, Refused
from server.hearing.state_rooms import Clause
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, INTERPRETER, MEDIATION, MEDIATOR, PLAINTIFF, PLAINTIFF_AGENT
from tests.hearing.mediations import a_mediation, accepted

pytestmark = pytest.mark.pure


def test_a_party_answers_for_itself_and_its_agent_for_it() -> None:
    state = a_mediation().state
    assert party_of(state, PLAINTIFF) == party_of(state, PLAINTIFF_AGENT) == PLAINTIFF
    for seat in (MEDIATOR, CLERK, INTERPRETER):
        with pytest.raises(Refused) as no:
            party_of(state, seat)
        assert no.value.reason is Reason.NOT_A_PARTY


def test_all_agree_when_every_party_has_said_yes() -> None:
    state = a_mediation().state
    assert parties(state) == (PLAINTIFF, DEFENDANT)
    assert not all_agree(state, {PLAINTIFF: True})
    assert not all_agree(state, {PLAINTIFF: True, DEFENDANT: False})
    assert all_agree(state, {PLAINTIFF: True, DEFENDANT: True})


def test_without_parties_nobody_agrees_to_anything() -> None:
    state = a_hearing((MEDIATOR, CLERK), procedure="mediation", public=False).state
    assert not all_agree(state, {})
    assert not agreement_reached(state)


def test_a_struck_clause_does_not_stand() -> None:
    assert standing([Clause("c1", 2, ""), Clause("c2", 1, "pay")]) == (Clause("c2", 1, "pay"),)


def test_the_mediator_is_accepted_by_all_or_not() -> None:
    assert not is_accepted(a_mediation().state)
    assert is_accepted(accepted().state)


def test_who_is_not_in_the_courtroom_takes_no_part() -> None:
    state = a_hearing(MEDIATION, procedure="mediation", public=False).arrived().state
    with pytest.raises(Refused) as no:
        check_going(state, PLAINTIFF)
    assert no.value.reason is Reason.NOT_ADMITTED
