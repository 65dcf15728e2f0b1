"""CPLI 177: reprimand and removal are the bench's decision; the words and the facts go into the record of the hearing."""

from __future__ import annotations

import pytest

from server.hearing import commands_order as co
from server.hearing.events_order import SeatDisciplined, SeatRemoved
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, FULL_BENCH, JUDGE, OBSERVER, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure

WORDS = "旁听人员唐宁在法庭上大声喧哗，经提示后仍不改正，现予训诫"


def test_the_words_of_the_reprimand_are_in_the_record():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, co.Discipline(OBSERVER, "reprimand", WORDS))
    assert hearing.log[-1][0] == SeatDisciplined(OBSERVER, "reprimand", WORDS)


def test_the_facts_of_the_removal_are_in_the_record():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, co.Remove(OBSERVER, WORDS))
    assert hearing.log[-1][0] == SeatRemoved(OBSERVER, WORDS)


@pytest.mark.parametrize("command", [co.Discipline(OBSERVER, "reprimand", ""), co.Remove(OBSERVER, " ")])
def test_neither_is_made_without_them(command):
    a_hearing().opened().script >> by(PRESIDING, command) << Reason.REASON_REQUIRED


@pytest.mark.parametrize("seat", [CLERK, JUDGE, DEFENDANT, OBSERVER])
@pytest.mark.parametrize("command", [co.Discipline(OBSERVER, "reprimand", WORDS), co.Remove(OBSERVER, WORDS)])
def test_nobody_but_the_presiding_seat_pronounces_them(seat, command):
    a_hearing(FULL_BENCH).opened().script >> by(seat, command) << Reason.NOT_PRESIDING


@pytest.mark.parametrize("seat", [PRESIDING, JUDGE])
@pytest.mark.parametrize("command", [co.Discipline, co.Remove])
def test_the_panel_itself_is_not_under_them(seat, command):
    asked = command(seat, "warn", "x") if command is co.Discipline else command(seat, "x")
    a_hearing(FULL_BENCH).opened().script >> by(PRESIDING, asked) << Reason.NOT_AGAINST_BENCH
