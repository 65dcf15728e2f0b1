"""A ledger with the scripted hearing held and its copies made, and what seals it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recording.apart import build_apart
from recording.package import forms, keys
from recording.settings import RecordingSettings
from server.courtroom.plans import seat_of_label
from server.demo import cast
from server.demo.seed import Demo
from server.finish import Folders
from server.gateway.record import session_of
from server.sealing.keys import Signer, load, make
from server.sealing.provenance import load as load_credential
from server.sealing.sealer import Sealer
from server.sealing.settings import SealingSettings
from server.store.cases import Cases
from server.store.codec import EventCodec
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.results import Artefact, Results, UtteranceRow
from server.store.settings import StoreSettings
from tests.fakes.clock import NOON
from tests.store.ledgers import sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path

    from recording.package.keys import PublicKey

RECORDING = RecordingSettings(free_bytes_min=1, free_bytes_resume=1, fdatasync_interval_s=0.5)
SAID = "请问被告是否收到货物？"


@dataclass
class House:
    """One court's data under one folder."""

    root: Path
    fresh: bool = True  # an empty ledger is made
    settings: SealingSettings = field(default_factory=SealingSettings)
    signers: list[Signer] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = sqlite_settings(self.root) if self.fresh else StoreSettings(root=self.root)
        self.database = Database(settings)
        self.cases, self.results = Cases(self.database), Results(self.database)
        self.events = SqlEventLog(self.database)
        self.folders = Folders(self.root)

    def key(self, kind: str = keys.ED25519) -> PublicKey:
        """One more key of the court."""
        path = self.root / f"{kind}.pem"
        make(path, kind)
        self.signers.append(load(path))
        return self.signers[-1].public

    def sealer(self, settings: SealingSettings | None = None) -> Sealer:
        return Sealer(
            root=self.root,
            cases=self.cases,
            events=self.events,
            results=self.results,
            signers=self.signers,
            credential=load_credential(settings or self.settings),
            tapes=self.folders.tapes,
            settings=settings or self.settings,
            now_ms=lambda: NOON + 1,
        )

    async def hold(self) -> None:
        """Hold the scripted hearing, and file its copies and a line of transcript."""
        demo = Demo(
            cases=self.cases,
            results=self.results,
            events=self.events,
            codec=EventCodec(),
            folders=self.folders,
        )
        await demo.seed(RECORDING, NOON)
        session = session_of(await self.events.read(cast.HELD))
        opened, closed = session["opened_at"], session["closed_at"]
        copies, failed = await build_apart(
            self.folders.tape(cast.HELD), self.folders.copies(cast.HELD), opened * 10**6, closed * 10**6
        )
        assert not failed
        for copy in copies:
            seat, source = seat_of_label(copy.label)
            await self.file(
                "copy",
                copy.path.name,
                str(copy.path.relative_to(self.root)),
                {"seat": seat, "source": source, "kind": copy.kind, "duration_ms": copy.duration_ms},
                forms.sha256(copy.path.read_bytes()),
            )
        line = UtteranceRow("u00001", "presiding", opened + 1_000, opened + 3_000, SAID, 0.9, ())
        await self.results.replace_utterances(cast.HELD, [line])
        digest = forms.sha256(f"presiding\t{line.t0_ms}\t{SAID}".encode())
        await self.file("transcript", "final", "", {"lines": 1}, digest)

    async def file(self, kind: str, label: str, path: str, detail: dict[str, object], sha256: str) -> None:
        await self.results.save_artefact(
            Artefact(cast.HELD, kind, label, path, detail, sha256, NOON)  # type: ignore[arg-type]
        )
