"""The console writes by the law of a technician in the hearing: to people only, never into a caucus, never after the end."""

from __future__ import annotations

import pytest

from server.hearing.commands_care import AddTechnician
from server.hearing.commands_officer import WriteFromConsole
from server.hearing.events_care import MessageSent, TechnicianAdded
from server.hearing.ids import ConnectionId, PersonId, SeatId
from server.hearing.reasons import Reason
from tests.builders import AHearing, a_hearing
from tests.cast import CLERK, DEFENDANT, PLAINTIFF
from tests.hearing.mediations import in_caucus
from tests.playbook import Line, by

pytestmark = pytest.mark.pure

TECHNICIAN = SeatId("technician-1")
ADD = Line(None, AddTechnician(TECHNICIAN, "officer-1", "技术保障"))


def with_technician() -> AHearing:
    told = a_hearing().opened()
    _ = told.script >> ADD << TechnicianAdded(TECHNICIAN, PersonId("officer-1"), "技术保障")
    return told


def write(to: SeatId = PLAINTIFF, text: str = "请检查麦克风") -> Line:
    return by(TECHNICIAN, WriteFromConsole(to, text), ConnectionId(""))


def test_an_officer_writes_without_a_tab_of_its_own() -> None:
    told = with_technician()
    assert told.state.attendance[TECHNICIAN].connection is None
    _ = (
        told.script
        >> write()
        << MessageSent("main-plaintiff-1", TECHNICIAN, PLAINTIFF, "请检查麦克风", "main")
    )


def test_it_is_seated_once() -> None:
    _ = with_technician().script >> ADD << ()


@pytest.mark.parametrize("seat", [CLERK, PLAINTIFF, DEFENDANT])
def test_nobody_else_writes_that_way(seat: SeatId) -> None:
    _ = with_technician().script >> by(seat, WriteFromConsole(PLAINTIFF, "x")) << Reason.HELPERS_ONLY


def test_who_was_not_seated_writes_to_nobody() -> None:
    _ = a_hearing().opened().script >> write() << Reason.SEAT_UNKNOWN


@pytest.mark.parametrize(
    ("to", "text", "why"),
    [
        (PLAINTIFF, "  ", Reason.MESSAGE_EMPTY),
        (CLERK, "x", Reason.MESSAGE_TO_PERSON_ONLY),
        (TECHNICIAN, "x", Reason.MESSAGE_TO_PERSON_ONLY),
        (SeatId("nobody"), "x", Reason.SEAT_UNKNOWN),
    ],
)
def test_the_law_of_messages_holds(to: SeatId, text: str, why: Reason) -> None:
    _ = with_technician().script >> write(to, text) << why


def test_nothing_is_written_after_the_end() -> None:
    told = with_technician().closed()
    _ = told.script >> write() << Reason.HEARING_CLOSED


def test_nothing_is_written_into_a_caucus() -> None:
    """OMR 16: who is with the mediator alone is not written to from outside; the other side may be."""
    told = in_caucus()
    _ = told.script >> ADD >> write(PLAINTIFF) << Reason.MESSAGE_INTO_CAUCUS
    _ = (
        told.script
        >> write(DEFENDANT)
        << MessageSent("main-defendant-1", TECHNICIAN, DEFENDANT, "请检查麦克风", "main")
    )
