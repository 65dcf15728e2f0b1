"""Derived rule: the next instant at which something is due. Pure; the shell arms one timer with it and sends Tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.decide_absence import next_due

if TYPE_CHECKING:
    from server.hearing.ids import Instant
    from server.hearing.state import Hearing


def next_deadline(state: Hearing) -> Instant | None:
    """When the granted floor is taken back, or the next step about an absence is to be proposed; None for neither."""
    return min((at for at in (state.floor.ends, next_due(state)) if at is not None), default=None)
