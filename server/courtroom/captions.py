"""Who gets which caption. Pure: a caption goes to a seat that may read the speaker and was there when it was said.

Never shows a seat words spoken before it was let in, nor words of someone it may not hear.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from server.courtroom.outputs import CaptionOut
from server.hearing import audience

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from server.courtroom.ports import Spoken
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

_OPEN_MAX = 64


class Captions:
    """Caption entitlements of one hearing; keeps the last `kept` finals of each seat for a tab that reloads."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._since: dict[tuple[SeatId, SeatId], Instant] = {}
        self._readers: dict[str, frozenset[SeatId]] = {}
        self._history: dict[SeatId, deque[CaptionOut]] = {}
        self._numbers: dict[SeatId, int] = {}

    def follow(self, state: Hearing, now: Instant) -> None:
        """Note from when on each seat may read each other one."""
        for speaker in state.seats:
            for reader in state.seats:
                pair = (speaker, reader)
                may = reader == speaker or audience.audience(state, speaker, reader).read
                if not may:
                    self._since.pop(pair, None)
                elif pair not in self._since:
                    self._since[pair] = now

    def deliver(self, state: Hearing, spoken: Spoken) -> Iterator[tuple[SeatId, CaptionOut]]:
        """The captions to send now, one for each entitled seat."""
        if spoken.seat not in state.seats:
            return
        readers = self._readers.get(spoken.utterance)
        if readers is None:
            readers = frozenset(self._entitled(state, spoken))
            if len(self._readers) >= _OPEN_MAX:
                self._readers.pop(next(iter(self._readers)))
            self._readers[spoken.utterance] = readers
        speaker = state.seats[spoken.seat]
        for reader in readers:
            n = self._numbers.get(reader, 0) + 1
            self._numbers[reader] = n
            caption = CaptionOut(
                n=n,
                utterance=spoken.utterance,
                seat=spoken.seat,
                role=speaker.role.value,
                name=speaker.name,
                settled=spoken.settled,
                pending=spoken.pending,
                final=spoken.final,
                t0_ms=spoken.t0_ms,
                t1_ms=spoken.t1_ms,
            )
            if spoken.final:
                self._history.setdefault(reader, deque(maxlen=self._kept)).append(caption)
            yield reader, caption
        if spoken.final:
            self._readers.pop(spoken.utterance, None)

    def history(self, seat: SeatId) -> Iterable[CaptionOut]:
        """The finals this seat was given before, oldest first."""
        return tuple(self._history.get(seat, ()))

    def _entitled(self, state: Hearing, spoken: Spoken) -> Iterator[SeatId]:
        for reader in state.seats:
            since = self._since.get((spoken.seat, reader))
            if since is not None and since <= spoken.t0_ms:
                yield reader
