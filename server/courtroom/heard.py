"""Was everyone heard? Counts, for each seat, what it said and what it missed of the others on the record (OLR 6, 25).

Counts only while the main room's recording duty is on: a recess, a caucus, a consultation and the deliberation leave no
trace in it. Asks nobody, sends nothing, waits for nothing; every time is handed in. It counts, it does not judge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from server.hearing.audience import audience, tape_hears
from server.hearing.presence import Presence
from server.hearing.recording_duty import duty
from server.hearing.seats import Right
from server.hearing.sheet import PASSAGES_MAX, Passage, Row, read
from server.hearing.state import initial

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

JOIN_MS = 2_000
"""Two missed passages of one speaker with less between them are one, within one state of the rooms."""

OVERLAP_MS = 1_000
"""Two voices at once for so long: the first was interrupted."""

LOSS_UNHEARD = 0.5
"""Above this share of lost packets nothing can be understood: a missed passage, not a bad line."""

STEP_MS_MAX = 10_000
"""A longer step means that the clock was set or the machine slept; nobody knows what was heard in it."""


class Heard:
    """The running sheet of one hearing. rows: those last filed, from which it goes on."""

    def __init__(self, rows: Iterable[str] = ()) -> None:
        self._rows: dict[str, Row] = {row.seat: row for row in map(read, rows)}
        self._state: Hearing = initial()
        self._returned: Hearing = self._state
        self._at: Instant | None = None
        self._speaking: tuple[SeatId, ...] = ()
        self._reached: frozenset[SeatId] = frozenset()
        self._losses: Mapping[SeatId, float] = {}
        self._lost_share: dict[SeatId, float] = defaultdict(float)  # fractions of a millisecond
        self._spells = 0  # passages of different states of the rooms are never joined
        self._spell_of: dict[tuple[str, str], int] = {}
        self._began: dict[SeatId, Instant] = {}
        self._overlaps: set[tuple[SeatId, SeatId]] = set()
        self._interrupted: Counter[str] = Counter()

    # --- what happens ---

    def follow(self, state: Hearing, now: Instant) -> None:
        """From now on this is how things stand."""
        self._advance(now)
        before, self._state = self._state, state
        if (before.session, before.attendance) != (state.session, state.attendance):
            self._spells += 1
        self._returned = _returned(state)
        self._keep_voices(now)

    def speaking(self, seats: Iterable[SeatId], now: Instant) -> None:
        """Who is speaking from now on, by the wire's own measure."""
        self._advance(now)
        self._speaking = tuple(seats)
        self._keep_voices(now)

    def reached(self, seats: Collection[SeatId], now: Instant) -> None:
        """Who has a media transport from now on."""
        if self._reached != frozenset(seats):
            self._advance(now)
            self._reached = frozenset(seats)

    def losses(self, losses: Mapping[SeatId, float], now: Instant) -> None:
        """Share of what is sent to each seat that does not arrive, 0..1, from now on."""
        self._advance(now)
        self._losses = dict(losses)

    def interrupted(self, seats: Iterable[SeatId]) -> None:
        """The bench took the floor from them."""
        self._interrupted.update(str(seat) for seat in seats)

    # --- the sheet ---

    def rows(self, now: Instant) -> tuple[Row, ...]:
        """The sheet as it stands, one row for each seat that may speak."""
        self._advance(now)
        found = []
        for seat, who in self._state.seats.items():
            if who.may(Right.SPEAK):
                care = self._state.attendance[seat].care
                since = care.troubled_since
                until = min(now, self._state.closed_at or now)
                waits = max(0, until - since) if since is not None else 0
                row = self._row(seat)
                interrupted = row.interrupted + self._interrupted[seat]
                found.append(
                    replace(
                        row,
                        interrupted=interrupted,
                        cannot_hear=care.troubles,
                        answered_ms=care.waited_ms + waits,  # one never answered waits to the end
                    )
                )
        return tuple(found)

    def missed(self, seat: str, speaker: str, t0: int, t1: int) -> bool:
        """Whether the whole of [t0, t1] lies in a passage of the speaker that this seat missed."""
        row = self._rows.get(seat)
        return row is not None and any(p.seat == speaker and p.t0 <= t0 <= t1 <= p.t1 for p in row.passages)

    # --- counting ---

    def _row(self, seat: str) -> Row:
        return self._rows.get(seat) or Row(seat)

    def _voices(self) -> list[SeatId]:
        """Speakers whom the court hears and the tape keeps."""
        return [seat for seat in self._speaking if tape_hears(self._state, seat)]

    def _keep_voices(self, now: Instant) -> None:
        voices = self._voices()
        self._began = {seat: self._began.get(seat, now) for seat in voices}
        self._overlaps = {pair for pair in self._overlaps if set(pair) <= self._began.keys()}

    def _advance(self, now: Instant) -> None:
        since, self._at = self._at, now
        if since is None or now <= since or now - since > STEP_MS_MAX or not duty(self._state).on:
            return
        for voice in self._voices():
            row = self._row(voice)
            self._rows[voice] = replace(row, spoke_ms=row.spoke_ms + now - since)
            self._missed_of(voice, since, now)
        self._count_lost(now - since)
        self._count_overlaps(now)

    def _missed_of(self, voice: SeatId, since: Instant, now: Instant) -> None:
        for seat, who in self._state.seats.items():
            if not who.may(Right.SPEAK) or not audience(self._returned, voice, seat).hear:
                continue
            loss = self._losses.get(seat, 0.0) if self._here(seat) else 1.0
            if loss <= 0:
                continue
            self._lost_share[seat] += (now - since) * min(1.0, loss)
            whole = int(self._lost_share[seat])
            self._lost_share[seat] -= whole
            row = self._row(seat)
            self._rows[seat] = replace(row, missed_ms=row.missed_ms + whole)
            if loss >= LOSS_UNHEARD:
                self._miss(seat, Passage(voice, since, now))

    def _here(self, seat: SeatId) -> bool:
        return seat in self._reached and self._state.attendance[seat].connection is not None

    def _miss(self, seat: SeatId, passage: Passage) -> None:
        row, key = self._row(seat), (str(seat), passage.seat)
        last = next((p for p in reversed(row.passages) if p.seat == passage.seat), None)
        joins = (
            last is not None and passage.t0 - last.t1 <= JOIN_MS and self._spell_of.get(key) == self._spells
        )
        self._spell_of[key] = self._spells
        if last is not None and (joins or last.t1 == passage.t0):
            longer = replace(last, t1=passage.t1)
            passages = tuple(longer if p is last else p for p in row.passages)
        else:
            passages = (*row.passages, passage)[-PASSAGES_MAX:]
        self._rows[seat] = replace(row, passages=passages)

    def _count_lost(self, ms: int) -> None:
        for seat, attendance in self._state.attendance.items():
            if attendance.presence is Presence.LOST and self._state.seats[seat].may(Right.SPEAK):
                row = self._row(seat)
                self._rows[seat] = replace(row, lost_ms=row.lost_ms + ms)

    def _count_overlaps(self, now: Instant) -> None:
        for first, began in self._began.items():
            for second, later in self._began.items():
                pair = (first, second)
                if began < later and now - later >= OVERLAP_MS and pair not in self._overlaps:
                    self._overlaps.add(pair)
                    self._interrupted[first] += 1


def _returned(state: Hearing) -> Hearing:
    """The hearing with everybody back whose line is down: what they were entitled to hear, they miss."""
    back = {
        seat: replace(attendance, presence=Presence.PRESENT)
        for seat, attendance in state.attendance.items()
        if attendance.presence is Presence.LOST and attendance.returns_to is Presence.PRESENT
    }
    return replace(state, attendance={**state.attendance, **back}) if back else state
