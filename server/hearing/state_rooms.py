"""What rooms and mediation keep. Pure data; changed by `evolve_rooms` only.

`Rooms.caucus` holds what belongs to the caucus with each side; it alone is changed by that caucus's own stream of events,
and by no other event, so that streams can be read one after the other in any order and the state comes out the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.ids import Instant, SeatId

MAIN = "main"


@dataclass(frozen=True, slots=True)
class Proposal:
    """调解方案. to: "both" or a side. answers: by party. shared: shown to both, as another proposal."""

    proposal: str
    by: SeatId
    to: str
    text: str
    at: Instant
    answers: Mapping[SeatId, bool] = field(default_factory=dict)
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the agreement, or an undisputed fact. text "": struck. by: who answered for each party."""

    clause: str
    version: int
    text: str
    answers: Mapping[SeatId, bool] = field(default_factory=dict)
    by: Mapping[SeatId, SeatId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caucus:
    """What belongs to the caucus with one side.

    agreed: in which sitting the seat agreed to be recorded. recorded: the sittings of which anything was.
    """

    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    agreed: Mapping[SeatId, int] = field(default_factory=dict)
    recorded: frozenset[int] = frozenset()


NO_CAUCUS = Caucus()


@dataclass(frozen=True, slots=True)
class Rooms:
    """Of the hearing.

    sittings: how many caucuses began, by room. since: when those that are on began. screened: pairs that never meet,
    each in order. disclosed: what each mediator had to disclose. ending: "" or an id of `mediation.ENDINGS`.
    """

    sittings: Mapping[str, int] = field(default_factory=dict)
    since: Mapping[str, Instant] = field(default_factory=dict)
    screened: frozenset[tuple[SeatId, SeatId]] = frozenset()
    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    facts: Mapping[str, Clause] = field(default_factory=dict)
    disclosed: Mapping[SeatId, str] = field(default_factory=dict)
    accepted: Mapping[SeatId, bool] = field(default_factory=dict)
    ending: str = ""
    caucus: Mapping[str, Caucus] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeatRooms:
    """Of one seat; survives a lost connection. agreed: to the tape of the main room, where it needs consent."""

    room: str = MAIN
    agreed: bool = False
