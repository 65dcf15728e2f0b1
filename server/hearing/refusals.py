"""Refusals: the law says no, with its reason, the article and a sentence in Chinese and English. Pure.

Articles: OLR 人民法院在线诉讼规则 (2021), OMR 人民法院在线调解规则 (2022), AVR 庭审录音录像规定 (2017), CR 人民法院法庭规则
(2016), CPL 民事诉讼法 (2023), CPLI 民事诉讼法解释 (2022); "" where it is the order of this system and no article says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import (
    words_care,
    words_checkin,
    words_core,
    words_doors,
    words_exhibits,
    words_order,
    words_rooms,
)
from server.hearing.reasons import Reason as Reason  # noqa: PLC0414, TC001 - those who refuse need both

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS: Mapping[Reason, tuple[str, str, str]] = {
    **words_core.WORDS,
    **words_checkin.WORDS,
    **words_doors.WORDS,
    **words_order.WORDS,
    **words_rooms.WORDS,
    **words_exhibits.WORDS,
    **words_care.WORDS,
}


class Refused(Exception):  # noqa: N818 - the law's own word, and what the wire calls it
    """The law says no; nothing changed. reason: why. rule: the article, or ""."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.rule = rule(reason)


class InvariantBroken(AssertionError):  # noqa: N818 - names what happened
    """Our own bug: an event that cannot follow on this state."""


def rule(reason: Reason) -> str:
    """Article that the reason rests on, e.g. "OLR 26", or ""."""
    return _WORDS[reason][0]


def sentence(reason: Reason, lang: str) -> str:
    """Put the reason in words. lang: a tag beginning with "en" for English; anything else gives Chinese."""
    _, chinese, english = _WORDS[reason]
    return english if lang.lower().startswith("en") else chinese
