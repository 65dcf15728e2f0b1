"""CR 19: the court enforces its discipline; who is muted and locked is silent for everyone and on the tape, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing.audience import audience, heard, tape_hears
from server.hearing.events import SeatLocked
from server.hearing.refusals import Reason
from tests.builders import AHearing, a_hearing
from tests.cast import CAST, PLAINTIFF, PRESIDING
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
