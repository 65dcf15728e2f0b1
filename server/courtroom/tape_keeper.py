"""Keeps one hearing's recorder running: starts it before the court opens, tries again after a fault, seals it.

A fault is reported as a fact, never hidden, and never ends the hearing by itself (recording rules 2017 art. 4).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from server.courtroom.ports import TapeFact, Unavailable
from server.hearing.commands import TapeState

if TYPE_CHECKING:
    from collections.abc import Callable

    from server.courtroom.ports import Instruments, TapePlan, TapeRecorder
    from server.courtroom.tasks import Tasks
    from server.hearing.ids import HearingId

log = logging.getLogger(__name__)

_RETRY_S = 2.0
_DEAD = "internal"  # the one fault a recorder does not come back from by itself (recording.facts.TapeFaulted)


class TapeKeeper:
    """One hearing's tape as conduct sees it. `post` gets each fact after this keeper has taken note of it."""

    def __init__(
        self, hearing: HearingId, instruments: Instruments, tasks: Tasks, post: Callable[[TapeFact], None]
    ) -> None:
        self.state = TapeState.IDLE
        self.reason = ""
        self.safe_until_ms: int | None = None
        self.verified_until_ms: int | None = None
        self.warnings: tuple[str, ...] = ()
        self.hours_left: float | None = None
        self.seats = 0  # how many people room is kept for
        self.wanted = False
        self._hearing = hearing
        self._instruments = instruments
        self._tasks = tasks
        self._post = post
        self._recorder: TapeRecorder | None = None
        self._connect: Callable[[TapeRecorder], None] | None = None
        self._ready: Callable[[], None] | None = None
        self._closed = False

    def want(
        self, connect: Callable[[TapeRecorder], None], ready: Callable[[], None], seats: int = 0
    ) -> None:
        """Start a recorder in the background; connect it to the wire, then call ready. seats: to keep room for."""
        self.wanted, self.seats = True, seats
        self._connect, self._ready = connect, ready
        self._tasks.start(self._start(), f"tape {self._hearing}")

    def follow(self, plan: TapePlan) -> None:
        """What must be taped from now on; one that is not ready yet is told by `ready`."""
        if self._recorder is not None:
            self._recorder.follow(plan)

    async def seal(self) -> None:
        """The hearing is over. Tries until the disk lets it: an unsealed tape is not a finished one.

        After a restart there is no recorder yet: one is started on the folder for the seal alone.
        """
        self._closed = True
        recorder, self._recorder = self._recorder, None
        while True:
            try:
                if recorder is None:
                    recorder = self._instruments.recorder(self._hearing, self._note)
                    await recorder.start()
                await recorder.seal()
            except Unavailable as unavailable:
                if unavailable.reason == "sealed":
                    break
                log.warning("hearing %s: the tape can't be sealed: %s", self._hearing, unavailable.reason)
                self._note(TapeFact(TapeState.FAULTED, unavailable.reason))
                recorder = None
                await asyncio.sleep(_RETRY_S)
            else:
                break
        self._note(TapeFact(TapeState.SEALED))

    async def stop(self) -> None:
        """The process ends, the hearing does not."""
        self._closed = True
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            with contextlib.suppress(Unavailable):
                await recorder.stop()

    async def _start(self) -> None:
        while not self._over():
            recorder = self._instruments.recorder(self._hearing, self._note, self.seats)
            try:
                await recorder.start()
            except Unavailable as unavailable:
                log.warning("hearing %s: the tape can't start: %s", self._hearing, unavailable.reason)
                self._note(TapeFact(TapeState.FAULTED, unavailable.reason))
                await asyncio.sleep(_RETRY_S)
                continue
            if self._over():  # ended meanwhile: let go of the folder, whoever seals it needs it
                with contextlib.suppress(Unavailable):
                    await recorder.stop()
                return
            self._recorder = recorder
            if self._connect is not None and self._ready is not None:
                self._connect(recorder)
                self._ready()
            return

    def _over(self) -> bool:
        return self._closed

    async def _replace(self, dead: TapeRecorder) -> None:
        """A recorder whose writer has ended keeps nothing more: another goes on in the same folder."""
        with contextlib.suppress(Unavailable):
            await dead.stop()
        await asyncio.sleep(_RETRY_S)
        await self._start()

    def _note(self, fact: TapeFact) -> None:
        if fact.segment is not None:
            self._post(fact)
            return
        if fact.safe_until_ms is not None:
            self.safe_until_ms = fact.safe_until_ms
            self.verified_until_ms = fact.verified_until_ms or self.verified_until_ms
            self.warnings, self.hours_left = fact.warnings, fact.hours_left
        changed = fact.state is not None and (fact.state, fact.reason) != (self.state, self.reason)
        if fact.state is not None:
            self.state, self.reason = fact.state, fact.reason
        first = fact.state is TapeState.IDLE
        self._post(fact if changed or first else TapeFact(None, safe_until_ms=self.safe_until_ms))
        if fact.state is TapeState.FAULTED and fact.reason == _DEAD and self._recorder is not None:
            dead, self._recorder = self._recorder, None
            self._tasks.start(self._replace(dead), f"tape {self._hearing}")
