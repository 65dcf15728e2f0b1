"""Settings of the ledger. Values only; read once at start; the `storage` section of config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the court's data lies and how long its keys live."""

    root: Path = Path("var")  # folder of all data; relative to the folder of config.yaml
    url: str = ""  # SQLAlchemy URL of the database; empty: SQLite file yunting.db under root
    url_file: Path | None = None  # file holding the URL instead, where it contains a password
    connections_max: int = 5  # database connections for reading; one more is for writing
    busy_timeout_ms: int = 5000  # how long a writer waits for another one (SQLite)
    session_hours: int = 24  # a redeemed join link's session lasts this long
    console_link_hours: int = 168  # an officer's console link lasts this long
    event_bytes_max: int = 65536  # body of one event, canonical JSON
    line_log_bytes_max: int = 16_777_216  # line figures kept of one hearing; beyond it the oldest half goes
    line_log_pending_max: int = 1024  # steps of line figures that wait for the disk, of all hearings
    page_entries: int = 500  # entries held in memory at a time while a log is verified


def database_url(settings: StoreSettings) -> str:
    """Name the SQLAlchemy URL in force: the one in url_file, else url, else SQLite under root.

    Raises OSError where url_file cannot be read.
    """
    if settings.url_file is not None:
        return settings.url_file.read_text(encoding="utf-8").strip()
    if settings.url:
        return settings.url
    return f"sqlite+aiosqlite:///{settings.root.absolute() / 'yunting.db'}"
