"""How each seat's line is, who waits since when, and what of it each screen is told. Decides nothing about the law.

Reads the wire's own figures every few seconds; keeps ten minutes a seat in memory, across a seat's connections, and has
every step kept beside the record. A fact for
helpers: that somebody's line is bad is no finding about the person (OLR 25).
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.health import HISTORY_SAMPLES, STEP_S, PeerHealth
from server.courtroom.flows import Flows
from server.courtroom.line_log import LineStep, seat_line
from server.courtroom.outputs import HealthOut, SeatHealth, TapeOut
from server.courtroom.plans import peers
from server.hearing.channels import Channel, receives
from server.hearing.commands import TapeState
from server.hearing.presence import Presence
from server.hearing.session import ENDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from server.courtroom.outputs import Tab
    from server.courtroom.ports import MediaRoutes
    from server.courtroom.tape_keeper import TapeKeeper
    from server.hearing.ids import ConnectionId, Instant, SeatId
    from server.hearing.presence import Attendance
    from server.hearing.state import Hearing

WATCH_S = STEP_S
"""A hearing is looked at this often."""

SILENT_MS = 8_000  # three ICE checks of a browser (RFC 7675: one in five seconds) and every report missed
_FAIR = (0.02, 200, 30)  # loss, round trip and jitter up to which sound is as if there were no line between
_POOR = (0.08, 500, 80)  # up to which speech is still understood: concealment and the jitter buffer carry it
_STEPS = (0.02, 50, 15)  # a smaller change than this of loss, round trip or jitter tells nobody anything

GOOD, FAIR, POOR, LOST = "good", "fair", "poor", "lost"
VERDICTS = (GOOD, FAIR, POOR, LOST)
"""From best to worst."""

MEDIA_BLOCKED, TAPE_FAULT = "media_blocked", "tape_fault"
"""What else is watched for how long it lasts; a presence is watched by its own name."""


@dataclass(frozen=True, slots=True)
class SeatSample:
    """A seat's line at one moment. at_ms: Unix milliseconds."""

    at_ms: int
    health: SeatHealth


def _unkept(_step: LineStep) -> None:
    """Where nothing is kept beyond this process."""


def verdict(found: PeerHealth) -> str | None:
    """A line in one word: "good", "fair", "poor" or "lost"; None where nothing is known of it."""
    if found.silent_ms >= SILENT_MS:
        return LOST
    losses = [loss for loss in (found.uplink_loss, found.downlink_loss) if loss is not None]
    return grade(max(losses, default=None), found.rtt_ms, found.jitter_ms)


def grade(loss: float | None, rtt_ms: int | None, jitter_ms: int | None) -> str | None:
    """Figures of anything that flows in one word: "good", "fair" or "poor"; None where none of them is known."""
    figures = (loss, rtt_ms, jitter_ms)
    if all(figure is None for figure in figures):
        return None

    def within(limits: tuple[float, int, int]) -> bool:
        return all(figure is None or figure <= limit for figure, limit in zip(figures, limits, strict=True))

    return GOOD if within(_FAIR) else FAIR if within(_POOR) else POOR


def seat_health(seat: SeatId, attendance: Attendance, found: PeerHealth | None) -> SeatHealth:
    """A seat's line. found: of its connection, None where it has none."""
    if found is None:
        return SeatHealth(seat, verdict=LOST if attendance.presence is Presence.LOST else None)
    return SeatHealth(
        seat, found.uplink_loss, found.downlink_loss, found.rtt_ms, found.jitter_ms, verdict(found)
    )


def changed(told: HealthOut | None, now: HealthOut) -> bool:
    """Whether there is anything in it that is worth telling."""
    if told is None or [one.seat for one in told.seats] != [one.seat for one in now.seats]:
        return True
    return any(_differs(one, other) for one, other in zip(told.seats, now.seats, strict=True))


def _differs(one: SeatHealth, other: SeatHealth) -> bool:
    loss, trip, jitter = _STEPS
    pairs = (
        (one.up_loss, other.up_loss, loss),
        (one.down_loss, other.down_loss, loss),
        (one.rtt_ms, other.rtt_ms, trip),
        (one.jitter_ms, other.jitter_ms, jitter),
    )
    return one.verdict != other.verdict or any(
        (a is None) != (b is None) or (a is not None and b is not None and abs(a - b) >= step)
        for a, b, step in pairs
    )


