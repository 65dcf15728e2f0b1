"""Texts that people give with a command: their limit, and the refusal of one that is missing or too long. Pure."""

from __future__ import annotations

from server.hearing.refusals import Reason, Refused

TEXT_MAX = 500
"""Characters in a note, a reason or the text of a point."""


def given(text: str, *, needed: bool = False) -> str:
    """Give the text without the blanks around it. Raises Refused where one is needed and missing, or too long."""
    text = text.strip()
    if needed and not text:
        raise Refused(Reason.REASON_REQUIRED)
    if len(text) > TEXT_MAX:
        raise Refused(Reason.TEXT_TOO_LONG)
    return text
