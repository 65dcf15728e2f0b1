"""What care keeps of its own events and of those of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_order as co
from server.hearing import events_care as ev
from server.hearing.evolve import evolve
from server.hearing.ids import Instant, PersonId, SeatId
from server.hearing.presence import Presence
from server.hearing.refusals import InvariantBroken
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS, connection
from tests.playbook import arrive, by, depart

if TYPE_CHECKING:
    from tests.builders import AHearing

pytestmark = pytest.mark.pure


def care(hearing: AHearing, seat: SeatId = DEFENDANT) -> Any:
    return hearing.state.attendance[seat].care


def test_an_absence_begins_with_the_loss_and_ends_with_the_return():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT)
    lost_at = hearing.script.now
    absence = care(hearing).absence
    assert (absence.since, absence.until, absence.connection) == (lost_at, None, connection(DEFENDANT))
    hearing.script >> arrive(DEFENDANT, 2)
    assert care(hearing).absence is None
    assert care(hearing).absences[0].until == hearing.script.now


def test_who_was_not_let_in_yet_is_not_absent_by_going():
    hearing = a_hearing().arrived()
    hearing.script >> depart(DEFENDANT)
    assert care(hearing).absences == ()
    assert not care(hearing).admitted


def test_the_public_is_not_counted():
    hearing = a_hearing().opened()
    hearing.script >> depart(OBSERVER)
    assert care(hearing, OBSERVER).absences == ()


def test_an_isolated_witness_that_is_gone_is_absent_and_back_in_isolation():
    hearing = a_hearing().opened()
    hearing.script >> depart(WITNESS)
    assert care(hearing, WITNESS).absence is not None
    hearing.script >> arrive(WITNESS, 2)
    assert hearing.state.attendance[WITNESS].presence is Presence.ISOLATED
    assert care(hearing, WITNESS).absence is None


def test_another_device_of_the_same_person_is_no_absence():
    hearing = a_hearing().opened()
    hearing.script >> arrive(DEFENDANT, 2) >> depart(DEFENDANT, 1, c.LeaveCause.SUPERSEDED)
    assert care(hearing).absences == ()


def test_who_is_removed_is_not_absent_any_more():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT) >> by(PRESIDING, co.Remove(DEFENDANT, "threats"))
    assert care(hearing).absence is None
    assert care(hearing).absences[0].until == hearing.script.now


def test_whoever_comes_in_has_been_let_in():
    hearing = a_hearing().opened()
    for seat in (PRESIDING, CLERK, PLAINTIFF, WITNESS):
        assert care(hearing, seat).admitted


def test_the_court_sits_between_opening_recess_resumption_and_end():
    hearing = a_hearing().opened()

    def since() -> Any:
        return hearing.state.care.sitting_since

    assert since() == hearing.state.opened_at
    hearing.recessed()
    assert since() is None
    hearing.script >> by(PRESIDING, c.Resume())
    assert since() == hearing.script.now
    hearing.closed()
    assert since() is None


def test_a_finding_after_the_return_is_about_the_last_absence():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT) >> arrive(DEFENDANT, 2)
    hearing.script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "excused", "power cut"))
    (absence,) = care(hearing).absences
    assert (absence.finding, absence.reason, care(hearing).finding) == ("excused", "power cut", "excused")


@pytest.mark.parametrize(
    "event",
    [
        ev.HearingRestored(DEFENDANT, answered=True),
        ev.NoticeSeen(SeatId("nobody"), "x"),
        ev.AbsencePrompted(SeatId("nobody"), "x"),
        ev.MessageSent("main-1", CLERK, "nobody", "x", "main"),
        ev.TechnicianAdded(DEFENDANT, PersonId("p"), "x"),
    ],
)
def test_what_cannot_have_been_is_our_bug(event):
    with pytest.raises(InvariantBroken):
        evolve(a_hearing().opened().state, event, Instant(1))
