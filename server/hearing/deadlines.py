"""Derived rule: the next instant at which something is due. Pure; the shell arms one timer with it and sends Tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import decide_absence, unattended

if TYPE_CHECKING:
    from server.hearing.ids import Instant
    from server.hearing.state import Hearing


def next_deadline(state: Hearing) -> Instant | None:
    """When the floor is taken back, a step about an absence proposed, or a court without a judge recessed; None for none."""
    due = (state.floor.ends, decide_absence.next_due(state), unattended.next_due(state))
    return min((at for at in due if at is not None), default=None)
