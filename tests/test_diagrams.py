"""docs/machines.md says what the law's tables say now."""

from __future__ import annotations

import pytest

from server.hearing.presence import Presence
from server.hearing.procedure import PROCEDURES
from server.hearing.seats import Role
from server.hearing.session import ALLOWED, SessionState
from tools import diagrams

pytestmark = pytest.mark.pure

COMMAND = ".venv/bin/python tools/diagrams.py"


def test_the_committed_file_is_not_stale() -> None:
    assert diagrams.TARGET.read_text(encoding="utf-8") == diagrams.render(), f"run {COMMAND}"


def test_every_state_stage_and_role_has_its_row() -> None:
    """A table that lost rows would be "up to date" too."""
    text = diagrams.render()
    first_cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    named = [cell.split("`")[1] for cell in first_cells if cell.startswith("`")]
    for wanted in (*SessionState, *Presence, *Role):
        assert wanted in named
    commands = diagrams.commands().splitlines()
    assert len([line for line in commands if line.startswith("| ")]) == len(ALLOWED) + 2
    for procedure in PROCEDURES.values():
        assert all(f"`{stage.key}`" in diagrams.procedures() for stage in procedure.stages)


@pytest.mark.parametrize(
    ("part", "row"),
    [
        (
            diagrams.session,
            (
                "| `recessed` 休庭 | · | · | · | `in_session` | `closed` | `adjourned` | `moved_offline` "
                "| `court_in_recess` |"
            ),
        ),
        (diagrams.commands, "| `close` | · | · | ✓ | · | · | · | · | presiding |"),
        (
            diagrams.floor,
            "| `open` 互相辩论 | `granted` | `open` | `closed` | `open` | `open` | `closed` |",
        ),
    ],
)
def test_a_row_as_the_law_has_it(part, row: str) -> None:
    """Written by hand, so that a renderer that swaps columns is found."""
    assert row in part().splitlines()
