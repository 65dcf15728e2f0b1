"""Who gets which caption. Pure: a caption goes to a seat that may read the speaker and was there when it was said.

Never shows a seat words spoken before it was let in or after it was sent out, nor words of someone it may not hear.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.courtroom.outputs import CaptionOut
from server.hearing import audience
from server.hearing.presence import Presence
from server.hearing.rooms import belongs, place, screened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from server.courtroom.ports import Spoken
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

_OPEN_MAX = 64


@dataclass(frozen=True, slots=True)
class _Span:
    """When a seat could read another: from `since`, before `until` (None: still)."""

    since: Instant
    until: Instant | None = None

    def holds(self, at_ms: int) -> bool:
        """Whether it could at this instant."""
        return self.since <= at_ms and (self.until is None or at_ms < self.until)


class Captions:
    """Caption entitlements of one hearing; keeps the last `kept` finals of each seat for a tab that reloads."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._spans: dict[tuple[SeatId, SeatId], _Span] = {}
        self._readers: dict[str, frozenset[SeatId]] = {}
        self._speakers: dict[str, SeatId] = {}
        self._history: dict[SeatId, deque[CaptionOut]] = {}
        self._numbers: dict[SeatId, int] = {}

    def follow(self, state: Hearing, now: Instant) -> None:
        """Note from when on, and until when, each seat may read each other one."""
        inside = {seat for seat in state.seats if _inside(state, seat)}
        for speaker in state.seats:
            for reader in state.seats:
                pair = (speaker, reader)
                span = self._spans.get(pair)
                if reader == speaker or audience.audience(state, speaker, reader).read:
                    if span is None or span.until is not None:
                        self._spans[pair] = _Span(now)
                elif reader not in inside:
                    self._spans.pop(pair, None)
                elif span is not None and span.until is None:
                    # Words said before a recess come out of the recogniser in it: they are still this reader's.
                    self._spans[pair] = _Span(span.since, now)
        # A witness sent out in the middle of a sentence does not get the rest of it (OLR 26), nor one who went aside.
        for utterance, readers in self._readers.items():
            speaker = self._speakers[utterance]
            self._readers[utterance] = frozenset(
                reader
                for reader in readers
                if reader == speaker or (reader in inside and not _parted(state, speaker, reader))
            )

    def deliver(self, state: Hearing, spoken: Spoken) -> Iterator[tuple[SeatId, CaptionOut]]:
        """The captions to send now, one for each entitled seat."""
        if spoken.seat not in state.seats:
            return
        speaker = state.seats[spoken.seat]
        for reader in self._readers_of(state, spoken):
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
            self._speakers.pop(spoken.utterance, None)

    def history(self, state: Hearing, seat: SeatId) -> Iterable[CaptionOut]:
        """The finals this seat was given before and may still be shown, oldest first."""
        if not _inside(state, seat):
            return ()
        given = self._history.get(seat, ())
        return tuple(caption for caption in given if not screened(state, caption.seat, seat))

    def _readers_of(self, state: Hearing, spoken: Spoken) -> frozenset[SeatId]:
        """Settled at the first word of an utterance; later only fewer."""
        readers = self._readers.get(spoken.utterance)
        if readers is None:
            readers = frozenset(
                reader
                for reader in state.seats
                if (span := self._spans.get((spoken.seat, reader))) is not None
                and span.holds(spoken.t0_ms)
                and not _parted(state, spoken.seat, reader)
                and belongs(
                    state, reader, spoken.room
                )  # whatever the clocks say, a caucus stays in the caucus
            )
            if len(self._readers) >= _OPEN_MAX:
                oldest = next(iter(self._readers))
                del self._readers[oldest], self._speakers[oldest]
            self._readers[spoken.utterance] = readers
            self._speakers[spoken.utterance] = spoken.seat
        return readers


def _parted(state: Hearing, speaker: SeatId, reader: SeatId) -> bool:
    """Whether they are in different rooms now, or screened: what the speaker goes on to say is not the reader's.

    Of a speaker who is nowhere, as in a recess, nothing more is heard: what comes was said before.
    """
    if screened(state, speaker, reader):
        return True
    there, here = place(state, speaker), place(state, reader)
    return there is not None and here is not None and there != here


def _inside(state: Hearing, seat: SeatId) -> bool:
    """In the courtroom, or away from it only because its line is down."""
    attendance = state.attendance[seat]
    return Presence.PRESENT in {attendance.presence, attendance.returns_to}
