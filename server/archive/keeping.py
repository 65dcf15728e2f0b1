"""What the ledger says of a hearing's record: its class, its term, holds, and whether the second copy is believed. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recording.package import forms
from server.archive.retention import KEEP_ALL, BadPolicy, Facts, held, read_policy
from server.gateway.record import SESSION_KINDS, session_of

if TYPE_CHECKING:
    from pathlib import Path

    from server.archive.retention import Policy, RetentionClass
    from server.archive.settings import ArchiveSettings
    from server.store.archive_book import ArchiveBook
    from server.store.cases import Cases, HearingFile
    from server.store.event_log import SqlEventLog

HOLDS = frozenset({"hold_set", "hold_lifted"})
_READ = HOLDS | SESSION_KINDS | {"record_purged"}


class BadPolicyFile(OSError):  # noqa: N818  says what is wrong
    """The table of retention classes is no good; a sentence for the operator, with the file's name."""


def load_policy(settings: ArchiveSettings) -> Policy:
    """The court's table; without one everything is kept for ever. BadPolicyFile, OSError."""
    path = settings.retention_file
    if path is None:
        return KEEP_ALL
    try:
        return read_policy(path.read_text(encoding="utf-8"))
    except (BadPolicy, UnicodeDecodeError) as error:
        raise BadPolicyFile(f"{path}: {error}") from None


@dataclass(frozen=True, slots=True)
class Kept:
    """One hearing's record as it is kept. last_seq: of its log."""

    file: HearingFile
    kept_as: RetentionClass
    facts: Facts
    last_seq: int


class Keeping:
    """Reads what is known of records. hearings: the folder of all hearings' files; remote: a second copy is configured."""

    def __init__(
        self,
        *,
        hearings: Path,
        cases: Cases,
        events: SqlEventLog,
        book: ArchiveBook,
        policy: Policy,
        remote: bool,
    ) -> None:
        self._hearings = hearings
        self._cases = cases
        self._events = events
        self._book = book
        self._policy = policy
        self._remote = remote

    async def of(self, hearing: str) -> Kept | None:
        """One hearing, or None where the ledger does not know it. Unavailable."""
        file = await self._cases.hearing(hearing)
        if file is None:
            return None
        entries = await self._events.read_kinds(hearing, _READ)
        purged = {
            kind for one in entries if one.kind == "record_purged" for kind in one.body.get("artefacts", ())
        }
        package = self._hearings / hearing / "package"
        facts = Facts(
            closed_at=session_of(entries)["closed_at"],
            sealed=(package / forms.MANIFEST).exists(),
            held=held([one.kind for one in entries if one.kind in HOLDS]),
            remote=await self._remote_state(hearing, package),
            purged=frozenset(purged),
        )
        kept_as = self._policy.of(file.case.court, file.hearing.procedure)
        return Kept(file, kept_as, facts, await self._events.last_seq(hearing))

    async def _remote_state(self, hearing: str, package: Path) -> str:
        """As Facts.remote. A package that is not in the book yet is not verified, nor one that got a timestamp since."""
        if not self._remote:
            return "none"
        states = {one.name: one.state for one in await self._book.files(hearing)}
        if (package / forms.TIMESTAMP).exists():
            states.setdefault(forms.TIMESTAMP, "pending")
        return "verified" if states and set(states.values()) == {"verified"} else "unverified"

    async def lock_of(self, hearing: str) -> tuple[int, int, bool] | None:
        """When the hearing closed (Unix ms), the years its remote copy is locked, and whether it is held. Unavailable."""
        kept = await self.of(hearing)
        if kept is None or kept.facts.closed_at is None:
            return None
        return kept.facts.closed_at, kept.kept_as.lock_years, kept.facts.held

    async def all(self) -> list[Kept]:
        """Every hearing of the ledger. Unavailable."""
        found = []
        for case in await self._cases.cases():
            for hearing in await self._cases.hearings(case.id):
                kept = await self.of(hearing.id)
                if kept is not None:
                    found.append(kept)
        return found
