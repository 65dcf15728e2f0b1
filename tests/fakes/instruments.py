"""A tape and an ear that keep nothing: they remember their orders and can be made to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.courtroom.ports import Ear, Instruments, Spoken, TapeFact, TapePlan, TapeRecorder, Unavailable
from server.hearing.commands import TapeState

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from media.taps import TapPacket, TapReport
    from server.courtroom.ports import WordsPlan
    from server.hearing.ids import HearingId

NOT_OPEN = "not_open"


class FakeRecorder(TapeRecorder):
    """Implements server.courtroom.ports.TapeRecorder, on the folder of its `FakeInstruments`."""

    def __init__(self, house: FakeInstruments, hearing: HearingId, post: Callable[[TapeFact], None]) -> None:
        self.post = post
        self.orders: list[TapePlan] = []
        self._house = house
        self._hearing = hearing
        self._said: TapeFact | None = None

    @property
    def feed(self) -> FakeRecorder:
        return self

    async def start(self) -> None:
        if self._house.start_gate is not None:
            await self._house.start_gate.wait()
        self._house.check("start")
        if self._hearing in self._house.sealed:
            raise Unavailable("sealed")
        if self._hearing in self._house.held:
            raise Unavailable("in_use")
        self._house.held[self._hearing] = self

    def follow(self, plan: TapePlan) -> None:
        self.orders.append(plan)
        if plan.rolling:
            fact = TapeFact(TapeState.ROLLING)
        else:
            fact = TapeFact(TapeState.PAUSED, plan.ground) if plan.ground else TapeFact(TapeState.IDLE)
        if fact != self._said:
            self._said = fact
            self.post(fact)

    def offer(self, item: TapPacket | TapReport) -> bool:  # noqa: ARG002  the port's
        return True

    async def seal(self) -> None:
        self._let_go()
        self._house.check("seal")
        self._house.sealed.add(self._hearing)

    async def stop(self) -> None:
        self._let_go()
        self._house.stopped.append(self)
        self._house.check("stop")

    def _let_go(self) -> None:
        assert self._house.held.pop(self._hearing, None) is self, "ended twice, or never started"


class FakeEar(Ear):
    """Implements server.courtroom.ports.Ear."""

    def __init__(self, post: Callable[[Spoken], None]) -> None:
        self.post = post
        self.orders: list[WordsPlan] = []

    @property
    def feed(self) -> FakeEar:
        return self

    def follow(self, plan: WordsPlan) -> None:
        self.orders.append(plan)

    def offer(self, item: TapPacket | TapReport) -> bool:  # noqa: ARG002  the port's
        return True


class FakeInstruments(Instruments):
    """Implements server.courtroom.ports.Instruments. Keeps the folders' locks and seals across restarts.

    fails: reasons to raise, by method ("start", "seal", "stop"), one each time. start_gate: starts wait for it.
    """

    def __init__(self) -> None:
        self.recorders: list[FakeRecorder] = []
        self.ears: list[FakeEar] = []
        self.held: dict[HearingId, FakeRecorder] = {}
        self.sealed: set[HearingId] = set()
        self.stopped: list[FakeRecorder] = []
        self.released: list[HearingId] = []
        self.fails: dict[str, list[str]] = {}
        self.start_gate: asyncio.Event | None = None
        self.seats = 0  # that the last recorder was made for

    def check(self, method: str) -> None:
        """Fail if the test asked for it."""
        if self.fails.get(method):
            raise Unavailable(self.fails[method].pop(0))

    def recorder(self, hearing: HearingId, post: Callable[[TapeFact], None], seats: int = 0) -> FakeRecorder:
        self.seats = seats
        self.recorders.append(FakeRecorder(self, hearing, post))
        return self.recorders[-1]

    def ear(self, hearing: HearingId, post: Callable[[Spoken], None]) -> FakeEar:  # noqa: ARG002  the port's
        self.ears.append(FakeEar(post))
        return self.ears[-1]

    def release(self, hearing: HearingId) -> None:
        self.released.append(hearing)
