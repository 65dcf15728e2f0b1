"""The standing cast of test hearings: the seats of the scripted hearing, with names of nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.events import SeatPlan
from server.hearing.ids import ConnectionId, PersonId, SeatId
from server.hearing.seats import Role, side_of

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESIDING = SeatId("presiding")
CLERK = SeatId("clerk")
PLAINTIFF = SeatId("plaintiff")
DEFENDANT = SeatId("defendant")
PLAINTIFF_AGENT = SeatId("plaintiff_agent")
DEFENDANT_AGENT = SeatId("defendant_agent")
WITNESS = SeatId("witness")
OBSERVER = SeatId("observer")
JUDGE = SeatId("judge")
ASSESSOR = SeatId("assessor")
MEDIATOR = SeatId("mediator")
EXPERT = SeatId("expert")
INTERPRETER = SeatId("interpreter")

NAMES: Mapping[SeatId, str] = {
    PRESIDING: "林静",
    CLERK: "周敏",
    PLAINTIFF: "陈立",
    DEFENDANT: "吴强",
    PLAINTIFF_AGENT: "何平",
    DEFENDANT_AGENT: "高洁",
    WITNESS: "孙明",
    OBSERVER: "唐宁",
    JUDGE: "郑毅",
    ASSESSOR: "黄丽",
    MEDIATOR: "罗和",
    EXPERT: "钱博",
    INTERPRETER: "罗兰",
}

ROLES: Mapping[SeatId, Role] = {
    PRESIDING: Role.PRESIDING,
    CLERK: Role.CLERK,
    PLAINTIFF: Role.PLAINTIFF,
    DEFENDANT: Role.DEFENDANT,
    PLAINTIFF_AGENT: Role.AGENT,
    DEFENDANT_AGENT: Role.AGENT,
    WITNESS: Role.WITNESS,
    OBSERVER: Role.OBSERVER,
    JUDGE: Role.JUDGE,
    ASSESSOR: Role.ASSESSOR,
    MEDIATOR: Role.MEDIATOR,
    INTERPRETER: Role.INTERPRETER,
    EXPERT: Role.EXPERT,
}

CLIENT_OF: Mapping[SeatId, SeatId] = {PLAINTIFF_AGENT: PLAINTIFF, DEFENDANT_AGENT: DEFENDANT}

CAST = (PRESIDING, CLERK, PLAINTIFF, DEFENDANT, PLAINTIFF_AGENT, DEFENDANT_AGENT, WITNESS, OBSERVER)
"""Who sits in the scripted hearing."""

UNREPRESENTED = (PRESIDING, CLERK, PLAINTIFF, DEFENDANT, WITNESS, OBSERVER)
"""The same with parties who came without agents."""

FULL_BENCH = (PRESIDING, JUDGE, ASSESSOR, *CAST[1:])
"""The same before a panel of three 合议庭."""

WITH_HELPERS = (*CAST, EXPERT, INTERPRETER)
"""With an expert and an interpreter."""

MEDIATION = (MEDIATOR, CLERK, PLAINTIFF, DEFENDANT, PLAINTIFF_AGENT, DEFENDANT_AGENT, INTERPRETER)
"""Who sits in a mediation; the interpreter is the defendant's."""

PARTIES = (PLAINTIFF, DEFENDANT)


def plan(seat: SeatId) -> SeatPlan:
    """Give the seat as it stands in the schedule."""
    client = CLIENT_OF.get(seat)
    return SeatPlan(
        seat=seat,
        role=ROLES[seat].value,
        side=side_of(ROLES[seat], ROLES[client] if client else None).value,
        person=PersonId(f"person-{seat}"),
        name=NAMES[seat],
        represents=client,
    )


def connection(seat: SeatId, n: int = 1) -> ConnectionId:
    """Name the nth connection of the seat."""
    return ConnectionId(f"c{n}-{seat}")
