"""Character error rate of Chinese text: punctuation apart, simplified script, 35万 = 三十五万."""

from __future__ import annotations

import re

from transcripts.script import written

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_NUMBER = re.compile(r"\d{1,4}")


def spoken(number: str) -> str:
    """Say up to four digits as Chinese does: 35 -> 三十五, 205 -> 二百零五."""
    digits = number.lstrip("0")
    if not digits:
        return _DIGITS[0]
    out = ""
    gap = False
    for index, digit in enumerate(digits):
        if digit == "0":
            gap = True
            continue
        out += ("零" if gap else "") + _DIGITS[int(digit)] + _PLACES[len(digits) - 1 - index]
        gap = False
    return out.removeprefix("一") if out.startswith("一十") else out


def plain(text: str) -> str:
    """Give what is compared."""
    text = _NUMBER.sub(lambda match: spoken(match.group()), written(text))
    return "".join(character.lower() for character in text if character.isalnum())


def distance(one: str, other: str) -> int:
    """Give the edit distance of two texts."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        previous, row[0] = row[0], i
        for j, right in enumerate(other, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


def cer(pairs: list[tuple[str, str]]) -> float:
    """Give the error rate in percent over pairs (reference, hypothesis)."""
    errors = sum(distance(plain(reference), plain(hypothesis)) for reference, hypothesis in pairs)
    return 100 * errors / max(1, sum(len(plain(reference)) for reference, _ in pairs))
