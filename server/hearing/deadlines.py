"""Derived rule: the next instant at which something is due. Pure; the shell arms one timer with it and sends Tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import Instant
    from server.hearing.state import Hearing


def next_deadline(state: Hearing) -> Instant | None:
    """When the granted floor runs out, or None."""
    return state.floor.until
