"""OLR 6: nobody is cut off from the hearing unnoticed; what a person missed is counted and can be heard again."""

from __future__ import annotations

import pytest

from server.courtroom.heard import Heard
from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing.ids import Instant
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import CAST, CLERK, DEFENDANT, PLAINTIFF, PRESIDING, WITNESS
from tests.playbook import by, depart

pytestmark = pytest.mark.pure


def test_what_a_lost_party_was_entitled_to_hear_is_counted_with_its_time_and_speaker():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    heard, now = Heard(), hearing.script.now
    heard.follow(hearing.state, now)
    heard.reached(CAST, now)
    heard.speaking([PLAINTIFF], now)
    hearing.script >> depart(DEFENDANT)
    heard.follow(hearing.state, now)
    row = next(row for row in heard.rows(Instant(now + 5_000)) if row.seat == DEFENDANT)
    assert (row.missed_ms, row.lost_ms) == (5_000, 5_000)
    assert [(p.seat, p.t1 - p.t0) for p in row.passages] == [(PLAINTIFF, 5_000)]


@pytest.mark.parametrize("seat", [PLAINTIFF, DEFENDANT])
def test_a_party_can_say_at_any_time_that_it_does_not_hear_and_the_court_sees_it(seat):
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, c.MuteAndLock(seat, "shouting")) >> by(seat, cc.CannotHear())
    card = next(card for card in view(hearing.state, CLERK).seats if card.seat == seat)
    assert card.cannot_hear_since == hearing.script.now


@pytest.mark.parametrize("seat", [PLAINTIFF, WITNESS])
def test_everybody_can_ask_the_courts_helpers_for_help(seat):
    hearing = a_hearing().opened()
    hearing.script >> by(seat, cc.AskHelp("assistance", "my screen reader"))
    assert "ask_help" in view(hearing.state, seat).may
    assert next(card for card in view(hearing.state, CLERK).seats if card.seat == seat).help is not None
