"""CR 19: the court enforces its discipline: who is muted and locked is silent at once, who is ordered out stays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing.audience import NOTHING, audience, heard, tape_hears
from server.hearing.events import SeatLocked
from server.hearing.presence import Presence
from server.hearing.refusals import Reason
from tests.builders import AHearing, a_hearing
from tests.cast import CAST, CLERK, OBSERVER, PLAINTIFF, PRESIDING
from tests.playbook import arrive, by, depart

if TYPE_CHECKING:
    from server.hearing.state import Hearing

pytestmark = pytest.mark.pure


def locked() -> AHearing:
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    hearing.script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting")) << SeatLocked(PLAINTIFF, "shouting")
    return hearing


def silent(state: Hearing) -> bool:
    return not (tape_hears(state, PLAINTIFF) or any(audience(state, PLAINTIFF, seat).hear for seat in CAST))


def test_the_lock_silences_at_once_for_everyone_and_on_the_tape():
    assert silent(locked().state)


def test_no_switch_no_new_tab_and_no_reconnect_breaks_the_lock():
    hearing = locked()
    hearing.script >> by(PLAINTIFF, c.SetSelf(microphone=False, camera=True))
    hearing.script >> by(PLAINTIFF, c.SetSelf(microphone=True, camera=True))
    assert silent(hearing.state)
    hearing.script >> arrive(PLAINTIFF, 2) >> depart(PLAINTIFF, 2) >> arrive(PLAINTIFF, 3)
    assert silent(hearing.state)


def test_a_recess_does_not_lift_it():
    hearing = locked().recessed()
    hearing.script >> by(PRESIDING, c.Resume())
    hearing.script >> by(PRESIDING, c.GrantFloor(PLAINTIFF)) << Reason.SEAT_LOCKED


def test_only_a_release_lifts_it_and_a_floor_still_held_counts_again():
    hearing = locked()
    hearing.script >> by(PRESIDING, c.ReleaseLock(PLAINTIFF))
    assert heard(hearing.state, PLAINTIFF)


def test_a_lock_needs_a_reason_on_record():
    a_hearing().opened().script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "")) << Reason.REASON_REQUIRED


# --- 责令退出 ---


def removed(hearing: AHearing) -> AHearing:
    hearing.script >> by(PRESIDING, co.Remove(PLAINTIFF, "threatened the clerk"))
    return hearing


def test_who_is_ordered_out_neither_hears_nor_is_heard_at_once():
    state = removed(a_hearing().opened().with_floor(PLAINTIFF)).state
    for seat in CAST:
        assert audience(state, seat, PLAINTIFF) == audience(state, PLAINTIFF, seat) == NOTHING
    assert not state.floor.seats


@pytest.mark.parametrize("n", [1, 2])
def test_no_connection_leads_back_in(n):
    hearing = removed(a_hearing().opened())
    hearing.script >> depart(PLAINTIFF) >> arrive(PLAINTIFF, n)
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.REMOVED
    hearing.script >> by(CLERK, c.Admit(PLAINTIFF)) << Reason.SEAT_REMOVED
    hearing.recessed().script >> by(PRESIDING, c.Resume())
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.REMOVED


def test_who_was_ordered_out_while_away_stays_out():
    hearing = a_hearing().opened()
    hearing.script >> depart(PLAINTIFF)
    removed(hearing).script >> arrive(PLAINTIFF, 2)
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.REMOVED


def test_only_the_presiding_seat_lets_back_with_a_reason_and_then_the_person_is_admitted_anew():
    hearing = removed(a_hearing().opened())
    script = hearing.script
    script >> by(CLERK, co.Readmit(PLAINTIFF, "has apologised")) << Reason.NOT_PRESIDING
    script >> by(PRESIDING, co.Readmit(PLAINTIFF, "")) << Reason.REASON_REQUIRED
    script >> by(PRESIDING, co.Readmit(PLAINTIFF, "has apologised"))
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.WAITING
    script >> by(CLERK, c.Admit(PLAINTIFF))
    assert hearing.state.attendance[PLAINTIFF].presence is Presence.PRESENT


def test_an_observer_too_is_warned_reprimanded_and_ordered_out():
    hearing = a_hearing().opened()
    for command in (
        co.Discipline(OBSERVER, "warn", "applause"),
        co.Discipline(OBSERVER, "reprimand", "applause again"),
        co.Remove(OBSERVER, "applause once more"),
    ):
        hearing.script >> by(PRESIDING, command)
    kept = hearing.state.attendance[OBSERVER].order.measures
    assert [one.measure for one in kept] == ["warn", "reprimand", "remove"]
    assert all(one.reason for one in kept)
