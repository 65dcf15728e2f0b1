"""Where somebody speaks: silero's probabilities, cut into utterances. One speaker each; holds no more than one.

The silero model (v6, ONNX) comes inside faster-whisper; it judges chunks of 512 samples (32 ms) with 64
samples of context and a recurrent state. Never decides what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from transcripts.opus import SAMPLE_RATE, Samples

if TYPE_CHECKING:
    from transcripts.settings import TranscriptSettings

CHUNK = 512
CHUNK_MS = CHUNK * 1000 // SAMPLE_RATE
_CONTEXT = 64
_NS_PER_CHUNK = CHUNK * 1_000_000_000 // SAMPLE_RATE
_QUIET_CHUNKS = 3  # loudness is compared over so many chunks


class VoiceModelMissingError(RuntimeError):
    """The silero model is not in the installed packages."""


class SpeechModel(Protocol):
    """Judges chunks of one speaker, in order."""

    def probabilities(self, chunks: Samples) -> Samples:
        """Give P(speech) of each row of shape (n, 512)."""
        ...


def load_session() -> Any:
    """Load silero once for all speakers; VoiceModelMissingError when faster-whisper carries none."""
    import onnxruntime  # noqa: PLC0415  heavy: only a recogniser's process pays for it

    for file in metadata.files("faster-whisper") or []:
        if file.name.startswith("silero_vad") and file.suffix == ".onnx":
            options = onnxruntime.SessionOptions()
            options.inter_op_num_threads = 1
            options.intra_op_num_threads = 1
            options.log_severity_level = 3
            path = str(file.locate())
            return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    raise VoiceModelMissingError("the package faster-whisper carries no silero_vad*.onnx")


class Silero:
    """One speaker's silero state over a shared session."""

    __slots__ = ("_c", "_context", "_h", "_session")

    def __init__(self, session: Any) -> None:
        self._session = session
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def probabilities(self, chunks: Samples) -> Samples:
        """Give P(speech) of each row of shape (n, 512)."""
        rows = np.empty((len(chunks), _CONTEXT + CHUNK), np.float32)
        rows[:, _CONTEXT:] = chunks
        rows[0, :_CONTEXT] = self._context
        rows[1:, :_CONTEXT] = chunks[:-1, -_CONTEXT:]
        self._context = chunks[-1, -_CONTEXT:].copy()
        out, self._h, self._c = self._session.run(None, {"input": rows, "h": self._h, "c": self._c})
        judged: Samples = np.asarray(out, np.float32).reshape(-1)
        return judged


@dataclass(frozen=True, slots=True)
class Speech:
    """One utterance's sound. t0_ns, t1_ns: wall time of its voiced part; lead_ns: sound kept before t0_ns."""

    t0_ns: int
    t1_ns: int
    lead_ns: int
    samples: Samples


@dataclass(slots=True)
class _Chunk:
    samples: Samples
    voiced: bool
    wall_ns: int


