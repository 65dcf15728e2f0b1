"""Which faults are noted and when they end, from the state alone (AVR 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.courtroom.incidents import device_failed, due, restarted
from server.hearing import commands as c
from server.hearing.commands import TapeState
from server.hearing.ids import Instant
from tests.builders import a_hearing
from tests.cast import DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING
from tests.playbook import Line, arrive, by, depart, tape

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from tests.builders import AHearing

pytestmark = pytest.mark.pure

LONG = 60_000


def found(
    hearing: AHearing, after_ms: int = 0, media: dict[SeatId, tuple[str, Instant]] | None = None
) -> list[tuple[str, str, bool]]:
    """What is due now; each is entered, as conduct would."""
    hearing.script.after(after_ms)
    notes = list(due(hearing.state, hearing.script.now, media or {}, LONG))
    for note in notes:
        hearing.script >> Line(None, note)
    return [(note.kind, note.subject, note.ended_ms > 0) for note in notes]


def test_a_fault_of_the_tape_is_noted_until_it_rolls_again():
    hearing = a_hearing().opened()
    assert found(hearing) == []
    hearing.script >> tape(TapeState.FAULTED, "disk_full")
    assert found(hearing) == [("tape", "", False)]
    assert found(hearing) == []
    hearing.script >> tape(TapeState.ROLLING)
    assert found(hearing) == [("tape", "", True)]
    assert found(hearing) == []
    (incident,) = hearing.state.care.incidents
    assert incident.facts == ("reason=disk_full",)
    assert incident.ended is not None
    assert incident.began < incident.ended


def test_before_the_opening_a_faulted_tape_is_no_incident():
    hearing = a_hearing().checked_in()
    hearing.script >> tape(TapeState.FAULTED, "disk_full")
    assert found(hearing) == []


def test_a_long_loss_of_the_network_is_noted_and_ends_with_the_return():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT)
    assert found(hearing, LONG) == []
    assert found(hearing, 1) == [("network", DEFENDANT, False)]
    assert found(hearing, LONG) == []
    hearing.script >> arrive(DEFENDANT, 2)
    assert found(hearing) == [("network", DEFENDANT, True)]


@pytest.mark.parametrize("cause", [c.LeaveCause.LEFT, c.LeaveCause.PAGE_CLOSED])
def test_who_went_by_the_own_will_has_no_network_fault(cause):
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT, 1, cause)
    assert found(hearing, 2 * LONG) == []


def test_nobody_misses_anything_in_a_recess():
    hearing = a_hearing().opened().recessed()
    hearing.script >> depart(DEFENDANT)
    assert found(hearing, 2 * LONG) == []
    hearing.script >> by(PRESIDING, c.Resume())
    assert found(hearing, LONG) == []
    assert found(hearing, 1) == [("network", DEFENDANT, False)]
    hearing.script >> by(PRESIDING, c.Recess("lunch"))
    assert found(hearing) == [("network", DEFENDANT, True)]


def test_an_observers_line_is_no_incident():
    hearing = a_hearing().opened()
    hearing.script >> depart(OBSERVER)
    assert found(hearing, 2 * LONG) == []


def test_without_sound_and_picture_for_long_is_noted_too():
    hearing = a_hearing().opened()
    media = {PLAINTIFF: ("consent", Instant(hearing.script.now))}
    assert found(hearing, LONG, media) == []
    assert found(hearing, 1, media) == [("network", PLAINTIFF, False)]
    assert hearing.state.care.incidents[0].facts == ("transport=consent",)
    assert found(hearing) == [("network", PLAINTIFF, True)]


def test_a_device_that_fails_in_the_sitting_is_noted_until_it_works():
    hearing = a_hearing().opened()
    hearing.script >> by(DEFENDANT, c.ReportDevice("failed", "ok", "ok", "good"))
    note = device_failed(hearing.state, DEFENDANT, hearing.script.now)
    assert note is not None
    assert note.facts == ("camera=failed", "microphone=ok")
    hearing.script >> Line(None, note)
    assert found(hearing) == []
    hearing.script >> by(DEFENDANT, c.ReportDevice("ok", "ok", "ok", "good"))
    assert found(hearing) == [("device", DEFENDANT, True)]
    assert device_failed(hearing.state, DEFENDANT, hearing.script.now) is None


def test_at_check_in_a_failed_device_is_no_incident():
    hearing = a_hearing().checked_in()
    hearing.script >> by(DEFENDANT, c.ReportDevice("failed", "ok", "ok", "good"))
    assert device_failed(hearing.state, DEFENDANT, hearing.script.now) is None


def test_the_end_of_the_hearing_ends_what_still_goes_on():
    hearing = a_hearing().opened()
    hearing.script >> tape(TapeState.FAULTED, "io_error") >> depart(DEFENDANT)
    assert len(found(hearing, 2 * LONG)) == 2
    hearing.closed()
    assert sorted(found(hearing)) == [("network", DEFENDANT, True), ("tape", "", True)]
    assert {one.ended for one in hearing.state.care.incidents} == {hearing.state.closed_at}
    assert found(hearing) == []


def test_a_restart_in_mid_hearing_is_noted_with_its_gap():
    now = a_hearing().script.now
    last = Instant(now - 4_000)
    for hearing in (a_hearing().opened(), a_hearing().opened().recessed()):
        note = restarted(hearing.state, last, now)
        assert note is not None
        assert (note.kind, note.began_ms, note.ended_ms, note.facts) == (
            "server",
            last,
            now,
            ("gap_ms=4000",),
        )
    for hearing in (a_hearing(), a_hearing().checked_in(), a_hearing().opened().closed()):
        assert restarted(hearing.state, last, now) is None
