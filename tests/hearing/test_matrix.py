"""The visibility matrix: role x kind x stage x room x floor, every channel of every cell, against a table written by hand.

Nothing here is taken from the tables of the law: roles, rooms and who may be in them are written out again, so that a
change of the law shows here as a difference, and not as a new expectation.
"""

from __future__ import annotations

import pytest

from server.hearing.channels import Channel
from tools import visibility
from tools.visibility import Cell, answers

pytestmark = pytest.mark.pure

COMMAND = ".venv/bin/python tools/visibility.py"

JUDGES = {"presiding", "judge", "assessor"}
COURT = JUDGES | {"clerk", "mediator", "enforcement_officer"}
HELPERS = {"presiding", "clerk", "mediator", "enforcement_officer", "technician"}
OWN_SIDE = {"plaintiff", "agent", "interpreter"}
READERS_AFTER = {"plaintiff", "defendant", "third_party", "agent"}
INSIDE = {"stages", "floor", "order", "exhibits", "rooms", "tape_light", "roster"}
ALWAYS = {"own", "link", "chat", "notices", "health"}
FACE_TO_FACE = {"video", "screen", "captions"}


def meets(cell: Cell) -> bool:
    """Whether the viewer may be in its room, and the room is open."""
    mediation, session = cell.procedure == "mediation", cell.session.value
    match cell.room:
        case "main":
            shut_out = cell.role == "observer" and (mediation or cell.stage == "mediation")
            return session in {"checking_in", "in_session"} and not shut_out
        case "deliberation":
            return session == "recessed" and cell.role in JUDGES
        case "consultation:plaintiff":
            open_now = session in {"checking_in", "recessed"} or (mediation and session == "in_session")
            return open_now and cell.role in OWN_SIDE
        case "caucus:plaintiff":
            return mediation and session == "in_session" and cell.role in OWN_SIDE | {"mediator"}
        case _:
            return False


def of_opponent(cell: Cell) -> set[str]:
    """What reaches the viewer of the other side's agent in the main room."""
    present = cell.room not in {"waiting", "isolated"}
    found = set()
    if present:
        found.add("roster")
        if cell.role in COURT:
            found.add("health")
    if cell.role == "technician":
        found |= {"health", "roster"}
    if cell.role in HELPERS:
        found.add("chat")
    if cell.room == "main" and meets(cell):
        found |= FACE_TO_FACE
        if cell.floor in {"granted", "open"}:
            found |= {"audio", "speaking"}
    return found


def of_companion(cell: Cell) -> set[str]:
    """What reaches the viewer of the one in the same side room: everybody there speaks without the floor."""
    found = of_opponent(cell) - FACE_TO_FACE - {"audio", "speaking"}
    if meets(cell):
        found |= FACE_TO_FACE | {"audio", "speaking"}
    return found


def at_all(cell: Cell) -> set[str]:
    """What reaches the viewer of anybody or of the hearing."""
    found = set(ALWAYS)
    if cell.role == "technician":
        found.add("roster")
    if cell.room not in {"waiting", "isolated"}:
        found |= INSIDE
        if cell.role in COURT:
            found |= {"court_check", "incidents", "sheet"}
        if cell.procedure == "mediation":
            found.add("mediation")
    if cell.room == "main" and meets(cell):
        found.add("pointer")
    if cell.role in COURT:
        found.add("line_series")
    if cell.role in COURT or (cell.role in READERS_AFTER and cell.session.value == "closed"):
        found |= {"event_list", "transcript"}
    return found


HEARD_OF_THE_HEARING = {"audio", "video", "screen", "captions", "speaking"}


def test_every_channel_of_every_cell_is_as_the_law_has_it() -> None:
    looked_at = 0
    for cell, answer in answers():
        whole, opponent, companion = ({channel.value for channel in got} for got in answer)
        assert opponent == of_opponent(cell), cell
        if cell.room not in {"waiting", "isolated", "main"}:
            assert companion == of_companion(cell), cell
        assert whole - HEARD_OF_THE_HEARING == at_all(cell), cell
        assert meets(cell) or not whole & HEARD_OF_THE_HEARING or is_bench_deliberating(cell), cell
        looked_at += 1
    assert looked_at > 10_000


def is_bench_deliberating(cell: Cell) -> bool:
    """The bench of the trial is in its room by itself in the stage of deliberation."""
    return cell.stage == "deliberation" and cell.room == "main" and cell.role in JUDGES


def test_every_channel_is_in_the_table() -> None:
    known = ALWAYS | INSIDE | HEARD_OF_THE_HEARING
    known |= {
        "pointer",
        "court_check",
        "incidents",
        "sheet",
        "mediation",
        "event_list",
        "transcript",
        "line_series",
    }
    assert {channel.value for channel in Channel} == known, "a new channel needs its row here"


def test_the_committed_table_is_not_stale() -> None:
    assert visibility.TARGET.read_text(encoding="utf-8") == visibility.render(), f"run {COMMAND}"
