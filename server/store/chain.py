"""The hash chain of a stream: canonical bytes and digests. Pure; never reads a clock or a database."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from recording.package import forms
from server.courtroom.ports import Entry, NewEntry, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

GENESIS = forms.GENESIS
"""prev_hash of the first entry of every stream."""

FAULTS = ("missing", "prev_hash", "body", "hash")
"""Reasons of a bad verdict: a hole in seq; the link to the entry before; text that is not canonical JSON; the digest."""


def canonical(value: object) -> str:
    """One spelling for one JSON value: sorted keys, no spaces, no escapes beyond what JSON demands.

    The spelling of the sealed package, whose verifier reckons these digests again. Raises ValueError for NaN and infinities, TypeError for what is not JSON.
    """
    return forms.canonical(value).decode()


def digest(stream: str, seq: int, new: NewEntry, prev_hash: str) -> str:
    """SHA-256 (hex) of an entry in its place: every field it has, and the digest of the one before it."""
    envelope = {
        "stream": stream,
        "seq": seq,
        "at": new.at_ms,
        "actor": {"seat": new.actor_seat, "connection": new.actor_connection},
        "kind": new.kind,
        "version": new.version,
        "body": new.body,
        "prev": prev_hash,
    }
    return forms.sha256(forms.canonical(envelope))


def link(stream: str, last_seq: int, last_hash: str, entries: Sequence[NewEntry]) -> list[Entry]:
    """Give new entries their places and digests after (last_seq, last_hash)."""
    linked: list[Entry] = []
    for seq, new in enumerate(entries, start=last_seq + 1):
        body: Mapping[str, Any] = json.loads(canonical(new.body))
        hash_ = digest(stream, seq, replace(new, body=body), last_hash)
        linked.append(
            Entry(
                stream=stream,
                seq=seq,
                at_ms=new.at_ms,
                actor_seat=new.actor_seat,
                actor_connection=new.actor_connection,
                kind=new.kind,
                version=new.version,
                body=body,
                prev_hash=last_hash,
                hash=hash_,
            ),
        )
        last_hash = hash_
    return linked


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it lies in the database, its body still text: what a check must distrust."""

    seq: int
    at_ms: int
    actor_seat: str | None
    actor_connection: str | None
    kind: str
    version: int
    body: str
    prev_hash: str
    hash: str


class Walk:
    """Checks a stream page by page. Entries after the first bad one are not looked at."""

    def __init__(self, stream: str) -> None:
        """Start before the first entry."""
        self._stream = stream
        self._entries = 0
        self._head = GENESIS
        self._bad: tuple[int, str] | None = None

    def take(self, page: Iterable[Stored]) -> bool:
        """Check the next entries in order of seq; False as soon as one is bad."""
        for stored in page:
            reason = self._fault(stored)
            if reason:
                self._bad = (self._entries + 1, reason)
                return False
            self._entries += 1
            self._head = stored.hash
        return True

    def _fault(self, stored: Stored) -> str:
        if stored.seq != self._entries + 1:
            return "missing"
        if stored.prev_hash != self._head:
            return "prev_hash"
        try:
            body = json.loads(stored.body)
            spelling = canonical(body)
        except (ValueError, RecursionError):
            return "body"
        if spelling != stored.body or not isinstance(body, dict):
            return "body"
        new = NewEntry(
            stored.at_ms, stored.actor_seat, stored.actor_connection, stored.kind, stored.version, body
        )
        try:
            sound = digest(self._stream, stored.seq, new, self._head) == stored.hash
        except (ValueError, TypeError):  # text that is not UTF-8, a blob where text should be: not ours
            return "hash"
        return "" if sound else "hash"

    def verdict(self) -> Verdict:
        """Say what was found so far; a bad verdict's reason is one of FAULTS."""
        if self._bad is None:
            return Verdict(ok=True, entries=self._entries, head=self._head)
        seq, reason = self._bad
        return Verdict(ok=False, entries=self._entries, head=self._head, first_bad_seq=seq, reason=reason)
