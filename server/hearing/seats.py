"""Seats 席位: roles, sides and the table of rights. Pure data; never looks at what is happening now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.ids import PersonId, SeatId


class Role(StrEnum):
    """Role in the proceedings 诉讼角色. PRESIDING is the presiding judge or the sole judge 独任审判员.

    POLICE is the judicial police 法警; TECHNICIAN the court's technical support 技术保障.
    """

    PRESIDING = "presiding"
    JUDGE = "judge"
    ASSESSOR = "assessor"
    CLERK = "clerk"
    PLAINTIFF = "plaintiff"
    DEFENDANT = "defendant"
    THIRD_PARTY = "third_party"
    AGENT = "agent"
    WITNESS = "witness"
    EXPERT = "expert"
    INTERPRETER = "interpreter"
    MEDIATOR = "mediator"
    ENFORCEMENT_OFFICER = "enforcement_officer"
    POLICE = "police"
    TECHNICIAN = "technician"
    OBSERVER = "observer"


class Side(StrEnum):
    """Where the seat stands in the room: an agent stands with the party it represents."""

    BENCH = "bench"
    PLAINTIFF = "plaintiff"
    DEFENDANT = "defendant"
    THIRD = "third"
    COURT = "court"
    NONE = "none"


class Authority(StrEnum):
    """Kind of an agent's authority 代理权限, as the power of attorney states it (CPL 62)."""

    UNSTATED = ""  # 未载明
    GENERAL = "general"  # 一般授权
    SPECIAL = "special"  # 特别授权: also to admit, waive or change claims, settle, counterclaim or appeal


class Right(StrEnum):
    """What a role may do at all; whether it may do it now is for `audience` and `decide` to say."""

    SPEAK = "speak"  # be heard while it has the floor
    SPEAK_FREELY = "speak_freely"  # be heard without the floor: bench and clerk
    SHOW = "show"  # be seen
    ASSIST = "assist"  # do what the presiding seat has delegated
    ENTER = "enter"  # come into the courtroom on arrival, without being admitted
    OVERSEE = "oversee"  # know devices, consents and what is missing
    DELIBERATE = "deliberate"  # be in the room of the bench's secret deliberation
    HELP = "help"  # answer whoever asks the court's helpers
    CAUCUS = "caucus"  # be with one side alone in a mediation (OMR 16)
    CONSENT = "consent"  # answer whether this stage may be held online (OLR 4)


_TALKER = frozenset({Right.SPEAK, Right.SHOW})
_JUDGE = _TALKER | {Right.SPEAK_FREELY, Right.OVERSEE, Right.DELIBERATE}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.PRESIDING: _JUDGE | {Right.ENTER, Right.HELP},
    Role.JUDGE: _JUDGE,
    Role.ASSESSOR: _JUDGE,
    Role.CLERK: _TALKER | {Right.SPEAK_FREELY, Right.OVERSEE, Right.ASSIST, Right.ENTER, Right.HELP},
    Role.PLAINTIFF: _TALKER | {Right.CONSENT},
    Role.DEFENDANT: _TALKER | {Right.CONSENT},
    Role.THIRD_PARTY: _TALKER | {Right.CONSENT},
    Role.AGENT: _TALKER | {Right.CONSENT},
    Role.WITNESS: _TALKER,
    Role.EXPERT: _TALKER,
    Role.INTERPRETER: _TALKER,
    Role.MEDIATOR: _TALKER | {Right.SPEAK_FREELY, Right.OVERSEE, Right.ENTER, Right.HELP, Right.CAUCUS},
    Role.ENFORCEMENT_OFFICER: _TALKER | {Right.SPEAK_FREELY, Right.OVERSEE, Right.ENTER, Right.HELP},
    Role.POLICE: _TALKER,
    Role.TECHNICIAN: frozenset({Right.HELP}),
    Role.OBSERVER: frozenset(),
}
"""Whoever conducts the hearing is named by its procedure: `state.conducts`."""

PARTIES: frozenset[Role] = frozenset({Role.PLAINTIFF, Role.DEFENDANT, Role.THIRD_PARTY})
"""当事人: whose consent to the online stage is required before they are let in (OLR 4)."""

ISOLATED: frozenset[Role] = frozenset({Role.WITNESS, Role.EXPERT})
"""Who must not follow the hearing before being called: witnesses, and experts likewise (OLR 26)."""

SIDES: Mapping[Role, Side] = {
    Role.PRESIDING: Side.BENCH,
    Role.JUDGE: Side.BENCH,
    Role.ASSESSOR: Side.BENCH,
    Role.CLERK: Side.COURT,
    Role.PLAINTIFF: Side.PLAINTIFF,
    Role.DEFENDANT: Side.DEFENDANT,
    Role.THIRD_PARTY: Side.THIRD,
    Role.AGENT: Side.NONE,
    Role.WITNESS: Side.COURT,
    Role.EXPERT: Side.COURT,
    Role.INTERPRETER: Side.COURT,
    Role.MEDIATOR: Side.BENCH,
    Role.ENFORCEMENT_OFFICER: Side.BENCH,
    Role.POLICE: Side.COURT,
    Role.TECHNICIAN: Side.COURT,
    Role.OBSERVER: Side.NONE,
}


@dataclass(frozen=True, slots=True)
class Seat:
    """One position in the hearing: who was put there and for whom; never changes while the hearing lives.

    authority: of an agent, else UNSTATED.
    """

    id: SeatId
    role: Role
    side: Side
    person: PersonId
    name: str
    represents: SeatId | None = None
    authority: Authority = Authority.UNSTATED

    def may(self, right: Right) -> bool:
        """Whether the role of this seat carries the right."""
        return right in RIGHTS[self.role]


def side_of(role: Role, represented: Role | None = None) -> Side:
    """Side of a seat: its role's own, or for an agent that of the party represented."""
    return SIDES[represented] if role is Role.AGENT and represented is not None else SIDES[role]
