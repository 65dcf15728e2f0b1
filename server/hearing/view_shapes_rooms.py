"""Shapes of rooms and of a mediation, as a screen may know them. Pure values, on the wire as they are; as `view_shapes`."""

from __future__ import annotations

from dataclasses import dataclass

# needed at run time: the wire's models are made from these
from server.hearing.ids import Instant, SeatId  # noqa: TC001


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room that the viewer may know of. seats: who is in it, as far as the viewer may know.

    recorded: taped and transcribed now. agreed: who in it has agreed to that. closed: the viewer can't see inside.
    """

    key: str
    kind: str
    seats: tuple[SeatId, ...]
    since: Instant | None
    recorded: bool
    agreed: tuple[SeatId, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A party's yes or no. by: the agent that answered for it; None: the party itself."""

    seat: SeatId
    agrees: bool
    by: SeatId | None = None


@dataclass(frozen=True, slots=True)
class ProposalView:
    """调解方案. to: "both" or a side."""

    proposal: str
    by: SeatId
    to: str
    text: str
    at: Instant
    answers: tuple[AnswerView, ...]


@dataclass(frozen=True, slots=True)
class ClauseView:
    """A clause of the agreement, or an undisputed fact (version always 1)."""

    clause: str
    version: int
    text: str
    answers: tuple[AnswerView, ...]


@dataclass(frozen=True, slots=True)
class MediationView:
    """disclosure: None until the mediator has made it. ending: "" or one of the eight of OMR 25."""

    disclosure: str | None
    accepted: tuple[AnswerView, ...]
    proposals: tuple[ProposalView, ...]
    clauses: tuple[ClauseView, ...]
    undisputed: tuple[ClauseView, ...]
    ending: str
