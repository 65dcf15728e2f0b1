"""Derived rule: is anybody there who may lead the sitting court, and when does it recess of itself if nobody is? Pure.

A court does not sit without its judge. While the clerk is there, the clerk breaks off (`decide.check_right`), and is told
since when it should; with nobody there who may, the tape would run and people would wait for ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.hearing.events import CourtRecessed
from server.hearing.ids import Instant
from server.hearing.presence import Presence
from server.hearing.seats import Right
from server.hearing.session import SessionState
from server.hearing.state import conductor

if TYPE_CHECKING:
    from server.hearing.events import Event
    from server.hearing.state import Hearing

RECESS_AFTER_S = 60
"""A sitting court without whoever presides and without the clerk is recessed after so long."""

UNATTENDED = "unattended"
"""The reason of such a recess: an id, put into words by the screens."""


def presided(state: Hearing) -> bool:
    """Whether whoever presides is in the courtroom."""
    seat = conductor(state)
    return seat is not None and state.attendance[seat].presence is Presence.PRESENT


def _attended(state: Hearing) -> bool:
    """Whether whoever presides is in the courtroom, or a clerk who may break off for them."""
    return presided(state) or any(
        seat.may(Right.ASSIST) and state.attendance[seat.id].presence is Presence.PRESENT
        for seat in state.seats.values()
    )


def followed(after: Hearing, at: Instant) -> Hearing:
    """The state with the instants since which whoever presides is away, and since which nobody leads, as they now are."""
    sits = after.session is SessionState.IN_SESSION
    away = (after.presiding_away or at) if sits and not presided(after) else None
    alone = (after.unattended_since or at) if sits and not _attended(after) else None
    if (away, alone) == (after.presiding_away, after.unattended_since):
        return after
    return replace(after, presiding_away=away, unattended_since=alone)


def next_due(state: Hearing) -> Instant | None:
    """When the court is recessed for want of anybody who leads it, or None."""
    since = state.unattended_since
    return None if since is None else Instant(since + RECESS_AFTER_S * 1000)


def due(state: Hearing, now: Instant) -> tuple[Event, ...]:
    """The recess, if it is due by now. It waits for whoever presides: nobody else resumes it."""
    at = next_due(state)
    return (CourtRecessed(UNATTENDED),) if at is not None and at <= now else ()
