"""From one utterance's sound to text: the port, and Whisper behind it. Knows no packets and no speakers."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from transcripts.model import model_directory
from transcripts.opus import SAMPLE_RATE, Samples

if TYPE_CHECKING:
    from transcripts.settings import TranscriptSettings

LANGUAGES = ("zh", "en")
_FRAME = SAMPLE_RATE // 100  # samples a mel frame
_WINDOW = 3000  # frames; Whisper's own 30 s
_TOKENS_MAX = 448
_TOKENS_SPARE = 20
_FRAMES_PER_STEP = 2  # the encoder halves time: 20 ms a position
_MEDIAN_WIDTH = 7


@dataclass(frozen=True, slots=True)
class Piece:
    """One aligned piece of text; times in seconds from the beginning of the sound."""

    text: str
    t0_s: float
    t1_s: float
    p: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a recogniser understood, unjudged. avg_logprob: mean of token log probabilities, natural."""

    text: str
    avg_logprob: float
    no_speech: float
    language: str
    pieces: tuple[Piece, ...] = ()

    @property
    def confidence(self) -> float:
        """Geometric mean of token probabilities, 0..1."""
        return math.exp(min(0.0, self.avg_logprob))


class Recogniser(Protocol):
    """Understands one utterance at a time; may be called from several threads."""

    def recognise(
        self, sound: Samples, *, language: str, beam: int, pieces: bool = False, whole_window: bool = False
    ) -> Hypothesis:
        """Understand 16 kHz mono sound of at most 30 s.

        language: "zh", "en" or "auto". pieces: align the text with the sound. whole_window: spend five times
        the time on an encoder window of 30 s, which loops less.
        """
        ...


class WhisperRecogniser:
    """Whisper by CTranslate2 with an encoder window as short as the utterance allows.

    faster-whisper pads every utterance to 30 s; the model also takes fewer frames, at a fifth of the time and
    the same error rate as long as some silence follows the speech.
    """

    def __init__(self, settings: TranscriptSettings, prompt: str = "") -> None:
        """Load the model; ModelMissingError when there is none."""
        os.environ["HF_HUB_OFFLINE"] = "1"  # no look at a model hub, whatever a library tries
        directory = model_directory(settings)
        from faster_whisper import WhisperModel  # noqa: PLC0415  heavy, and must see the variable above
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415

        self._settings = settings
        self._model: Any = WhisperModel(
            str(directory),
            device="cpu",
            compute_type=settings.compute_type,
            cpu_threads=settings.cpu_threads,
            num_workers=settings.decoders,
            local_files_only=True,
        )
        self._tokenizers: dict[str, Any] = {
            language: Tokenizer(self._model.hf_tokenizer, True, "transcribe", language)
            for language in LANGUAGES
        }
        tokenizer = self._tokenizers["zh"]
        self._prompt = [tokenizer.sot_prev, *tokenizer.encode(" " + prompt)] if prompt else []

    def recognise(
        self, sound: Samples, *, language: str, beam: int, pieces: bool = False, whole_window: bool = False
    ) -> Hypothesis:
        """Understand 16 kHz mono sound of at most 30 s (see Recogniser)."""
        frames = min(_WINDOW, max(1, len(sound) // _FRAME))
        encoded = self._encode(sound, frames, whole_window)
        if language == "auto":
            language = self._detect(encoded)
        tokenizer = self._tokenizers[language]
        prompt = [*self._prompt, *tokenizer.sot_sequence, tokenizer.no_timestamps]
        length = len(prompt) + _TOKENS_SPARE + math.ceil(frames / 100 * self._settings.tokens_per_second_max)
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=beam,
            max_length=min(_TOKENS_MAX, length),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        aligned = self._align(encoded, tokenizer, tokens, frames) if pieces and tokens else ()
        return Hypothesis(
            tokenizer.decode(tokens).strip(),
            float(result.scores[0]),
            float(result.no_speech_prob),
            language,
            aligned,
        )

    def _encode(self, sound: Samples, frames: int, whole_window: bool) -> Any:
        features = self._model.feature_extractor(sound)[:, :frames]
        spare = self._settings.window_frames_spare
        window = _WINDOW if whole_window else max(self._settings.window_frames_min, frames + spare)
        window = min(_WINDOW, window)
        padded = np.pad(features, ((0, 0), (0, window - features.shape[1])))
        return self._model.encode(np.ascontiguousarray(padded, dtype=np.float32))

    def _detect(self, encoded: Any) -> str:
        """Choose among the languages we write."""
        ranked = self._model.model.detect_language(encoded)[0]
        names = [token.strip("<|>") for token, _ in ranked]
        return next((name for name in names if name in LANGUAGES), LANGUAGES[0])

    def _align(self, encoded: Any, tokenizer: Any, tokens: list[int], frames: int) -> tuple[Piece, ...]:
        """Find when each piece was said, by the decoder's attention (dynamic time warping in CTranslate2)."""
        aligned = self._model.model.align(
            encoded, tokenizer.sot_sequence, [tokens], frames, median_filter_width=_MEDIAN_WIDTH
        )[0]
        step_s = _FRAMES_PER_STEP / 100
        begins: dict[int, float] = {}
        for token, step in aligned.alignments:
            begins.setdefault(token, step * step_s)
        end_s = frames / 100
        texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
        pieces = []
        at = 0
        for text, group in zip(texts[:-1], groups[:-1], strict=True):
            after = at + len(group)
            t0_s, t1_s = begins.get(at, end_s), begins.get(after, end_s)
            p = float(np.mean(aligned.text_token_probs[at:after]))
            pieces.append(Piece(text, min(t0_s, end_s), min(max(t0_s, t1_s), end_s), p))
            at = after
        return tuple(pieces)
