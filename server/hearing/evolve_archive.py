"""Archive events fold into nothing: what becomes of a record afterwards changes no hearing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import events_archive as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing import events as e
    from server.hearing.ids import Instant
    from server.hearing.state import Hearing


def _nothing(state: Hearing, _event: ev.ArchiveEvent, _at: Instant) -> Hearing:
    return state


EVOLVERS: Mapping[type[e.Event], Callable[[Hearing, Any, Instant], Hearing]] = {
    ev.HoldSet: _nothing,
    ev.HoldLifted: _nothing,
    ev.RecordPurged: _nothing,
}
