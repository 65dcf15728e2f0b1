"""Facts about how connections end, as the house itself measured them (OLR 25). Keeps and reports; judges nothing.

Bounded: how the lines of LINES_MAX connections ended, until it is reported. Loss and delay are the wire's own figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.facts import OWN_FAULT
from media.health import PeerHealth
from media.ids import PeerId
from server.hearing.commands_care import MeasureAbsence
from server.hearing.ids import Instant
from server.hearing.leaving import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from server.courtroom.health import SeatSample
    from server.courtroom.ports import MediaRoutes
    from server.hearing.ids import ConnectionId, SeatId

LINES_MAX = 256
"""Lines of one hearing that are remembered."""

MINUTE_MS = 60_000

LATE_MS = 2_000
"""The house itself answered this late: its own fault."""


_UNWILLED = frozenset({"connection_lost", "page_closed"})
"""Causes that say no will: a page that is loaded again because sound and picture are gone is closed first."""


@dataclass(slots=True)
class _Line:
    """One connection. transport: "open", or how it ended; "none" before it began."""

    transport: str = "none"
    transport_at: Instant | None = None
    signalling: str = ""
    signalling_at: Instant | None = None


class Absences:
    """The lines of one hearing. kept: a seat's last ten minutes over all its connections and processes of the house."""

    def __init__(
        self, media: MediaRoutes, kept: Callable[[SeatId], Sequence[SeatSample]] = lambda _: ()
    ) -> None:
        self._media = media
        self._kept = kept
        self._lines: dict[ConnectionId, _Line] = {}
        self._failed: dict[SeatId, Instant] = {}
        self._late_at: Instant | None = None

    def _line(self, connection: ConnectionId) -> _Line:
        line = self._lines.get(connection)
        if line is None:
            while len(self._lines) >= LINES_MAX:
                del self._lines[next(iter(self._lines))]
            line = self._lines[connection] = _Line()
        return line

    # --- what happens ---

    def media_came(self, connection: ConnectionId, now: Instant) -> None:
        """The media transport is through."""
        line = self._line(connection)
        line.transport, line.transport_at = "open", now

    def media_went(self, connection: ConnectionId, cause: str, now: Instant) -> None:
        """The media transport is gone. cause: as media.facts.PeerLost."""
        line = self._line(connection)
        line.transport, line.transport_at = cause, now

    def line_ended(self, connection: ConnectionId, how: str, now: Instant) -> None:
        """The signalling is gone: "said", "cut" or "silent" (leaving.FACTS)."""
        line = self._line(connection)
        line.signalling, line.signalling_at = how, now

    def device_failed(self, seat: SeatId, now: Instant) -> None:
        """The seat reported a camera or a microphone that does not work."""
        self._failed[seat] = now

    def late(self, ms: int, now: Instant) -> None:
        """The house's own timer came this much after its time."""
        if ms >= LATE_MS:
            self._late_at = now

    # --- what is known ---

    def reached(self, connection: ConnectionId) -> bool:
        """Whether the connection has a media transport."""
        line = self._lines.get(connection)
        return line is not None and line.transport == "open"

    def media_lost(self, connection: ConnectionId) -> tuple[str, Instant] | None:
        """How and when its media transport went, if it had one and has none now."""
        line = self._lines.get(connection)
        if line is None or line.transport in {"open", "none"} or line.transport_at is None:
            return None
        return line.transport, line.transport_at

    def loss(self, connection: ConnectionId) -> float:
        """Share lost on the way to it now, 0..1; 0 where that is not known."""
        return self._media.health(PeerId(connection)).downlink_loss or 0.0

    def measure(self, seat: SeatId, connection: ConnectionId, cause: str, now: Instant) -> MeasureAbsence:
        """Report what is known about the end of a connection, and forget it."""
        line = self._lines.pop(connection, None) or _Line()
        last = self._media.health(PeerId(connection))
        samples = self._media.history(PeerId(connection))
        recent = [one.health for one in samples if 0 <= now - one.at_ms <= MINUTE_MS]
        known = bool(recent) or last.uplink_loss is not None
        recent = recent or self._of_the_seat(seat, cause, now)
        recent.append(last)
        between = None
        if line.transport_at is not None and line.transport not in {"open", "none"}:
            between = (line.signalling_at or now) - line.transport_at
        failed = self._failed.get(seat)
        late = self._late_at is not None and 0 <= now - self._late_at <= MINUTE_MS
        own = (
            "restart"
            if cause == "server_restart"
            else "media"
            if line.transport == OWN_FAULT and cause in _UNWILLED
            else "overload"
            if late and cause == "connection_lost"
            else ""
        )
        values = {
            "cause": cause,
            "transport": line.transport,
            "signalling": line.signalling,
            "transport_before_ms": between,
            "loss_up": _worst([h.uplink_loss for h in recent], 1000),
            "loss_down": _worst([h.downlink_loss for h in recent], 1000),
            "rtt_ms": _worst([h.rtt_ms for h in recent], 1),
            "jitter_ms": _worst([h.jitter_ms for h in recent], 1),
            "silent_ms": last.silent_ms if known else None,
            "device_failed_ms": now - failed if failed is not None and failed <= now else None,
            "server": own,
        }
        return MeasureAbsence(connection, facts_of(values))

    def _of_the_seat(self, seat: SeatId, cause: str, now: Instant) -> list[PeerHealth]:
        """The minute before by what was kept of the seat, where the wire has nothing of this connection.

        When the house itself was down nothing was measured meanwhile: the minute ends with the last thing that was.
        """
        samples = self._kept(seat)
        if cause == "server_restart" and samples:
            now = Instant(min(now, samples[-1].at_ms))
        near = [one.health for one in samples if 0 <= now - one.at_ms <= MINUTE_MS]
        return [PeerHealth(one.up_loss, one.down_loss, one.rtt_ms, one.jitter_ms) for one in near]


def _worst(values: Iterable[float | None], scale: int) -> int | None:
    known = [value for value in values if value is not None]
    return round(max(known) * scale) if known else None
