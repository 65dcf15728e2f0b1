"""What one change costs conduct before anything is sent: plans and the views of everybody who is there."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from server.courtroom.plans import plans
from server.courtroom.settings import CourtroomSettings
from server.hearing.ids import HearingId
from server.hearing.view import view
from tests.hearing.mediations import a_mediation
from tests.hearing.samples import HEARINGS

if TYPE_CHECKING:
    from server.hearing.state import Hearing

ROUNDS = 60
GOAL_S = 0.02


async def run() -> list[dict[str, Any]]:
    """Seconds of CPU a change, median: a busy hearing of a full bench, and a mediation."""
    return [_row("a busy hearing", HEARINGS["heated"]().state), _row("a mediation", a_mediation().state)]


def _row(name: str, state: Hearing) -> dict[str, Any]:
    took = []
    settings = CourtroomSettings()
    for _ in range(ROUNDS):
        begun = time.process_time()
        plans(HearingId("h-1"), state, {}, settings)
        for seat in state.seats:
            view(state, seat)
        took.append(time.process_time() - begun)
    value = statistics.median(took)
    return {
        "name": f"one change in {name}, {len(state.seats)} seats: plans and all views, CPU",
        "value": value,
        "unit": "s",
        "compared_with": f"goal {GOAL_S} s",
        "ratio": value / GOAL_S,
    }
