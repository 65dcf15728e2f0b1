"""The instruments as conduct sees them: translates orders down and facts up. Holds no law, keeps no packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never
from weakref import WeakSet

from recording.facts import TapeFact as RecorderFact
from recording.facts import (
    TapeFaulted,
    TapeOrder,
    TapePaused,
    TapeProgress,
    TapeRolling,
    TapeSegment,
    TapeUnavailable,
)
from recording.recorder import Recorder
from recording.writer import SECOND_PLACE
from server.courtroom.plans import tape_peer, words_peer
from server.courtroom.ports import Spoken, TapeFact, Unavailable
from server.hearing.commands import ReportSegment, TapeState
from server.hearing.ids import HearingId, SeatId
from transcripts.live import WordsOrder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media.taps import Tap, Tee
    from recording.facts import SegmentDigest
    from recording.house import TapeHouse
    from recording.remote import HouseRecorder
    from recording.settings import RecordingSettings
    from server.courtroom.ports import TapePlan, WordsPlan
    from transcripts.live import Ear, LiveTranscriber
    from transcripts.segments import Utterance

NOT_OPEN = "not_open"
_NS_PER_MS = 1_000_000


class HearingTape:
    """One hearing's tape (server.courtroom.ports.TapeRecorder)."""

    def __init__(
        self,
        make: Callable[[Callable[[RecorderFact], None]], Recorder | HouseRecorder],
        post: Callable[[TapeFact], None],
    ) -> None:
        self._post = post
        self.hours_left: float | None = None
        self._recorder = make(self._fact)

    @property
    def feed(self) -> Tap | Tee:
        """The recorder itself, or the tape process's ring."""
        return self._recorder.feed

    async def start(self) -> None:
        """Prove bytes on disk. Raises Unavailable."""
        try:
            await self._recorder.start()
        except TapeUnavailable as unavailable:
            raise Unavailable(unavailable.reason) from unavailable

    def follow(self, plan: TapePlan) -> None:
        """What must be taped from now on."""
        ground = None if plan.rolling else plan.ground or NOT_OPEN
        self._recorder.follow(TapeOrder(rolling=plan.rolling, ground=ground, labels=plan.labels))

    async def seal(self) -> None:
        """End the tape for good. Raises Unavailable."""
        try:
            await self._recorder.close()
        except TapeUnavailable as unavailable:
            raise Unavailable(unavailable.reason) from unavailable

    async def stop(self) -> None:
        """End this run of the tape. Raises Unavailable."""
        try:
            await self._recorder.stop()
        except TapeUnavailable as unavailable:
            raise Unavailable(unavailable.reason) from unavailable

    def _fact(self, fact: RecorderFact) -> None:
        match fact:
            case TapeRolling():
                self._post(TapeFact(TapeState.ROLLING, SECOND_PLACE if fact.second else ""))
            case TapePaused() if fact.ground == NOT_OPEN:
                self._post(TapeFact(TapeState.IDLE, SECOND_PLACE if fact.second else ""))
            case TapePaused():
                self._post(TapeFact(TapeState.PAUSED, fact.ground))
            case TapeFaulted():
                self._post(TapeFact(TapeState.FAULTED, fact.reason))
            case TapeProgress():
                self._post(
                    TapeFact(
                        None,
                        safe_until_ms=fact.safe_until_ns // _NS_PER_MS,
                        verified_until_ms=fact.verified_until_ns // _NS_PER_MS or None,
                        warnings=fact.warnings,
                        hours_left=fact.hours_left,
                    )
                )
                self.hours_left = fact.hours_left
            case TapeSegment():
                self._post(TapeFact(None, segment=_report(fact.digest)))
            case _:
                assert_never(fact)


def _report(digest: SegmentDigest) -> ReportSegment:
    """Give a file's digests in the court's words."""
    times = (digest.from_ns // _NS_PER_MS, digest.to_ns // _NS_PER_MS)
    return ReportSegment(digest.name, digest.size, digest.sha256, digest.sm3, digest.label, *times)


class HearingEar:
    """The recogniser's ear in one hearing (server.courtroom.ports.Ear)."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    @property
    def feed(self) -> Tap | Tee:
        """The ear itself, or the recogniser's ring."""
        return self._ear.feed

    def follow(self, plan: WordsPlan) -> None:
        """Whom it may listen to from now on."""
        self._ear.follow(WordsOrder(labels=plan.labels, language=plan.language))


class HouseInstruments:
    """Makes the instruments of each hearing (server.courtroom.ports.Instruments).

    house: the tape process, where the media are in processes of their own: tape and recogniser are then fed by shared
    rings. None: both are fed in this process.
    """

    def __init__(
        self,
        recording: RecordingSettings,
        tape_folder: Callable[[HearingId], Path],
        transcriber: LiveTranscriber,
        house: TapeHouse | None = None,
    ) -> None:
        self._recording = recording
        self._tape_folder = tape_folder
        self._transcriber = transcriber
        self._house = house
        self._listeners: dict[str, Callable[[Spoken], None]] = {}
        self._tapes: WeakSet[HearingTape] = WeakSet()

    def recorder(self, hearing: HearingId, post: Callable[[TapeFact], None], seats: int = 0) -> HearingTape:
        """The hearing's tape. seats: see recording.writer.TapeWriter."""
        house, folder, name = self._house, self._tape_folder(hearing), str(hearing)

        def make(on_fact: Callable[[RecorderFact], None]) -> Recorder | HouseRecorder:
            if house is None:
                return Recorder(self._recording, folder, name, on_fact, seats)
            return house.recorder(folder, name, tape_peer(hearing), on_fact, seats)

        tape = HearingTape(make, post)
        self._tapes.add(tape)
        return tape

    def ear(self, hearing: HearingId, post: Callable[[Spoken], None]) -> HearingEar:
        """The hearing's recogniser ear."""
        self._listeners[str(hearing)] = post
        tap = None if self._house is None else words_peer(hearing)
        return HearingEar(self._transcriber.ear(str(hearing), tap))

    def release(self, hearing: HearingId) -> None:
        """Nobody needs this hearing's ear any more."""
        self._listeners.pop(str(hearing), None)
        self._transcriber.forget(str(hearing))

    def figures(self) -> dict[str, float]:
        """Counts since the start, for operators; those of the tape process are 0 where the tapes are in this one."""
        words, tape = self._transcriber.counts, None if self._house is None else self._house.counts
        return {
            "words_packets_dropped": words.dropped,
            "words_packets_lost": words.lost,
            "words_process_restarts": words.restarts,
            "tape_packets_dropped": 0 if tape is None else tape.dropped,
            "tape_process_restarts": 0 if tape is None else tape.restarts,
            "tape_process_cpu_seconds": 0.0 if tape is None else float(tape.process.get("cpu_s", 0.0)),
            **self._space(),
        }

    def _space(self) -> dict[str, float]:
        """How many hours the room lasts for the tape that has the least; nothing where no tape has said so yet."""
        said = [one.hours_left for one in self._tapes if one.hours_left is not None]
        return {"tape_space_hours_least": min(said)} if said else {}

    def utterance(self, hearing: str, utterance: Utterance) -> None:
        """Called by the transcriber for each utterance of any hearing."""
        listener = self._listeners.get(hearing)
        if listener is not None:
            listener(
                Spoken(
                    utterance=utterance.id,
                    seat=SeatId(utterance.label),
                    t0_ms=utterance.t0_ns // 1_000_000,
                    t1_ms=utterance.t1_ns // 1_000_000,
                    settled=utterance.settled,
                    pending=utterance.pending,
                    final=utterance.final,
                )
            )
