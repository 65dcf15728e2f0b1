"""OMR art. 25: a mediation ends in one of eight ways, and in no other."""

from __future__ import annotations

import pytest

from server.hearing.commands_rooms import EndMediation
from server.hearing.mediation import AGREEMENT, ENDINGS
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from tests.cast import MEDIATOR
from tests.hearing.mediations import accepted
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_there_are_eight_endings_each_in_both_languages() -> None:
    assert len(ENDINGS) == 8
    assert all(chinese and english for chinese, english in ENDINGS.values())


@pytest.mark.parametrize("ending", sorted(set(ENDINGS) - {AGREEMENT}))
def test_each_ending_ends_the_mediation_and_the_sitting(ending: str) -> None:
    hearing = accepted()
    hearing.script >> by(MEDIATOR, EndMediation(ending, "said so"))
    assert (hearing.state.rooms.ending, hearing.state.session) == (ending, SessionState.CLOSED)


@pytest.mark.parametrize("ending", ["", "boredom", "AGREEMENT_REACHED"])
def test_no_other_way_is_known(ending: str) -> None:
    accepted().script >> by(MEDIATOR, EndMediation(ending)) << Reason.ENDING_UNKNOWN
