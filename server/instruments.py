"""The instruments as conduct sees them: translates orders down and facts up. Holds no law, keeps no packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from recording.facts import TapeFact as RecorderFact
from recording.facts import (
    TapeFaulted,
    TapeOrder,
    TapePaused,
    TapeProgress,
    TapeRolling,
    TapeUnavailable,
)
from recording.recorder import Recorder
from server.courtroom.ports import Spoken, TapeFact, Unavailable
from server.hearing.commands import TapeState
from server.hearing.ids import HearingId, SeatId
from transcripts.live import WordsOrder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media.taps import TapPacket, TapReport
    from recording.settings import RecordingSettings
    from server.courtroom.ports import TapePlan, WordsPlan
    from transcripts.live import Ear, LiveTranscriber
    from transcripts.segments import Utterance

NOT_OPEN = "not_open"


class HearingTape:
    """One hearing's tape (server.courtroom.ports.TapeRecorder)."""

    def __init__(
        self, settings: RecordingSettings, folder: Path, hearing: HearingId, post: Callable[[TapeFact], None]
    ) -> None:
        self._post = post
        self._recorder = Recorder(settings, folder, str(hearing), self._fact)

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

    def offer(self, item: TapPacket | TapReport) -> bool:
        """media.taps.Tap."""
        return self._recorder.offer(item)

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
                self._post(TapeFact(TapeState.ROLLING))
            case TapePaused():
                idle = fact.ground == NOT_OPEN
                self._post(TapeFact(TapeState.IDLE) if idle else TapeFact(TapeState.PAUSED, fact.ground))
            case TapeFaulted():
                self._post(TapeFact(TapeState.FAULTED, fact.reason))
            case TapeProgress():
                self._post(TapeFact(None, safe_until_ms=fact.safe_until_ns // 1_000_000))
            case _:
                assert_never(fact)


class HearingEar:
    """The recogniser's ear in one hearing (server.courtroom.ports.Ear)."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def follow(self, plan: WordsPlan) -> None:
        """Whom it may listen to from now on."""
        self._ear.follow(WordsOrder(labels=plan.labels, language=plan.language))

    def offer(self, item: TapPacket | TapReport) -> bool:
        """media.taps.Tap."""
        return self._ear.offer(item)


class HouseInstruments:
    """Makes the instruments of each hearing (server.courtroom.ports.Instruments)."""

    def __init__(
        self,
        recording: RecordingSettings,
        tape_folder: Callable[[HearingId], Path],
        transcriber: LiveTranscriber,
    ) -> None:
        self._recording = recording
        self._tape_folder = tape_folder
        self._transcriber = transcriber
        self._listeners: dict[str, Callable[[Spoken], None]] = {}

    def recorder(self, hearing: HearingId, post: Callable[[TapeFact], None]) -> HearingTape:
        """The hearing's tape."""
        return HearingTape(self._recording, self._tape_folder(hearing), hearing, post)

    def ear(self, hearing: HearingId, post: Callable[[Spoken], None]) -> HearingEar:
        """The hearing's recogniser ear."""
        self._listeners[str(hearing)] = post
        return HearingEar(self._transcriber.ear(str(hearing)))

    def release(self, hearing: HearingId) -> None:
        """Nobody needs this hearing's ear any more."""
        self._listeners.pop(str(hearing), None)
        self._transcriber.forget(str(hearing))

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