class Voice:
    """Cuts one speaker's sound into utterances."""

    __slots__ = (
        "_cap", "_chunks", "_endpoint", "_first", "_last", "_lead", "_model", "_open", "_rest", "_search",
        "_settings", "_tail", "_trail", "_voiced", "_voiced_min", "_wall_ns",
    )  # fmt: skip

    def __init__(self, model: SpeechModel, settings: TranscriptSettings) -> None:
        self._model = model
        self._settings = settings
        self._lead = settings.lead_ms // CHUNK_MS
        self._trail = settings.trail_ms // CHUNK_MS
        self._endpoint = max(1, round(settings.endpoint_ms / CHUNK_MS))
        self._tail = max(1, round(settings.tail_ms / CHUNK_MS))
        self._voiced_min = max(1, settings.speech_ms_min // CHUNK_MS)
        self._cap = max(4, int(settings.utterance_s_max * 1000) // CHUNK_MS)
        self._search = min(self._cap - 2, int(settings.cut_search_s * 1000) // CHUNK_MS)
        self._rest = np.zeros(0, np.float32)
        self._wall_ns = 0
        self._chunks: list[_Chunk] = []
        self._open = False
        self._first = self._last = self._voiced = 0

    @property
    def speaking(self) -> bool:
        """An utterance is open and long enough to be one."""
        return self._open and self._voiced >= self._voiced_min

    @property
    def open_s(self) -> float:
        """Seconds of sound of the open utterance."""
        return len(self._chunks) * CHUNK_MS / 1000 if self._open else 0.0

    @property
    def tail(self) -> int | None:
        """The voiced end's chunk number once a short silence followed it: the utterance may be over there."""
        quiet = len(self._chunks) - 1 - self._last
        return self._last if self.speaking and quiet >= self._tail else None

    def so_far(self, *, to_voiced_end: bool = False) -> Speech:
        """Give the open utterance's sound up to now, or as it would be cut at its last voiced chunk."""
        return self._speech(self._last + 1 + self._trail if to_voiced_end else len(self._chunks))

    def push(self, samples: Samples, wall_ns: int) -> list[Speech]:
        """Take the sound that follows; give the utterances that ended in it."""
        self._wall_ns = wall_ns - len(self._rest) * 1_000_000_000 // SAMPLE_RATE
        sound = np.concatenate([self._rest, samples])
        count = len(sound) // CHUNK
        self._rest = sound[count * CHUNK :]
        if not count:
            return []
        rows = sound[: count * CHUNK].reshape(count, CHUNK)
        ended: list[Speech] = []
        for row, probability in zip(rows, self._model.probabilities(rows), strict=True):
            done = self._take(row, float(probability))
            if done is not None:
                ended.append(done)
        return ended

    def close(self) -> Speech | None:
        """End the open utterance now and forget the sound: what comes next does not follow."""
        speech = self._speech(self._last + 1 + self._trail) if self.speaking else None
        self._chunks.clear()
        self._open = False
        self._voiced = 0
        self._rest = np.zeros(0, np.float32)
        return speech

    def _take(self, row: Samples, probability: float) -> Speech | None:
        threshold = self._settings.silence_threshold if self._open else self._settings.speech_threshold
        voiced = probability >= threshold
        self._chunks.append(_Chunk(row, voiced, self._wall_ns))
        self._wall_ns += _NS_PER_CHUNK
        index = len(self._chunks) - 1
        if voiced and not self._open:
            self._open, self._first, self._voiced = True, index, 0
        if not self._open:
            del self._chunks[: max(0, len(self._chunks) - self._lead)]
            return None
        if voiced:
            self._last = index
            self._voiced += 1
        if index - self._last >= self._endpoint:
            return self._end()
        if len(self._chunks) >= self._cap:
            return self._split()
        return None

    def _end(self) -> Speech | None:
        speech = self._speech(self._last + 1 + self._trail) if self.speaking else None
        self._chunks = self._chunks[max(self._last + 1, len(self._chunks) - self._lead) :]
        self._open = False
        self._voiced = 0
        return speech

    def _split(self) -> Speech | None:
        """Cut at the quietest point of the last seconds; the sound after it opens the next utterance."""
        power = np.array([float(np.mean(chunk.samples**2)) for chunk in self._chunks[-self._search :]])
        smooth = np.convolve(power, np.ones(_QUIET_CHUNKS) / _QUIET_CHUNKS, mode="valid")
        cut = len(self._chunks) - self._search + int(np.argmin(smooth)) + _QUIET_CHUNKS // 2
        rest = self._chunks[cut:]
        whole_last, self._last = self._last, min(self._last, cut - 1)
        speech = self._speech(cut) if self.speaking else None
        heard = [index for index, chunk in enumerate(rest) if chunk.voiced]
        self._open = bool(heard)
        self._chunks = rest if heard else rest[-self._lead :]
        self._first = heard[0] if heard else 0
        self._last = max(0, whole_last - cut)
        self._voiced = len(heard)
        return speech

    def _speech(self, end: int) -> Speech:
        chunks = self._chunks[:end]
        first = self._chunks[self._first]
        last = self._chunks[min(self._last, len(chunks) - 1)]
        samples = np.concatenate([chunk.samples for chunk in chunks])
        return Speech(first.wall_ns, last.wall_ns + _NS_PER_CHUNK, first.wall_ns - chunks[0].wall_ns, samples)
