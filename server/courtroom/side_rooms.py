"""Tape and ear of a caucus: attached only while all in it have agreed, let go of at once when one of them has not.

Without agreement there is nothing: no recorder, no ear, no tap on the wire, no folder. Each caucus has a tape of its own,
which no copy, transcript or export of the hearing is made from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from server.courtroom.plans import room_tape, tape_peer, words_peer
from server.courtroom.tape_keeper import TapeKeeper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.courtroom.plans import RoomPlan
    from server.courtroom.ports import Ear, Instruments, MediaRoutes, Spoken, TapeFact
    from server.courtroom.tasks import Tasks
    from server.hearing.ids import HearingId
    from server.hearing.state import Hearing


@dataclass(slots=True)
class _Recorded:
    """A caucus that is being recorded."""

    tape: HearingId
    keeper: TapeKeeper
    ear: Ear


class SideRooms:
    """The caucuses of one hearing that are being recorded now. `moved` is called when one of the tapes moves on."""

    def __init__(
        self,
        hearing: HearingId,
        media: MediaRoutes,
        instruments: Instruments,
        tasks: Tasks,
        spoken: Callable[[Spoken], None],
        moved: Callable[[], None],
    ) -> None:
        self._hearing = hearing
        self._media = media
        self._instruments = instruments
        self._tasks = tasks
        self._spoken = spoken
        self._moved = moved
        self._recorded: dict[str, _Recorded] = {}

    def tape(self, room: str) -> TapeKeeper | None:
        """The tape that runs in the room, or None."""
        found = self._recorded.get(room)
        return found.keeper if found else None

    def keep(self, plans: Mapping[str, RoomPlan], again: Callable[[], None]) -> None:
        """Attach what is to be recorded and let go of what is not. again: apply the plans, a recorder is ready."""
        for room, recorded in list(self._recorded.items()):
            if room not in plans or plans[room].tape_id != recorded.tape:
                del self._recorded[room]
                self._let_go(recorded)
        for room, plan in plans.items():
            if room not in self._recorded:
                self._recorded[room] = self._attach(room, plan.tape_id, again)

    def follow(self, plans: Mapping[str, RoomPlan]) -> None:
        """What is to be taped and listened to from now on."""
        for room, recorded in self._recorded.items():
            recorded.keeper.follow(plans[room].tape)
            recorded.ear.follow(plans[room].words)

    def _attach(self, room: str, tape: HearingId, again: Callable[[], None]) -> _Recorded:
        ear = self._instruments.ear(tape, lambda spoken: self._spoken(replace(spoken, room=room)))
        self._media.add_tap(words_peer(tape), ear.feed)
        keeper = TapeKeeper(tape, self._instruments, self._tasks, self._note)
        keeper.want(lambda recorder: self._media.add_tap(tape_peer(tape), recorder.feed), again)
        return _Recorded(tape, keeper, ear)

    def _note(self, _fact: TapeFact) -> None:
        self._moved()

    def _let_go(self, recorded: _Recorded) -> None:
        self._media.remove_tap(words_peer(recorded.tape))
        self._media.remove_tap(tape_peer(recorded.tape))
        self._instruments.release(recorded.tape)
        self._tasks.start(recorded.keeper.stop(), f"tape {recorded.tape}")

    async def stop(self) -> None:
        """The process ends, or lets go of the hearing."""
        recorded, self._recorded = self._recorded, {}
        for one in recorded.values():
            self._media.remove_tap(words_peer(one.tape))
            self._media.remove_tap(tape_peer(one.tape))
            await one.keeper.stop()
            self._instruments.release(one.tape)

    async def seal(self, state: Hearing) -> None:
        """The hearing is over: seal the tape of every caucus of which anything was recorded."""
        await self.stop()
        for room, caucus in state.rooms.caucus.items():
            for sitting in sorted(caucus.recorded):
                tape = room_tape(self._hearing, room, sitting)
                await TapeKeeper(tape, self._instruments, self._tasks, lambda _: None).seal()
