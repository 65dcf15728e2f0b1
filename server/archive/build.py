"""Puts the archive together from settings and a ledger: for the server and for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.archive.copier import Archiver
from server.archive.keeping import Keeping, load_policy
from server.archive.s3 import S3Remote
from server.store.archive_book import ArchiveBook
from server.store.cases import Cases
from server.store.event_log import SqlEventLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from server.archive.remote import RemoteStore
    from server.archive.settings import ArchiveSettings
    from server.store.database import Database


def keeping_of(settings: ArchiveSettings, root: Path, database: Database) -> Keeping:
    """What is known of records. BadPolicyFile, OSError: a table that is none must be noticed at the start."""
    return Keeping(
        hearings=root / "hearings",
        cases=Cases(database),
        events=SqlEventLog(database),
        book=ArchiveBook(database),
        policy=load_policy(settings),
        remote=bool(settings.bucket),
    )


def remote_of(settings: ArchiveSettings, now_ms: Callable[[], int]) -> S3Remote | None:
    """The storage; None where none is configured. OSError."""
    if not settings.bucket or settings.access_key_file is None or settings.secret_key_file is None:
        return None
    access, secret = (
        path.read_text(encoding="utf-8").strip()
        for path in (settings.access_key_file, settings.secret_key_file)
    )
    return S3Remote(settings, access, secret, now_ms)


def archiver_of(
    settings: ArchiveSettings, root: Path, database: Database, remote: RemoteStore, now_ms: Callable[[], int]
) -> Archiver:
    """Who copies. BadPolicyFile, OSError."""
    return Archiver(
        hearings=root / "hearings",
        book=ArchiveBook(database),
        remote=remote,
        settings=settings,
        kept=keeping_of(settings, root, database).lock_of,
        now_ms=now_ms,
    )
