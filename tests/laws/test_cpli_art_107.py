"""CPLI art. 107: what a party admits for the sake of a settlement is not held against it; so it is kept apart."""

from __future__ import annotations

import pytest

from server.hearing.commands_rooms import NoteUndisputed, Propose
from server.hearing.streams import stream_of
from tests.cast import PLAINTIFF
from tests.hearing.mediations import accepted, in_caucus
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_a_concession_in_a_caucus_is_in_no_log_but_that_of_the_caucus() -> None:
    hearing = in_caucus()
    hearing.script >> by(PLAINTIFF, Propose("I was late myself", "plaintiff"))
    assert all(
        stream_of(hearing.state.hearing, event) != "h-1"
        for event, _ in hearing.log
        if "I was late myself" in repr(event)
    )


def test_a_proposal_is_never_an_undisputed_fact() -> None:
    hearing = accepted()
    hearing.script >> by(PLAINTIFF, Propose("I pay half", "both"))
    assert hearing.state.rooms.facts == {}
    hearing.script >> by(PLAINTIFF, NoteUndisputed("the goods came"))
    assert [fact.text for fact in hearing.state.rooms.facts.values()] == ["the goods came"]
