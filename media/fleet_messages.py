"""What the server and a media worker say to each other, and its form on their socket: length u32, then a pickle.

Pickle is right on this socket: both ends are one build of one program, and it is a private pair that the parent made and
the child inherited, so nothing from outside is ever a message. A reader still takes no class but those named here: a
worker that a packet has broken must not be able to make the server run anything. What can't be read is our own bug.
"""

from __future__ import annotations

import io
import pickle
import struct
from dataclasses import dataclass, field, fields, is_dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from media import facts, figures, health, ids, plan, settings, taps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from media.facts import MediaFact
    from media.figures import PeerFigures
    from media.health import PeerHealth, Sample
    from media.ids import PeerId
    from media.settings import MediaSettings

_LENGTH = struct.Struct("!I")
_STREAM = attrgetter(*(one.name for one in fields(figures.StreamFigures)))
_LINE = attrgetter(*(one.name for one in fields(figures.LineFigures)))

Flat = tuple[tuple[tuple[Any, ...], ...], tuple[tuple[Any, ...], ...]]
"""PeerFigures as tuples of their fields: there are dozens a peer, and a pickled dataclass costs ten times as much."""

CALLS = frozenset(
    {"add_tap", "answer", "apply", "disconnect", "drop_group", "remove_tap", "slot_use"},
)
"""What a worker may be asked: methods of media.plane.MediaPlane."""

SDP, FULL, FAULT = "sdp", "full", "fault"
"""Why an Ask was declined: media.sdp.SdpError, media.facts.TooManyPeers, or a bug of ours in the worker."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One shared ring (media.tee.TeeRing) whose descriptors the worker has inherited."""

    kind: str
    capacity: int
    memory_fd: int
    wake_fd: int


@dataclass(frozen=True, slots=True)
class Begin:
    """The first message to a worker. settings: with its own port."""

    settings: MediaSettings
    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the plane. name: of CALLS."""

    name: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Calls to be made one after the other; answered by one Told or Declined of the same number."""

    number: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker's port is open."""

    port: int
    engine: str


@dataclass(frozen=True, slots=True)
class NotReady:
    """The worker can't serve, and ends. code: errno, 0 where there is none."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the calls returned, in their order."""

    number: int
    results: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """One of the calls raised; those after it were not made. kind: SDP, FULL or FAULT; reason: of an SdpError."""

    number: int
    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PeerReport:
    """One peer as its worker sees it. stats: as in MediaPlane.stats; fresh: samples since its report before."""

    stats: Mapping[str, int] = field(default_factory=dict)
    health: PeerHealth = field(default_factory=health.PeerHealth)
    figures: Flat | None = None
    fresh: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """A fact. last: of a peer that is lost, how it was."""

    fact: MediaFact
    last: PeerReport | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A worker's figures now: some of the peers that have a transport, totals since its start, datagrams dropped.

    fills: how full each ring was at the worst since its report before, 0 to 1.
    """

    peers: Mapping[PeerId, PeerReport]
    totals: Mapping[str, int]
    dropped: Mapping[str, int]
    fills: Mapping[str, float] = field(default_factory=dict)


Message = Begin | Ask | Ready | NotReady | Told | Declined | Noted | Report

_OURS: Mapping[tuple[str, str], type[Any]] = {
    (cls.__module__, cls.__qualname__): cls
    for cls in (
        Ring, Begin, Call, Ask, Ready, NotReady, Told, Declined, PeerReport, Noted, Report,
        facts.PeerConnected, facts.PeerLost, facts.TrackStarted, facts.SpeakersChanged, facts.CandidatesChanged,
        health.PeerHealth, health.Sample, ids.Kind, ids.TrackId,
        plan.RoutePlan, plan.Subscription, plan.SlotUse, settings.MediaSettings, taps.Tee,
    )
}  # fmt: skip


def _by_fields(cls: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    names = [one.name for one in fields(cls)]
    if len(names) == 1:  # then attrgetter gives no tuple
        return lambda one: (cls, (getattr(one, names[0]),))
    values = attrgetter(*names)
    return lambda one: (cls, values(one))


_CALLS_OF_CLASSES = {cls: _by_fields(cls) for cls in _OURS.values() if is_dataclass(cls)}
"""How our classes are written, as calls with their fields: half the time of what a frozen dataclass does by itself."""


class MessageError(ValueError):
    """Not one of our messages, or a longer one than the settings allow."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Give one of our classes and nothing else."""
        found = _OURS.get((module, name))
        if found is None:
            raise MessageError(f"{module}.{name} is no part of a message")
        return found


def flat(found: PeerFigures | None) -> Flat | None:
    """Take figures apart for a message."""
    return None if found is None else (tuple(map(_STREAM, found.streams)), tuple(map(_LINE, found.lines)))


def whole(found: Flat | None) -> PeerFigures | None:
    """Give the figures of a message."""
    if found is None:
        return None
    return figures.PeerFigures(
        tuple(figures.StreamFigures(*one) for one in found[0]),
        tuple(figures.LineFigures(*one) for one in found[1]),
    )


def pack(message: Message) -> bytes:
    """Write a message as it goes on the socket."""
    out = io.BytesIO(bytes(_LENGTH.size))
    out.seek(_LENGTH.size)
    writer = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    writer.dispatch_table = _CALLS_OF_CLASSES
    writer.dump(message)
    data = out.getbuffer()
    _LENGTH.pack_into(data, 0, len(data) - _LENGTH.size)
    return bytes(data)


class Splitter:
    """Takes the stream of one socket apart. bytes_max: of one message."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Give the messages that are whole now; what a caller leaves over comes with the next call. MessageError."""
        self._held += data
        while len(self._held) >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(self._held)
            if size > self._bytes_max:
                raise MessageError(f"a message of {size} bytes")
            if len(self._held) < _LENGTH.size + size:
                return
            body = bytes(self._held[_LENGTH.size : _LENGTH.size + size])
            del self._held[: _LENGTH.size + size]
            yield _read(body)


def _read(body: bytes) -> Message:
    try:
        message = _Reader(io.BytesIO(body)).load()
    except MessageError:
        raise
    except Exception as error:  # pickle raises whatever the bytes make it
        raise MessageError("unreadable") from error
    if not isinstance(message, Message):
        raise MessageError("no message")
    return message
