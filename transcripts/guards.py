"""Text nobody said: loops, phrases the model learned from video subtitles, prompt echoes. Pure.

Whisper writes such text for noise, music and badly cut sound. A guard drops or shortens it and says why;
it never adds or replaces a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from transcripts.agreement import content

# Phrases of subtitle writers; a sentence with one of them goes, wherever it stands. Nothing here may be a thing
# a court would talk about (so no 字幕组, no 作词: there are copyright cases).
_CREDITS = re.compile(
    r"amara\.?org|字幕由|字幕志愿者|不吝点赞|点赞.{0,3}订阅|订阅.{0,3}转发|打赏支持|明镜与点点|优优独播"
    r"|subtitles? by the|captions? by the|like and subscribe",
    re.IGNORECASE,
)
# Things a person might say; they go only when they are the whole utterance.
_FAREWELLS = frozenset(
    {
        "谢谢观看", "感谢观看", "谢谢大家观看", "感谢您的观看", "感谢大家的观看", "谢谢收看", "感谢收看", "我们下期再见",
        "下期再见", "欢迎订阅", "请订阅", "thankyouforwatching", "thanksforwatching", "thankyousomuchforwatching",
        "pleasesubscribe", "以下是普通话的句子",
    }
)  # fmt: skip
_SENTENCE = re.compile(r"[^。！？!?]*[。！？!?]*")
_UNIT_MAX = 24  # longest repeated unit looked for, content characters
_REPEATS = 4  # so many in a row of a unit of two or more characters are a loop
_REPEATS_SHORT = 8  # for one character: 对对对对 is speech
_LOOP_SHARE = 0.6  # a loop that fills more of the text than this leaves nothing trustworthy
_IDEOGRAPH_FIRST, _IDEOGRAPH_LAST = "\u4e00", "\u9fff"
_IDEOGRAPHS_PER_SECOND = 14  # nobody speaks Mandarin faster
_SHORT_S = 0.5  # rates of shorter sound say nothing
_NO_SPEECH = 0.6  # with _LOGPROB_LOW: Whisper's own test for silence
_LOGPROB_LOW = -1.0
_LOGPROB_HOPELESS = -1.6


@dataclass(frozen=True, slots=True)
class Verdict:
    """text: what may be shown ("": nothing). reason: None when nothing was touched, else the guard's name."""

    text: str
    reason: str | None = None


def check(text: str, *, seconds: float, avg_logprob: float, no_speech: float, prompt: str = "") -> Verdict:
    """Judge one decode of seconds of sound. Reasons: empty, silence, unsure, echo, phrase, loop, rate."""
    letters = content(text).lower()
    whole = _whole_reason(letters, avg_logprob, no_speech, content(prompt).lower())
    if whole is not None:
        return Verdict("", whole)
    kept = without_credits(text)
    shorter, share = without_loops(kept)
    reason = None
    if not content(kept):
        reason = "phrase"
    elif share > _LOOP_SHARE:
        reason = "loop"
    elif seconds > _SHORT_S and _ideographs(shorter) > _IDEOGRAPHS_PER_SECOND * seconds:
        reason = "rate"
    if reason is not None:
        return Verdict("", reason)
    if shorter != kept:
        return Verdict(shorter, "loop")
    return Verdict(kept, "phrase" if kept != text else None)


def _whole_reason(letters: str, avg_logprob: float, no_speech: float, prompt: str) -> str | None:
    """Give the guard that drops the whole text at first sight, if any."""
    if not letters:
        return "empty"
    if avg_logprob < _LOGPROB_HOPELESS:
        return "unsure"
    if no_speech > _NO_SPEECH and avg_logprob < _LOGPROB_LOW:
        return "silence"
    if prompt and echoes(letters, prompt):
        return "echo"
    return "phrase" if letters in _FAREWELLS else None


def echoes(letters: str, prompt: str) -> bool:
    """Say whether the letters are (repeats of) the prompt's or a part of it; four letters at least."""
    if len(letters) < _REPEATS or not prompt:
        return False
    return letters in prompt or letters.replace(prompt, "") == ""


def without_credits(text: str) -> str:
    """Take out each sentence with a subtitle writer's phrase."""
    return "".join(part for part in _SENTENCE.findall(text) if not _CREDITS.search(part))


def without_loops(text: str) -> tuple[str, float]:
    """Cut each loop to one unit; give the text and the share of its content that was repetition.

    A loop is a unit of 2.. content characters four times in a row, or one character (not a digit) eight
    times; punctuation between the repeats doesn't hide it.
    """
    positions = [index for index, character in enumerate(text) if character.isalnum()]
    letters = "".join(text[index] for index in positions)
    pieces: list[str] = []
    done = 0  # index in text up to which it is copied
    repeated = 0
    at = 0
    while at < len(letters):
        unit, times = _loop_at(letters, at)
        if not times:
            at += 1
            continue
        keep_end = positions[at + unit - 1] + 1
        pieces.append(text[done:keep_end])
        at += unit * times
        repeated += unit * (times - 1)
        done = positions[at - 1] + 1
    pieces.append(text[done:])
    return "".join(pieces), repeated / len(letters) if letters else 0.0


def _loop_at(letters: str, at: int) -> tuple[int, int]:
    """Give (unit length, times) of the loop that begins at an index, (0, 0) without one."""
    for unit in range(1, min(_UNIT_MAX, (len(letters) - at) // _REPEATS) + 1):
        piece = letters[at : at + unit]
        if piece.isdigit():
            continue  # 100000000 and 88888888 are numbers
        times = 1
        while letters.startswith(piece, at + unit * times):
            times += 1
        if times >= (_REPEATS if unit > 1 else _REPEATS_SHORT):
            return unit, times
    return 0, 0


def _ideographs(text: str) -> int:
    return sum(_IDEOGRAPH_FIRST <= character <= _IDEOGRAPH_LAST for character in text)
