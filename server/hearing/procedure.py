"""Machine: which stage of the procedure? One table per kind of hearing. Pure data; knows no seat and no clock.

Stages of the civil procedure: Civil Procedure Law (2023) arts. 137-151 (ordinary) and 160-170 (summary).
The first two, check-in and discipline, come before the court opens (CPL 140, first paragraph). `closed` is reached
only by closing the court.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from server.hearing.refusals import Reason, Refused
from server.hearing.session import SessionState

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECK_IN = "check_in"
DISCIPLINE = "discipline"
OPENING = "opening"
INVESTIGATION = "investigation"
DEBATE = "debate"
FINAL_STATEMENTS = "final_statements"
MEDIATION = "mediation"
DELIBERATION = "deliberation"
JUDGMENT = "judgment"
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. session: the session state it belongs to. free: stages that follow it without a reason being given."""

    key: str
    session: SessionState
    free: frozenset[str]


def _table(*keys: str, back: tuple[tuple[str, str], ...] = ()) -> tuple[Stage, ...]:
    session = {
        CHECK_IN: SessionState.CHECKING_IN,
        DISCIPLINE: SessionState.CHECKING_IN,
        CLOSED: SessionState.CLOSED,
    }
    following = dict(pairwise(keys))
    return tuple(
        Stage(
            key=key,
            session=session.get(key, SessionState.IN_SESSION),
            free=frozenset({following[key]} if key in following else ())
            | {target for source, target in back if source == key},
        )
        for key in keys
    )


_BACK = ((DEBATE, INVESTIGATION),)  # new facts in the debate reopen the investigation

PROCEDURES: Mapping[str, tuple[Stage, ...]] = {
    "civil_ordinary": _table(
        CHECK_IN,
        DISCIPLINE,
        OPENING,
        INVESTIGATION,
        DEBATE,
        FINAL_STATEMENTS,
        MEDIATION,
        DELIBERATION,
        JUDGMENT,
        CLOSED,
        back=_BACK,
    ),
    "civil_summary": _table(
        CHECK_IN,
        DISCIPLINE,
        OPENING,
        INVESTIGATION,
        DEBATE,
        FINAL_STATEMENTS,
        MEDIATION,
        JUDGMENT,
        CLOSED,
        back=_BACK,
    ),
}


def stage_of(procedure: str, key: str) -> Stage:
    """Give the row of a stage. Raises Refused(stage_unknown) when the procedure has none of that name."""
    for stage in PROCEDURES.get(procedure, ()):
        if stage.key == key:
            return stage
    raise Refused(Reason.STAGE_UNKNOWN)


def check_move(procedure: str, session: SessionState, now: str, target: str, reason: str) -> None:
    """Raise Refused unless the presiding seat may move from stage `now` to `target` in this session state."""
    row = stage_of(procedure, target)
    if row.session is SessionState.CLOSED:
        raise Refused(Reason.STAGE_ONLY_BY_CLOSE)
    if target == now:
        raise Refused(Reason.STAGE_ALREADY)
    if row.session is not session:
        in_check_in = session is SessionState.CHECKING_IN
        raise Refused(Reason.COURT_NOT_OPEN if in_check_in else Reason.STAGE_BEFORE_OPENING)
    if target not in stage_of(procedure, now).free and not reason.strip():
        raise Refused(Reason.STAGE_NEEDS_REASON)


def progress(procedure: str, now: str) -> tuple[tuple[str, str], ...]:
    """Each stage as (key, "done" | "now" | "ahead"), in order; all "ahead" before check-in began."""
    keys = [stage.key for stage in PROCEDURES.get(procedure, ())]
    at = keys.index(now) if now in keys else -1
    return tuple((key, "done" if i < at else "now" if i == at else "ahead") for i, key in enumerate(keys))
