"""Which characters of a running guess are settled: LocalAgreement-2 by character. Pure; never takes back.

Two decodes in a row of the same growing sound must agree on a character before it counts as settled
(Liu, Niehues, Spanakis 2020, "Low-latency sequence-to-sequence speech recognition ..."). Punctuation and
spaces come and go between decodes, so only letters, digits and ideographs are compared; the punctuation
between two settled characters is settled with the second one.
"""

from __future__ import annotations


def is_content(character: str) -> bool:
    """Say whether a character is compared (a letter, digit or ideograph)."""
    return character.isalnum()


def content(text: str) -> str:
    """Give only the compared characters of a text."""
    return "".join(character for character in text if is_content(character))


def cut_after(text: str, count: int) -> int:
    """Give the index in text right after its count-th content character; len(text) when it has fewer."""
    if count <= 0:
        return 0
    seen = 0
    for index, character in enumerate(text):
        if is_content(character):
            seen += 1
            if seen == count:
                return index + 1
    return len(text)


def common_length(one: str, other: str) -> int:
    """Give the length of the common beginning of two texts."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))


class Agreement:
    """One utterance's running guess. `settled` only ever grows; the rest is `pending`."""

    __slots__ = ("_count", "_previous", "pending", "settled")

    def __init__(self) -> None:
        self.settled = ""
        self.pending = ""
        self._previous = ""
        self._count = 0

    def hear(self, guess: str) -> tuple[str, str]:
        """Take the next decode; give (settled, pending). A guess that contradicts what is settled keeps it."""
        letters = content(guess)
        agreed = max(self._count, common_length(self._previous, letters))
        start = cut_after(guess, self._count)
        end = cut_after(guess, agreed)
        if agreed > self._count:
            self.settled += guess[start:end]
            self._count = agreed
            start = end
        self.pending = guess[start:]
        self._previous = letters
        return self.settled, self.pending
