"""A ledger with one hearing and a package of a few files, and who copies it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recording.package import forms
from server.archive.copier import Archiver
from server.archive.settings import ArchiveSettings
from server.store.archive_book import ArchiveBook
from server.store.cases import Cases
from tests.fakes.clock import NOON, FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from server.archive.remote import RemoteStore
    from server.store.database import Database

HEARING = "hearing-1"
CLOSED = NOON


@dataclass
class Rig:
    """A ledger with one hearing, a package of a few files, and who copies it."""

    root: Path
    database: Database
    remote: RemoteStore
    settings: ArchiveSettings = field(default_factory=lambda: ArchiveSettings(bucket="b", lock="governance"))
    clock: FakeClock = field(default_factory=FakeClock)
    held: bool = False

    def __post_init__(self) -> None:
        self.book = ArchiveBook(self.database)

    @property
    def package(self) -> Path:
        return self.root / "hearings" / HEARING / "package"

    async def begin(self) -> Rig:
        cases = Cases(self.database)
        case = await cases.create_case(
            case_no="1", cause="c", court="x", procedure="civil_ordinary", now_ms=1
        )
        await cases.create_hearing(case_id=case, public=True, procedure="civil_ordinary", scheduled_at=1, seats=(),
                                   now_ms=1, hearing_id=HEARING)  # fmt: skip
        make_package(self.package)
        return self

    async def kept(self, hearing: str) -> tuple[int, int, bool] | None:
        return (CLOSED, 30, self.held) if hearing == HEARING else None

    def archiver(self, remote: RemoteStore | None = None) -> Archiver:
        return Archiver(
            hearings=self.root / "hearings",
            book=self.book,
            remote=remote or self.remote,
            settings=self.settings,
            kept=self.kept,
            now_ms=self.clock.now_ms,
        )

    async def states(self) -> dict[str, str]:
        return {one.name: one.state for one in await self.book.files(HEARING)}


FILES = {f"tape/{n}.ytape": hashlib.shake_256(bytes([n])).digest(3000 + n) for n in range(4)}


def make_package(folder: Path) -> None:
    """Files with a manifest that names them; what the copier reads of a package."""
    rows = []
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        rows.append({"name": name, "size": len(data), "sha256": forms.sha256(data)})
    (folder / forms.MANIFEST).write_bytes(forms.canonical({"files": rows}))
    (folder / forms.SIGNATURES).write_bytes(b"{}")


ALL = {*FILES, forms.MANIFEST, forms.SIGNATURES}
