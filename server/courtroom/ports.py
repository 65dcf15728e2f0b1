"""What conduct needs from the house: the log, the instruments, the clock. Protocols and plain values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from media.figures import PeerFigures
    from media.health import PeerHealth, Sample
    from media.ids import PeerId
    from media.plan import RoutePlan, SlotUse
    from media.taps import Tap, Tee
    from server.courtroom.line_log import LineStep
    from server.hearing.commands import ReportSegment, TapeState
    from server.hearing.events import Event
    from server.hearing.ids import HearingId, Instant, SeatId


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One entry to append. body: JSON-ready. at_ms: Unix milliseconds."""

    at_ms: int
    actor_seat: str | None
    actor_connection: str | None
    kind: str
    version: int
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the log; seq counts from 1 in its stream; hashes are lower-case hex SHA-256."""

    stream: str
    seq: int
    at_ms: int
    actor_seat: str | None
    actor_connection: str | None
    kind: str
    version: int
    body: Mapping[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of walking a stream's chain."""

    ok: bool
    entries: int
    head: str
    first_bad_seq: int | None = None
    reason: str = ""


class SeqConflict(Exception):  # noqa: N818  the name says what happened
    """Another writer moved the stream on; nothing was written."""


class Unavailable(Exception):  # noqa: N818  the architecture's word for infrastructure failing
    """A part of the house can't serve now. reason: stable id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EventLog(Protocol):
    """The truth. Append-only, hash-chained, one chain a stream."""

    async def append(self, stream: str, expected_seq: int, entries: Sequence[NewEntry]) -> int:
        """All or nothing; durable on return. Returns the new last seq. Raises SeqConflict, Unavailable."""
        ...

    async def append_all(self, parts: Mapping[str, tuple[int, Sequence[NewEntry]]]) -> Mapping[str, int]:
        """Append to several streams, (expected_seq, entries) each: all of it or nothing. Returns their new last seqs."""
        ...

    async def read(self, stream: str, after_seq: int = 0) -> list[Entry]:
        """The entries after after_seq, in order."""
        ...

    async def verify(self, stream: str) -> Verdict:
        """Walk the chain and name the first bad entry."""
        ...


class Clock(Protocol):
    """Wall time, UTC."""

    def now_ms(self) -> Instant:
        """Unix milliseconds."""
        ...


class MediaRoutes(Protocol):
    """The part of the media plane that conduct uses (media.plane.MediaPlane, media.fleet.Fleet)."""

    def answer(self, peer: PeerId, offer_sdp: str, group: str) -> str:
        """SDP answer for a new transport of this peer, whom no plan but the group's will name."""
        ...

    def disconnect(self, peer: PeerId) -> None:
        """End the peer's transport."""
        ...

    def apply(self, group: str, plan: RoutePlan) -> Mapping[PeerId, tuple[SlotUse, ...]]:
        """Replace a group's plan; in force before it returns."""
        ...

    def drop_group(self, group: str) -> None:
        """Forget a group."""
        ...

    def add_tap(self, peer: PeerId, tap: Tap | Tee) -> None:
        """Make a machine ear a receiver; a Tee stands for one in another process."""
        ...

    def remove_tap(self, peer: PeerId) -> None:
        """Take a machine ear away."""
        ...

    def health(self, peer: PeerId) -> PeerHealth:
        """The peer's line over the last ten seconds, or as it last was; all unknown for a stranger."""
        ...

    def history(self, peer: PeerId) -> tuple[Sample, ...]:
        """The peer's last ten minutes at steps of five seconds, oldest first; also of one that is gone."""
        ...

    def figures(self, peer: PeerId) -> PeerFigures | None:
        """The peer's streams and lines as counted so far; None for one that has no transport."""
        ...


@dataclass(frozen=True, slots=True)
class TapePlan:
    """What the tape must keep now. labels: peer -> seat; a peer not named is never taped."""

    rolling: bool
    ground: str | None
    labels: Mapping[PeerId, str]


@dataclass(frozen=True, slots=True)
class WordsPlan:
    """Whom the recogniser may listen to now. labels: peer -> seat; a peer not named is never listened to."""

    labels: Mapping[PeerId, str]
    language: str


@dataclass(frozen=True, slots=True)
class TapeFact:
    """The recorder's word. state is None when only safe_until_ms (proven on disk, Unix ms) moved on.

    verified_until_ms: up to when it was read back and is whole. warnings: ids of what is not as it should be though
    everything is kept ("second_place", "second_missing", "clock"). hours_left: how long the room lasts. segment: a file
    was closed, and nothing else is said.
    """

    state: TapeState | None
    reason: str = ""
    safe_until_ms: int | None = None
    verified_until_ms: int | None = None
    warnings: tuple[str, ...] = ()
    hours_left: float | None = None
    segment: ReportSegment | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance of a seat as recognised so far. Times are Unix milliseconds. room: where it was said."""

    utterance: str
    seat: SeatId
    t0_ms: int
    t1_ms: int
    settled: str
    pending: str
    final: bool
    room: str = MAIN


class TapeRecorder(Protocol):
    """The tape of one hearing."""

    @property
    def feed(self) -> Tap | Tee:
        """What the wire is given as the tape's ear."""
        ...

    async def start(self) -> None:
        """Prove bytes on disk. Raises Unavailable."""
        ...

    def follow(self, plan: TapePlan) -> None:
        """What must be taped from now on."""
        ...

    async def seal(self) -> None:
        """The hearing is over: drain, sync, seal. Raises Unavailable."""
        ...

    async def stop(self) -> None:
        """The process ends, the hearing does not: drain and sync."""
        ...


class Ear(Protocol):
    """The recogniser's ear in one hearing."""

    @property
    def feed(self) -> Tap | Tee:
        """What the wire is given as this ear."""
        ...

    def follow(self, plan: WordsPlan) -> None:
        """Whom it may listen to from now on."""
        ...


class Instruments(Protocol):
    """Makes the instruments of one hearing, or of one of its caucuses, named as `plans.room_tape` does.

    Callbacks are called on the loop's thread.
    """

    def recorder(self, hearing: HearingId, post: Callable[[TapeFact], None], seats: int = 0) -> TapeRecorder:
        """The hearing's tape. seats: how many people room is kept for before it starts; 0: no forecast."""
        ...

    def ear(self, hearing: HearingId, post: Callable[[Spoken], None]) -> Ear:
        """The hearing's recogniser ear."""
        ...

    def release(self, hearing: HearingId) -> None:
        """The hearing is over; its ear may be forgotten."""
        ...


class LineBook(Protocol):
    """Keeps the series of line figures of each hearing beside its record; what it can't keep is lost and harms nothing."""

    def note(self, hearing: HearingId, step: LineStep) -> None:
        """Have a step kept. Never waits, never raises."""
        ...

    async def newest(self, hearing: HearingId) -> list[LineStep]:
        """The last ten minutes that are kept, oldest first. Never raises; nothing where they can't be read."""
        ...

    async def whole(self, hearing: HearingId) -> list[LineStep]:
        """Everything that is kept, oldest first; same."""
        ...


class Codec(Protocol):
    """Event <-> log entry."""

    def to_entry(
        self, event: Event, at_ms: int, actor_seat: str | None, actor_connection: str | None
    ) -> NewEntry:
        """Canonical form of an event."""
        ...

    def to_event(self, entry: Entry) -> Event:
        """The event of an entry, upcast to its newest version."""
        ...
