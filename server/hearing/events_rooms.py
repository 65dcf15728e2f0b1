"""Events of rooms and mediation: what came to pass, in the past tense. Pure values; rules as in `events`.

An event with a field `room` that names a caucus is written to that caucus's own stream (`streams.stream_of`), all others
to the hearing's. So what is said between the mediator and one side is in no log that the other side can ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# needed at run time: the codec resolves field types from this module's names
from server.hearing.ids import SeatId  # noqa: TC001


@dataclass(frozen=True, slots=True)
class SeatsMoved:
    """These seats are in this room now."""

    KIND: ClassVar[str] = "seats_moved"
    VERSION: ClassVar[int] = 1
    seats: tuple[SeatId, ...]
    to: str


@dataclass(frozen=True, slots=True)
class CaucusBegan:
    """A caucus with a side began (OMR 16): `place` says with which, `sitting` the how-manieth with it."""

    KIND: ClassVar[str] = "caucus_began"
    VERSION: ClassVar[int] = 1
    place: str
    sitting: int


@dataclass(frozen=True, slots=True)
class CaucusEnded:
    """The last one left it."""

    KIND: ClassVar[str] = "caucus_ended"
    VERSION: ClassVar[int] = 1
    place: str
    sitting: int


@dataclass(frozen=True, slots=True)
class SeatsScreened:
    """隔离: the two do not see, hear or meet one another from now on."""

    KIND: ClassVar[str] = "seats_screened"
    VERSION: ClassVar[int] = 1
    one: SeatId
    other: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class ScreeningLifted:
    """The two may meet again."""

    KIND: ClassVar[str] = "screening_lifted"
    VERSION: ClassVar[int] = 1
    one: SeatId
    other: SeatId
    reason: str


# --- of one room: in its own stream when it is a caucus ---


@dataclass(frozen=True, slots=True)
class RecordingAnswered:
    """The seat agrees, or no longer, to the tape and transcript of the room it is in (AVR 3, OMR 22)."""

    KIND: ClassVar[str] = "recording_answered"
    VERSION: ClassVar[int] = 1
    room: str
    sitting: int
    seat: SeatId
    agrees: bool


@dataclass(frozen=True, slots=True)
class RecordingSwitched:
    """All in the room have agreed to tape and transcript, or no longer all; follows from who is in it and who agreed."""

    KIND: ClassVar[str] = "recording_switched"
    VERSION: ClassVar[int] = 1
    room: str
    sitting: int
    on: bool


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """A caucus is over. recorded: whether anything of it was taped or transcribed; False: nothing was."""

    KIND: ClassVar[str] = "room_closed"
    VERSION: ClassVar[int] = 1
    room: str
    sitting: int
    recorded: bool


@dataclass(frozen=True, slots=True)
class ProposalMade:
    """调解方案. to: "both" in the joint room; a side in the caucus with it."""

    KIND: ClassVar[str] = "proposal_made"
    VERSION: ClassVar[int] = 1
    room: str
    proposal: str
    by: SeatId
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class ProposalShared:
    """A proposal of a caucus was shown to both; what both see of it is a proposal of its own in the joint room."""

    KIND: ClassVar[str] = "proposal_shared"
    VERSION: ClassVar[int] = 1
    room: str
    proposal: str


@dataclass(frozen=True, slots=True)
class ProposalAnswered:
    """A party's answer to a proposal; seat: the party, also where its agent spoke for it."""

    KIND: ClassVar[str] = "proposal_answered"
    VERSION: ClassVar[int] = 1
    room: str
    proposal: str
    seat: SeatId
    accepts: bool


# --- of the mediation as a whole ---


@dataclass(frozen=True, slots=True)
class ClauseDrafted:
    """A clause of the agreement as it now stands; text "": struck. Answers to older versions are void."""

    KIND: ClassVar[str] = "clause_drafted"
    VERSION: ClassVar[int] = 1
    clause: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class ClauseAnswered:
    """A party's answer to a clause of this version. by: who gave it, the party itself or its agent."""

    KIND: ClassVar[str] = "clause_answered"
    VERSION: ClassVar[int] = 2
    clause: str
    version: int
    seat: SeatId
    agrees: bool
    by: SeatId


@dataclass(frozen=True, slots=True)
class UndisputedNoted:
    """无争议事实 put in writing, to be confirmed (OMR 18, 22)."""

    KIND: ClassVar[str] = "undisputed_noted"
    VERSION: ClassVar[int] = 1
    fact: str
    by: SeatId
    text: str


@dataclass(frozen=True, slots=True)
class UndisputedAnswered:
    """A party's answer to an undisputed fact."""

    KIND: ClassVar[str] = "undisputed_answered"
    VERSION: ClassVar[int] = 1
    fact: str
    seat: SeatId
    agrees: bool


@dataclass(frozen=True, slots=True)
class MediatorDisclosed:
    """披露 (OMR 13); text "": nothing to disclose. The parties' earlier answers to the mediator are void."""

    KIND: ClassVar[str] = "mediator_disclosed"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    text: str


@dataclass(frozen=True, slots=True)
class MediatorAnswered:
    """Whether the party goes on with the mediator after what was disclosed (OMR 13)."""

    KIND: ClassVar[str] = "mediator_answered"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    agrees: bool


@dataclass(frozen=True, slots=True)
class MediationEnded:
    """调解终结, by one of the eight endings of OMR 25."""

    KIND: ClassVar[str] = "mediation_ended"
    VERSION: ClassVar[int] = 1
    ending: str
    note: str


RoomsEvent = (
    SeatsMoved
    | CaucusBegan
    | CaucusEnded
    | SeatsScreened
    | ScreeningLifted
    | RecordingAnswered
    | RecordingSwitched
    | RoomClosed
    | ProposalMade
    | ProposalShared
    | ProposalAnswered
    | ClauseDrafted
    | ClauseAnswered
    | UndisputedNoted
    | UndisputedAnswered
    | MediatorDisclosed
    | MediatorAnswered
    | MediationEnded
)
