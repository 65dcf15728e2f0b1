"""Utterances: provisional, then final, never rewritten once final. Pure; knows speakers only by label."""

from __future__ import annotations

from dataclasses import dataclass, replace


class RewriteError(ValueError):
    """Somebody tried to change what stands: a final utterance, or settled words of a provisional one."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word (in Chinese mostly one character): times in milliseconds from the file's start, p in 0..1."""

    text: str
    t0_ms: int
    t1_ms: int
    p: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker said between two silences, as far as it is known now.

    t0_ns, t1_ns: wall clock, UTC, of the first and the last voiced sound so far.
    settled: will stay while provisional. pending: may still change; "" once final.
    A final utterance may word settled text anew (a better decode of the whole); a final utterance without
    text takes its provisional captions back (they were judged noise).
    confidence: 0..1, the geometric mean of token probabilities; None where unknown.
    """

    id: str
    label: str
    t0_ns: int
    t1_ns: int
    settled: str
    pending: str
    final: bool
    confidence: float | None
    words: tuple[Word, ...] = ()

    @property
    def text(self) -> str:
        """All that is known now."""
        return self.settled + self.pending


@dataclass(frozen=True, slots=True)
class FinalUtterance:
    """One line of the final pass; times in milliseconds from the start of its file."""

    label: str
    t0_ms: int
    t1_ms: int
    text: str
    confidence: float | None
    words: tuple[Word, ...] = ()


def succeed(old: Utterance | None, new: Utterance) -> Utterance:
    """Give new as the successor of old (None: its first appearance); RewriteError where the rules forbid it.

    Rules: nothing follows a final; id, label and beginning stay; the end never moves back; while provisional
    the settled text only grows.
    """
    if old is None:
        return new
    if old.final:
        raise RewriteError("a final utterance stands")
    if (old.id, old.label, old.t0_ns) != (new.id, new.label, new.t0_ns):
        raise RewriteError("an utterance keeps its id, speaker and beginning")
    if not new.final:
        if new.t1_ns < old.t1_ns:
            raise RewriteError("an utterance only grows")
        if not new.settled.startswith(old.settled):
            raise RewriteError("settled words stay while provisional")
    return new


def abandon(old: Utterance) -> Utterance:
    """Make final what was settled: the rest of this utterance will never be decoded."""
    return replace(old, pending="", final=True, confidence=None)
