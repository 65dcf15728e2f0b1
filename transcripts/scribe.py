"""What may be written of a decode: script, guards, a second look at loops. Never adds a word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transcripts.guards import check
from transcripts.opus import SAMPLE_RATE
from transcripts.recogniser import Piece
from transcripts.script import written

if TYPE_CHECKING:
    from transcripts.guards import Verdict
    from transcripts.opus import Samples
    from transcripts.recogniser import Hypothesis, Recogniser


@dataclass(frozen=True, slots=True)
class Writing:
    """Text fit to be shown ("": nothing was said). pieces: empty when a guard shortened the text."""

    text: str
    confidence: float | None
    pieces: tuple[Piece, ...] = ()


class Scribe:
    """A recogniser whose output has been judged. dropped: how often each guard spoke."""

    def __init__(self, recogniser: Recogniser, prompt: str = "") -> None:
        self._recogniser = recogniser
        self._prompt = prompt
        self.dropped: Counter[str] = Counter()

    def write(
        self, sound: Samples, *, language: str, beam: int, pieces: bool = False, careful: bool = False
    ) -> Writing:
        """Understand and judge one utterance. careful: look again at a loop with the whole window."""
        seconds = len(sound) / SAMPLE_RATE
        heard = self._recogniser.recognise(sound, language=language, beam=beam, pieces=pieces)
        verdict = self._judge(heard, seconds)
        if careful and verdict.reason in {"loop", "rate"}:
            again = self._recogniser.recognise(
                sound, language=language, beam=beam, pieces=pieces, whole_window=True
            )
            second = self._judge(again, seconds)
            if second.text:
                heard, verdict = again, second
        if verdict.reason is not None:
            self.dropped[verdict.reason] += 1
        if not verdict.text:
            return Writing("", None)
        kept = _rewritten(heard.pieces) if verdict.reason is None else ()
        return Writing(verdict.text, round(heard.confidence, 3), kept)

    def _judge(self, heard: Hypothesis, seconds: float) -> Verdict:
        return check(
            written(heard.text),
            seconds=seconds,
            avg_logprob=heard.avg_logprob,
            no_speech=heard.no_speech,
            prompt=self._prompt,
        )


def _rewritten(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Write the pieces as the whole text is written: t2s knows phrases, so it must see the whole."""
    raw = "".join(piece.text for piece in pieces)
    whole = written(raw)
    if len(whole) != len(raw):
        return tuple(Piece(written(piece.text), piece.t0_s, piece.t1_s, piece.p) for piece in pieces)
    out = []
    at = 0
    for piece in pieces:
        out.append(Piece(whole[at : at + len(piece.text)], piece.t0_s, piece.t1_s, piece.p))
        at += len(piece.text)
    return tuple(out)
