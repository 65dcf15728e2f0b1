"""Machine: which stage of the procedure? Reads the tables of `procedures/*.toml`; knows no seat's state and no clock.

Stages of the civil procedure: Civil Procedure Law (2023) arts. 137-151 (ordinary) and 160-170 (summary). Those of
check-in come before the court opens (CPL 140, first paragraph). `closed` is reached only by closing the court.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from server.hearing.procedure_tables import ALWAYS_PUBLIC, BY_CASE, NEVER_PUBLIC, WHOLE_COURSE, load
from server.hearing.procedure_tables import CHECK_IN as CHECK_IN  # noqa: PLC0414 - the first stage of every procedure
from server.hearing.procedure_tables import CLOSED as CLOSED  # noqa: PLC0414 - the last one
from server.hearing.refusals import Reason, Refused
from server.hearing.session import SessionState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.procedure_tables import ConsentStep, Point, Procedure, Stage
    from server.hearing.seats import Role

DISCIPLINE = "discipline"
OPENING = "opening"
DELIBERATION = "deliberation"
MEDIATION_KIND = "mediation"

PROCEDURES: Mapping[str, Procedure] = MappingProxyType(load())
"""Every procedure by its key; a file that is wrong stops the program here, with its name and the key at fault."""


def stages_of(procedure: str) -> tuple[Stage, ...]:
    """Give the stages in order; none of an unknown procedure."""
    known = PROCEDURES.get(procedure)
    return known.stages if known else ()


def kind_of(procedure: str) -> str:
    """Give the kind of sitting, e.g. "hearing" or "mediation"; "" of an unknown procedure."""
    known = PROCEDURES.get(procedure)
    return known.kind if known else ""


def recording_of(procedure: str) -> str:
    """Give "whole_course", "by_consent" or "none"; of an unknown procedure the strictest, "whole_course" (AVR 1)."""
    known = PROCEDURES.get(procedure)
    return known.recording if known else WHOLE_COURSE


def is_public(procedure: str, *, scheduled: bool) -> bool:
    """Whether the public may come: as scheduled, but to every judgment and to no mediation (CPL 137, 151; CPLI 146)."""
    known = PROCEDURES.get(procedure)
    if known is None or known.public == NEVER_PUBLIC:
        return False
    return scheduled or known.public == ALWAYS_PUBLIC


def public_of(procedure: str, stage: str) -> str:
    """Give what a stage says of the public: "always" (CPL 151), "never" (CPLI 146), or "by_case" for nothing of its own.

    Of a sitting that is public throughout, the judgment's own, every stage is.
    """
    known = PROCEDURES.get(procedure)
    if known is not None and known.public == ALWAYS_PUBLIC:
        return ALWAYS_PUBLIC
    return next((s.public for s in stages_of(procedure) if s.key == stage), BY_CASE)


def presiding_roles(procedure: str) -> tuple[Role, ...]:
    """Roles that may preside: the first that has a seat does. Nobody presides over an unknown procedure."""
    known = PROCEDURES.get(procedure)
    return known.presides if known else ()


def consent_steps(procedure: str) -> tuple[ConsentStep, ...]:
    """Give the steps that need the parties' consent to be held online, each for itself (OLR 4)."""
    known = PROCEDURES.get(procedure)
    return known.consent_steps if known else ()


def gate_of(procedure: str) -> str:
    """Give the consent step of check-in: who has not agreed to it is not let in; "" of an unknown procedure."""
    known = PROCEDURES.get(procedure)
    return known.gate if known else ""


def opening_of(procedure: str) -> Stage | None:
    """Give the stage that the opening of the court enters: the first of those in session."""
    return next((s for s in stages_of(procedure) if s.session is SessionState.IN_SESSION), None)


def points_of(procedure: str, stage: str) -> tuple[Point, ...]:
    """Give what the stage records; () for no such stage."""
    return next((s.points for s in stages_of(procedure) if s.key == stage), ())


def required_of(procedure: str, stage: str) -> tuple[str, ...]:
    """Give the items that the stage must have recorded before the procedure goes on."""
    return tuple(point.item for point in points_of(procedure, stage) if point.required)


def is_ahead(procedure: str, now: str, target: str) -> bool:
    """Whether the target comes after the stage `now` in the order of the procedure; False where either is unknown."""
    keys = [stage.key for stage in stages_of(procedure)]
    return now in keys and target in keys and keys.index(now) < keys.index(target)


def stage_of(procedure: str, key: str) -> Stage:
    """Give the row of a stage. Raises Refused(stage_unknown) when the procedure has none of that name."""
    for stage in stages_of(procedure):
        if stage.key == key:
            return stage
    raise Refused(Reason.STAGE_UNKNOWN)


def is_free(procedure: str, now: str, target: str) -> bool:
    """Whether the target follows the stage `now` without a reason being given. Raises Refused(stage_unknown)."""
    return target in stage_of(procedure, now).free


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
    if not is_free(procedure, now, target) and not reason.strip():
        raise Refused(Reason.STAGE_NEEDS_REASON)


def progress(procedure: str, now: str) -> tuple[tuple[str, str], ...]:
    """Each stage as (key, "done" | "now" | "ahead"), in order; all "ahead" before check-in began."""
    keys = [stage.key for stage in stages_of(procedure)]
    at = keys.index(now) if now in keys else -1
    return tuple((key, "done" if i < at else "now" if i == at else "ahead") for i, key in enumerate(keys))
