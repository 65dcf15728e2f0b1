"""The recogniser's desk: speakers, their open utterances, and which decode is next. No threads, no clock.

One queue over all speakers: what ended comes before what is still being said; a provisional decode is made
from the sound of the moment it starts, so none is ever stale. What waits is bounded in seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transcripts.agreement import Agreement
from transcripts.frames import FrameKind
from transcripts.opus import SAMPLE_RATE, Samples
from transcripts.sound import Break, SoundLine
from transcripts.voice import SpeechModel, Voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from transcripts.frames import OpusPacket
    from transcripts.scribe import Writing
    from transcripts.settings import TranscriptSettings
    from transcripts.sound import Sound
    from transcripts.voice import Speech

Message = tuple[FrameKind, dict[str, Any]]
PARTIAL, TAIL, FINAL = "partial", "tail", "final"


@dataclass(frozen=True, slots=True)
class Job:
    """One decode to make. kind: "partial", "tail" (the end, prepared ahead) or "final"."""

    kind: str
    stream: int
    number: int
    sound: Samples
    t1_ns: int
    language: str
    beam: int

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.sound) / SAMPLE_RATE


class _Open:
    """One utterance, from its first voiced sound to its final text."""

    __slots__ = ("agreement", "decoded_s", "number", "shown", "speech", "t0_ns", "tail", "tail_asked")

    def __init__(self, number: int, t0_ns: int) -> None:
        self.number = number
        self.t0_ns = t0_ns
        self.agreement = Agreement()
        self.decoded_s = 0.0  # seconds of sound in the last provisional decode
        self.shown = False  # somebody saw a caption of it
        self.tail_asked: int | None = None  # voiced end for which the final text is being prepared
        self.tail: tuple[int, Writing] | None = None  # samples decoded, result
        self.speech: Speech | None = None  # set when it has ended


class _Speaker:
    __slots__ = ("closed", "current", "ended", "heard_at", "language", "line", "number", "stream", "voice")

    def __init__(self, stream: int, language: str, model: SpeechModel, settings: TranscriptSettings) -> None:
        self.stream = stream
        self.language = language
        self.line = SoundLine(settings)
        self.voice = Voice(model, settings)
        self.number = 0
        self.current: _Open | None = None
        self.ended: dict[int, _Open] = {}  # ended, not yet final
        self.heard_at = 0.0
        self.closed = False


class Desk:
    """All speakers of one recogniser process. Output is collected and taken by `take_out`."""

    def __init__(self, settings: TranscriptSettings, new_model: Callable[[], SpeechModel]) -> None:
        self._settings = settings
        self._new_model = new_model
        self._speakers: dict[int, _Speaker] = {}
        self._finals: deque[Job] = deque()
        self._busy: set[tuple[int, int]] = set()  # utterances with a decode under way
        self._out: list[Message] = []
        self._gone: dict[str, int] = {"packets": 0, "lost": 0, "late": 0, "refused": 0, "errors": 0}
        self.skipped_s = 0.0

    @property
    def backlog_s(self) -> float:
        """Seconds of ended speech that wait to be decoded."""
        return sum(job.seconds for job in self._finals)

    def counts(self) -> dict[str, int]:
        """Packets so far, over all speakers, the gone ones too."""
        total = dict(self._gone)
        for speaker in self._speakers.values():
            self._add_counts(total, speaker)
        return total

    def take_out(self) -> list[Message]:
        """Give what is to be sent, and forget it."""
        out, self._out = self._out, []
        return out

    def open(self, stream: int, language: str) -> None:
        """Begin to listen to a speaker."""
        if len(self._speakers) < self._settings.speakers_max:
            self._speakers[stream] = _Speaker(stream, language, self._new_model(), self._settings)

    def close(self, stream: int) -> None:
        """Hear nothing more of a speaker; finalise what was said. ENDED follows its last utterance."""
        speaker = self._speakers.get(stream)
        if speaker is None:
            self._out.append((FrameKind.ENDED, {"stream": stream}))
            return
        self._hear(speaker, speaker.line.flush())
        self._finish(speaker, speaker.voice.close())
        speaker.closed = True
        self._end_if_done(speaker)

    def packet(self, packet: OpusPacket, now_s: float) -> None:
        """Take one packet; of an unknown speaker it is counted and dropped."""
        speaker = self._speakers.get(packet.stream)
        if speaker is None or speaker.closed:
            self._gone["refused"] += 1
            return
        speaker.heard_at = now_s
        self._hear(speaker, speaker.line.push(packet))

    def idle(self, now_s: float) -> None:
        """Let time pass: whoever has sent nothing for a while has stopped speaking."""
        for speaker in list(self._speakers.values()):
            if speaker.current is not None and now_s - speaker.heard_at >= self._settings.idle_ms / 1000:
                self._hear(speaker, speaker.line.flush())
                self._finish(speaker, speaker.voice.close())

    def next_job(self) -> Job | None:
        """Give the decode to make now: the oldest final, then a prepared end, then the hungriest partial."""
        if self._finals:
            return self._begun(self._finals.popleft())
        hungriest: tuple[float, _Speaker, _Open] | None = None
        for speaker in self._speakers.values():
            utterance = speaker.current
            if utterance is None or (speaker.stream, utterance.number) in self._busy:
                continue
            tail = speaker.voice.tail
            if tail is not None:
                if utterance.tail_asked != tail:
                    utterance.tail_asked = tail
                    return self._begun(self._job(TAIL, speaker, utterance))
                continue
            fresh = speaker.voice.open_s - utterance.decoded_s
            step = self._settings.partial_step_s if utterance.decoded_s else self._settings.first_partial_s
            if fresh >= step and (hungriest is None or fresh > hungriest[0]):
                hungriest = (fresh, speaker, utterance)
        if hungriest is None:
            return None
        return self._begun(self._job(PARTIAL, hungriest[1], hungriest[2]))

    def done(self, job: Job, writing: Writing | None) -> None:
        """Take a decode's result; None: it failed."""
        self._busy.discard((job.stream, job.number))
        speaker = self._speakers.get(job.stream)
        if speaker is None:
            return
        utterance = self._find(speaker, job.number)
        if utterance is None:
            return
        if job.kind == FINAL:
            self._final(speaker, utterance, writing)
        elif job.kind == TAIL:
            self._tail_done(speaker, utterance, job, writing)
        elif utterance.speech is None and writing is not None and writing.text:
            self._show(speaker, utterance, job, writing.text)

    # How an utterance goes.

    def _hear(self, speaker: _Speaker, items: Iterable[Sound | Break]) -> None:
        for item in items:
            if isinstance(item, Break):
                self._finish(speaker, speaker.voice.close())
                continue
            for speech in speaker.voice.push(item.samples, item.wall_ns):
                self._finish(speaker, speech)
            if speaker.current is None and speaker.voice.speaking:
                self._start(speaker, speaker.voice.so_far().t0_ns)

    def _start(self, speaker: _Speaker, t0_ns: int) -> _Open:
        speaker.number += 1
        speaker.current = _Open(speaker.number, t0_ns)
        return speaker.current

    def _finish(self, speaker: _Speaker, speech: Speech | None) -> None:
        """Queue the final decode of what ended, or use the one prepared."""
        utterance, speaker.current = speaker.current, None
        if speech is None:
            if utterance is not None and utterance.shown:
                self._emit(speaker, utterance, "", "", final=True, t1_ns=utterance.t0_ns, confidence=None)
            return
        if utterance is None:
            utterance = self._start(speaker, speech.t0_ns)
            speaker.current = None
        utterance.speech = speech
        speaker.ended[utterance.number] = utterance
        if utterance.tail is not None and utterance.tail[0] == len(speech.samples):
            self._final(speaker, utterance, utterance.tail[1])
            return
        sound, t1_ns, language = speech.samples, speech.t1_ns, speaker.language
        self._finals.append(
            Job(FINAL, speaker.stream, utterance.number, sound, t1_ns, language, self._beam())
        )
        self._bound()

    def _beam(self) -> int:
        """Spend the beam only while nobody waits."""
        return self._settings.live_beam if len(self._finals) > 1 else self._settings.final_beam

    def _tail_done(self, speaker: _Speaker, utterance: _Open, job: Job, writing: Writing | None) -> None:
        if writing is None:
            return
        if utterance.speech is None:
            utterance.tail = (len(job.sound), writing)
            if writing.text:
                self._show(speaker, utterance, job, writing.text)
        elif len(job.sound) == len(utterance.speech.samples):
            self._finals = deque(
                other for other in self._finals if (other.stream, other.number) != (job.stream, job.number)
            )
            self._final(speaker, utterance, writing)

    def _bound(self) -> None:
        """Give up the oldest speech when more waits than the bound; what was settled of it stands."""
        while len(self._finals) > 1 and self.backlog_s > self._settings.backlog_s_max:
            job = self._finals.popleft()
            self.skipped_s += job.seconds
            self._out.append((FrameKind.SKIPPED, {"stream": job.stream, "seconds": round(job.seconds, 2)}))
            speaker = self._speakers.get(job.stream)
            utterance = None if speaker is None else speaker.ended.get(job.number)
            if speaker is not None and utterance is not None:
                self._final(speaker, utterance, None)

    # What is said of it.

    def _show(self, speaker: _Speaker, utterance: _Open, job: Job, text: str) -> None:
        settled, pending = utterance.agreement.hear(text)
        self._emit(speaker, utterance, settled, pending, final=False, t1_ns=job.t1_ns, confidence=None)

    def _final(self, speaker: _Speaker, utterance: _Open, writing: Writing | None) -> None:
        """Say the last word of an utterance; without a decode what was settled stands."""
        speech = utterance.speech
        text = utterance.agreement.settled if writing is None else writing.text
        if speech is not None and (text or utterance.shown):
            confidence = None if writing is None else writing.confidence
            self._emit(speaker, utterance, text, "", final=True, t1_ns=speech.t1_ns, confidence=confidence)
        speaker.ended.pop(utterance.number, None)
        self._end_if_done(speaker)

    def _emit(
        self,
        speaker: _Speaker,
        utterance: _Open,
        settled: str,
        pending: str,
        *,
        final: bool,
        t1_ns: int,
        confidence: float | None,
    ) -> None:
        utterance.shown = True
        body = {
            "stream": speaker.stream,
            "number": utterance.number,
            "t0_ns": utterance.t0_ns,
            "t1_ns": max(t1_ns, utterance.t0_ns),
            "settled": settled,
            "pending": pending,
            "final": final,
            "confidence": confidence,
        }
        self._out.append((FrameKind.UTTERANCE, body))

    def _end_if_done(self, speaker: _Speaker) -> None:
        if speaker.closed and not speaker.ended and self._speakers.pop(speaker.stream, None) is not None:
            self._add_counts(self._gone, speaker)
            self._out.append((FrameKind.ENDED, {"stream": speaker.stream}))

    # Small parts.

    def _job(self, kind: str, speaker: _Speaker, utterance: _Open) -> Job:
        utterance.decoded_s = speaker.voice.open_s
        speech = speaker.voice.so_far(to_voiced_end=kind == TAIL)
        beam = self._beam() if kind == TAIL else self._settings.live_beam
        return Job(
            kind, speaker.stream, utterance.number, speech.samples, speech.t1_ns, speaker.language, beam
        )

    def _begun(self, job: Job) -> Job:
        self._busy.add((job.stream, job.number))
        return job

    @staticmethod
    def _find(speaker: _Speaker, number: int) -> _Open | None:
        if speaker.current is not None and speaker.current.number == number:
            return speaker.current
        return speaker.ended.get(number)

    @staticmethod
    def _add_counts(total: dict[str, int], speaker: _Speaker) -> None:
        total["packets"] += speaker.line.counts.packets
        total["lost"] += speaker.line.counts.lost
        total["late"] += speaker.line.late
        total["errors"] += speaker.line.errors