class Watch:
    """One hearing's lines and waits. tabs: those attached. `step` is called every WATCH_S, and by whoever wants to know now."""

    def __init__(
        self,
        media: MediaRoutes,
        tape: TapeKeeper,
        tabs: Callable[[], Iterable[Tab]],
        keep: Callable[[LineStep], None] = _unkept,
    ) -> None:
        self._media = media
        self._keep = keep
        self.flows = Flows(media)
        self._tape = tape
        self._tabs = tabs
        self._now: dict[SeatId, SeatHealth] = {}
        self._kept: dict[SeatId, deque[SeatSample]] = {}
        self._since: dict[tuple[SeatId | None, str], int] = {}
        self._told: dict[ConnectionId, tuple[Tab, HealthOut]] = {}

    @property
    def tape(self) -> TapeOut:
        """The tape as the house knows it."""
        return TapeOut(self._tape.state.value, self._tape.safe_until_ms, self._tape.reason)

    def step(self, state: Hearing, now: Instant) -> None:
        """Measure everybody, keep it, and tell each screen what of it is new and its own to know."""
        self.look(state, now)
        for seat, found in self._now.items():
            self._remember(seat, SeatSample(now, found))
        self.flows.step(state, now)
        if state.session not in ENDED:
            lines = [seat_line(one, self.flows.of(one.seat)) for one in self._now.values() if one.verdict]
            if lines:
                self._keep(LineStep(now, tuple(lines)))
        self._tell(state)

    def restore(self, steps: Iterable[LineStep]) -> None:
        """Go on from what an earlier process of the house kept of this hearing, oldest first."""
        for step in steps:
            for line in step.seats:
                self._remember(line.health.seat, SeatSample(step.at_ms, line.health))

    def _remember(self, seat: SeatId, sample: SeatSample) -> None:
        self._kept.setdefault(seat, deque(maxlen=HISTORY_SAMPLES)).append(sample)

    def look(self, state: Hearing, now: Instant) -> None:
        """See how things stand now, and since when."""
        here = peers(state)
        self._now = {
            seat: seat_health(seat, attendance, self._media.health(here[seat]) if seat in here else None)
            for seat, attendance in state.attendance.items()
        }
        true_now = _conditions(state)
        self._since = {what: self._since.get(what, now) for what in true_now}

    def since(self, seat: SeatId | None, what: str) -> int | None:
        """Since when this has been so, as far as this process has seen (Unix ms); None where it is not so."""
        return self._since.get((seat, what))

    def health(self, seat: SeatId) -> SeatHealth:
        """The seat's line as last looked at."""
        return self._now.get(seat, SeatHealth(seat))

    def history(self, seat: SeatId) -> tuple[SeatSample, ...]:
        """The seat's last ten minutes, oldest first."""
        return tuple(self._kept.get(seat, ()))

    def verdicts(self) -> Counter[str]:
        """How many connected seats have which verdict: numbers only, for the operators."""
        return Counter(found.verdict for found in self._now.values() if found.verdict is not None)

    def _tell(self, state: Hearing) -> None:
        tabs = {tab.connection: tab for tab in self._tabs() if tab.seat in state.seats}
        self._told = {
            connection: told
            for connection, told in self._told.items()
            if tabs.get(connection) is told[0]  # a page that was loaded again knows nothing
        }
        for connection, tab in tabs.items():
            out = HealthOut(
                tuple(
                    found
                    for seat, found in self._now.items()
                    if receives(state, Channel.HEALTH, tab.seat, seat)
                )
            )
            told = self._told.get(connection)
            if changed(told[1] if told else None, out):
                self._told[connection] = (tab, out)
                tab.send(out)


def _conditions(state: Hearing) -> set[tuple[SeatId | None, str]]:
    found: set[tuple[SeatId | None, str]] = set()
    for seat, attendance in state.attendance.items():
        found.add((seat, attendance.presence.value))
        device = attendance.device
        if device is not None and "failed" in {device.camera, device.microphone, device.speaker}:
            found.add((seat, MEDIA_BLOCKED))
    if state.tape is TapeState.FAULTED:
        found.add((None, TAPE_FAULT))
    return found
