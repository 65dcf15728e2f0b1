"""OMR art. 18, CPLI art. 107: concessions do not count later; only undisputed facts that all confirmed in writing do."""

from __future__ import annotations

import pytest

from server.hearing.commands_rooms import (
    AnswerProposal,
    ConfirmUndisputed,
    NoteUndisputed,
    Propose,
    ShareProposal,
)
from server.hearing.mediation import all_agree
from server.hearing.refusals import Reason
from tests.cast import DEFENDANT, MEDIATOR, PLAINTIFF
from tests.hearing.mediations import accepted, in_caucus
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_a_concession_reaches_the_other_side_only_with_leave_of_its_own() -> None:
    script = in_caucus().script
    script >> by(PLAINTIFF, Propose("a third", "plaintiff"))
    script >> by(MEDIATOR, ShareProposal("plaintiff-1")) << Reason.NO_LEAVE_OF_SIDE
    script >> by(PLAINTIFF, AnswerProposal("plaintiff-1", accepts=True))
    script >> by(MEDIATOR, ShareProposal("plaintiff-1"))
    assert script.came


def test_a_fact_is_undisputed_only_when_every_party_has_confirmed_it() -> None:
    script = accepted().script
    (
        script
        >> by(PLAINTIFF, NoteUndisputed("the goods came"))
        >> by(PLAINTIFF, ConfirmUndisputed("f1", agrees=True))
    )
    assert not all_agree(script.state, script.state.rooms.facts["f1"].answers)
    script >> by(DEFENDANT, ConfirmUndisputed("f1", agrees=True))
    assert all_agree(script.state, script.state.rooms.facts["f1"].answers)
