"""Decision shared by the close of a hearing and the ending of a mediation: what the last step must not skip. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import events as e
from server.hearing.conditions import reason_for, unmet
from server.hearing.procedure import CLOSED, is_free, stage_of
from server.hearing.refusals import Reason, Refused

if TYPE_CHECKING:
    from server.hearing.state import Hearing


def closing(state: Hearing, reason: str) -> tuple[e.Event, ...]:
    """Close the court. Raises Refused where a stage or a necessary point is skipped and no reason given (OLR 22)."""
    if not is_free(state.procedure, state.stage, CLOSED) and not reason:
        raise Refused(Reason.STAGE_NEEDS_REASON)
    lacking = unmet(state, stage_of(state.procedure, CLOSED))
    if lacking and not reason:
        raise Refused(reason_for(lacking[0]))
    return (e.CourtClosed(), e.StageEntered(CLOSED, state.stage, reason, lacking))
