"""OMR art. 19: an agreement binds when every party has agreed to it as it stands."""

from __future__ import annotations

import pytest

from server.hearing.commands_rooms import AnswerClause, DraftClause, EndMediation
from server.hearing.mediation import agreement_reached
from server.hearing.refusals import Reason
from tests.cast import DEFENDANT, MEDIATOR, PLAINTIFF
from tests.hearing.mediations import accepted
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_there_is_no_agreement_without_terms_or_with_a_party_missing() -> None:
    script = accepted().script
    done = by(MEDIATOR, EndMediation("agreement_reached"))
    script >> done << Reason.TERMS_NOT_AGREED
    script >> by(MEDIATOR, DraftClause("", "pay 10")) >> by(PLAINTIFF, AnswerClause("c1", 1, agrees=True))
    script >> done << Reason.TERMS_NOT_AGREED
    script >> by(DEFENDANT, AnswerClause("c1", 1, agrees=True)) >> done
    assert script.state.rooms.ending == "agreement_reached"


def test_a_changed_clause_is_agreed_to_anew() -> None:
    script = accepted().script
    script >> by(MEDIATOR, DraftClause("", "pay 10"))
    for party in (PLAINTIFF, DEFENDANT):
        script >> by(party, AnswerClause("c1", 1, agrees=True))
    assert agreement_reached(script.state)
    script >> by(MEDIATOR, DraftClause("c1", "pay 12"))
    assert not agreement_reached(script.state)
