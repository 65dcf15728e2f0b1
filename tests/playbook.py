"""A hearing told as a script: `script >> by(PRESIDING, Recess("noon")) << CourtRecessed("noon")`.

`>>` gives a command to the law and folds what comes of it; `<<` says what should have come: an event, a tuple of events,
or a Reason of refusal. A refusal that nobody expected fails at the next look at the script. Every failure prints the
script so far.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.hearing.commands import Arrive, Depart, LeaveCause, ReportTape, TapeState, Tick
from server.hearing.decide import decide
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.evolve import evolve
from server.hearing.ids import Instant
from server.hearing.refusals import Reason, Refused
from server.hearing.state import Hearing, connection_of, initial
from tests.cast import connection

if TYPE_CHECKING:
    from server.hearing.commands import Command
    from server.hearing.events import Event, HearingScheduled
    from server.hearing.ids import ConnectionId, SeatId

START = Instant(1_790_000_000_000)
STEP_MS = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One command and who gives it. seat: None for an instrument. connection: None for the seat's own."""

    seat: SeatId | None
    command: Command
    connection: ConnectionId | None = None


def by(seat: SeatId, command: Command, connection: ConnectionId | None = None) -> Line:
    """Let a seat give a command, by its current connection unless another is named."""
    return Line(seat, command, connection)


def arrive(seat: SeatId, n: int = 1) -> Line:
    """Let the seat's nth connection come."""
    return Line(seat, Arrive(connection(seat, n)))


def depart(seat: SeatId, n: int = 1, cause: LeaveCause = LeaveCause.CONNECTION_LOST) -> Line:
    """Let the seat's nth connection end."""
    return Line(seat, Depart(connection(seat, n), cause))


def tape(state: TapeState, reason: str = "") -> Line:
    """Let the tape speak."""
    return Line(None, ReportTape(state, reason))


TICK = Line(None, Tick())


@dataclass
class Script:
    """A hearing being told. log: every event with its time, from the first."""

    scheduled: HearingScheduled
    now: Instant = START
    events: list[tuple[Event, Instant]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    refused: Reason | None = None
    came: tuple[Event, ...] = ()
    _state: Hearing = field(default_factory=initial)

    def __post_init__(self) -> None:
        self._take((self.scheduled,))

    @property
    def state(self) -> Hearing:
        """The state now; fails on a refusal that nobody expected."""
        self._settle()
        return self._state

    @property
    def log(self) -> list[tuple[Event, Instant]]:
        """All events so far; fails on a refusal that nobody expected."""
        self._settle()
        return list(self.events)

    def after(self, ms: int) -> Script:
        """Let time pass."""
        self.now = Instant(self.now + ms)
        return self

    def __rshift__(self, line: Line) -> Script:
        """Give the command, a second after the last one."""
        self._settle()
        self.after(STEP_MS)
        self.told.append(f">> {line.seat or 'instrument'}: {line.command}")
        try:
            self._take(decide(self._state, line.command, self._actor(line), self.now))
        except Refused as no:
            self.refused, self.came = no.reason, ()
            self.told.append(f"   refused: {no.reason}")
        return self

    def __lshift__(self, expected: Event | tuple[Event, ...] | Reason) -> Script:
        """Say what should have come of the last command."""
        if isinstance(expected, Reason):
            assert self.refused is expected, self._page(f"expected the refusal {expected}")
            self.refused = None
            return self
        wanted = expected if isinstance(expected, tuple) else (expected,)
        self._settle()
        assert self.came == wanted, self._page(f"expected {wanted}")
        return self

    def _actor(self, line: Line) -> Actor:
        if line.seat is None:
            return INSTRUMENT
        held = line.connection or connection_of(self._state, line.seat)
        return Actor(line.seat, held or connection(line.seat))

    def _take(self, events: tuple[Event, ...]) -> None:
        self.came = events
        for event in events:
            self.told.append(f"   {event}")
            self._state = evolve(self._state, event, self.now)
            self.events.append((event, self.now))

    def _settle(self) -> None:
        assert self.refused is None, self._page("nobody expected this refusal")

    def _page(self, why: str) -> str:
        return "\n".join([why, "the script so far:", *self.told])
