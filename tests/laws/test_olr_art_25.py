"""OLR 25: discipline is accepted; a lost connection is not leaving, and only the judge finds a withdrawal."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.presence import Presence
from server.hearing.refusals import Reason
from tests.builders import DISCIPLINE, a_hearing
from tests.cast import CAST, CLERK, OBSERVER, PLAINTIFF, PRESIDING, WITNESS, connection
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure

GUESTS = [seat for seat in CAST if seat not in {PRESIDING, CLERK}]


@pytest.mark.parametrize("seat", GUESTS)
def test_nobody_is_let_in_who_has_not_accepted_the_discipline(seat):
    script = a_hearing().script
    script >> arrive(CLERK) >> arrive(seat) >> by(CLERK, c.Admit(seat)) << Reason.DISCIPLINE_NOT_READ


@pytest.mark.parametrize("seat", [PLAINTIFF, WITNESS, OBSERVER])
def test_the_acceptance_is_in_the_log_with_its_version_and_time(seat):
    hearing = a_hearing().arrived()
    assert [
        ev.version for ev, at in hearing.log if isinstance(ev, e.DisciplineAcknowledged) and ev.seat == seat
    ] == [DISCIPLINE]


@pytest.mark.parametrize("cause", c.LeaveCause)
def test_the_server_records_how_a_connection_ended_and_draws_no_conclusion(cause):
    hearing = a_hearing().opened()
    hearing.script >> depart(PLAINTIFF, 1, cause)
    hearing.script << e.ConnectionEnded(PLAINTIFF, connection(PLAINTIFF), cause.value)
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.LOST


def test_leaving_is_what_the_seat_itself_says():
    hearing = a_hearing().opened()
    hearing.script >> by(PLAINTIFF, c.Leave()) << e.SeatLeft(PLAINTIFF)
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.LEFT


@pytest.mark.parametrize("seat", GUESTS)
def test_after_a_network_failure_the_seat_is_as_it_was_without_a_new_admission(seat):
    hearing = a_hearing().opened().with_witness()
    before = hearing.state
    hearing.script >> depart(seat) >> arrive(seat)
    assert hearing.state == before
