"""What care keeps: absences, notices, help, messages, incidents. Pure data; changed by `evolve_care` only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from server.hearing.leaving import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.ids import ConnectionId, Instant, SeatId

ABSENCES_KEPT = 20
"""Absences of one seat on the screens; the log has them all."""

NOTICES_KEPT = 30
"""Notices of one seat, the newest."""

MESSAGES_KEPT = 50
"""Messages of one person's conversation in one room on the screens, the newest."""

PROMPT, WARNING = "prompt", "warning"
"""Kinds of notice that OLR 25 asks for."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of the court to one seat, with the proof that it was shown and seen."""

    notice: str
    kind: str
    text: str
    at: Instant
    shown_at: Instant | None = None
    seen_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence. until None: it goes on. prompt, warning: ids of its notices, or "". proposal: the system's, or ""."""

    since: Instant
    cause: str
    connection: ConnectionId | None
    until: Instant | None = None
    facts: tuple[str, ...] = ()
    proposal: str = ""
    prompt: str = ""
    warning: str = ""
    finding: str = ""
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        """What the facts say; before they are in, what the cause alone says."""
        return verdict(self.facts or (f"cause={self.cause}",))


@dataclass(frozen=True, slots=True)
class Help:
    """Help asked for and not given yet."""

    kind: str
    text: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Message:
    """A written word. person: whose conversation with the court it belongs to."""

    message: str
    by: SeatId
    to: str
    person: SeatId
    text: str
    at: Instant
    room: str


@dataclass(frozen=True, slots=True)
class Incident:
    """异常情况说明."""

    incident: str
    kind: str
    subject: str
    began: Instant
    ended: Instant | None
    facts: tuple[str, ...]
    signed_at: Instant | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Care:
    """Of the hearing.

    sitting_since: when the court last began to sit, None while it does not. messages, sent: by room, because a caucus
    has a stream of its own (`streams`); sent by person too, and counting also those no longer kept. sheet: rows last filed.
    segments: files of the tape that are closed and entered, with their SHA-256.
    """

    sitting_since: Instant | None = None
    messages: Mapping[str, tuple[Message, ...]] = field(default_factory=dict)
    sent: Mapping[tuple[str, SeatId], int] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    sheet: tuple[str, ...] = ()
    segments: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class SeatCare:
    """Of one seat; survives a lost connection.

    admitted: its person was let in at some time. troubled_since: when it said that it can't hear. troubles, waited_ms:
    how often it said so, and how long it waited for an answer. noticed: notices given so far.
    """

    admitted: bool = False
    absences: tuple[Absence, ...] = ()
    finding: str = ""
    notices: tuple[Notice, ...] = ()
    noticed: int = 0
    troubled_since: Instant | None = None
    troubles: int = 0
    waited_ms: int = 0
    help: Help | None = None

    @property
    def absence(self) -> Absence | None:
        """The absence that goes on, or None."""
        last = self.absences[-1] if self.absences else None
        return last if last is not None and last.until is None else None

    def notice(self, notice: str) -> Notice | None:
        """The notice of this id."""
        return next((one for one in self.notices if one.notice == notice), None)


def with_absence(care: SeatCare, absence: Absence) -> SeatCare:
    """Begin an absence, or replace the one that goes on."""
    before = care.absences[:-1] if care.absence is not None else care.absences
    return replace(care, absences=(*before, absence)[-ABSENCES_KEPT:])


def next_notice(seat: SeatId, care: SeatCare) -> str:
    """Give the id of the seat's next notice."""
    return f"{seat}-{care.noticed + 1}"


def with_notice(care: SeatCare, notice: Notice) -> SeatCare:
    """Give one more notice."""
    return replace(care, notices=(*care.notices, notice)[-NOTICES_KEPT:], noticed=care.noticed + 1)
