"""Derived rule: must the tape run now, and if not, by which lawful ground? Pure; never asks the tape.

AVR 3: from the opening to the closing of the court, without interruption by people, except a recess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.hearing.session import SessionState

if TYPE_CHECKING:
    from server.hearing.state import Hearing

RECESS = "recess"


@dataclass(frozen=True, slots=True)
class Duty:
    """on: the tape must run. ground: why it lawfully does not, between opening and closing; else None."""

    on: bool
    ground: str | None = None


def duty(state: Hearing) -> Duty:
    """Give the recording duty in this state."""
    if state.session is SessionState.IN_SESSION:
        return Duty(on=True)
    return Duty(on=False, ground=RECESS if state.session is SessionState.RECESSED else None)
