"""Makes the sealed package of a hearing that is over, has it stamped, and gives editions of it.

A package is made once, whole or not at all, and never changed; only a timestamp may come to it later. What an edition lacks,
the manifest allows it to lack: nothing in it is different.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from recording.apart import RebuildDied, package_apart, work_apart
from recording.package import archive, forms
from recording.package.verify import signature_row, stamp_text
from recording.segments import sync_directory, write_whole
from server.gateway.access import may_open, may_read_record, sees_all
from server.sealing import gather, provenance
from server.sealing.gather import Hearing, NotOver
from server.sealing.stamp import NoTimestamp, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from recording.places import Where
    from server.sealing.keys import Signer
    from server.sealing.provenance import Credential
    from server.sealing.settings import SealingSettings
    from server.store.cases import Cases, HearingFile
    from server.store.event_log import SqlEventLog
    from server.store.results import Results

log = logging.getLogger(__name__)

_PACKAGE = "package"
_HALF = ".package."  # and the process that makes it


class NotSealed(Exception):  # noqa: N818  named like the law's other outcomes
    """There is no package, or none can be made. reason: a stable id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sealer:
    """Seals hearings.

    root: the folder of all data; signers: the court's keys, at least one; credential: for a C2PA manifest in the composite,
    None where none is wanted; tapes: every folder that a hearing's tape may be in.
    """

    def __init__(
        self,
        *,
        root: Path,
        cases: Cases,
        events: SqlEventLog,
        results: Results,
        signers: Sequence[Signer],
        credential: Credential | None,
        tapes: Callable[[str], Where],
        settings: SealingSettings,
        now_ms: Callable[[], int],
    ) -> None:
        self._hearings = root / "hearings"
        self._root = root
        self._cases = cases
        self._events = events
        self._results = results
        self._signers = signers
        self._credential = credential
        self._tapes = tapes
        self._settings = settings
        self._now_ms = now_ms
        self._making = asyncio.Lock()

    def package(self, hearing: str) -> Path:
        """Where a hearing's package is, once it is sealed."""
        return self._hearings / hearing / _PACKAGE

    async def seal(self, hearing: str) -> Path:
        """Seal a hearing; one that is sealed stays as it is. NotSealed, OSError, Unavailable, RebuildDied."""
        final = self.package(hearing)
        async with self._making:
            if not final.exists():
                await self._make(hearing, final)
        await self._stamp(final)
        return final

    async def _make(self, hearing: str, final: Path) -> None:
        if not self._signers:
            raise NotSealed("no_key")
        found = await self._read(hearing)
        half = final.with_name(f"{_HALF}{os.getpid()}")
        keys = [{"id": one.public.id, "spki": one.public.spki.hex()} for one in self._signers]
        try:
            described = gather.described(
                found,
                keys=keys,
                rooms=await gather.commitments(self._events, self._hearings, found),
                sealed_ms=self._now_ms(),
                timestamp_wanted=bool(self._settings.timestamp_url),
            )
        except NotOver:
            raise NotSealed("not_over") from None
        await asyncio.to_thread(_fresh, half)
        try:
            await asyncio.to_thread(gather.lay_out, half, self._root, self._tapes(hearing), found)
            await self._credit(half / "copies", found)
            manifest = await package_apart(half, described)
            rows = [signature_row(one.public.id, one.sign(manifest)) for one in self._signers]
            await asyncio.to_thread(_finish, half, final, manifest, forms.canonical({"signatures": rows}))
        finally:
            await asyncio.to_thread(shutil.rmtree, half, ignore_errors=True)
        log.info("hearing %s sealed", hearing)

    async def _credit(self, copies: Path, found: Hearing) -> None:
        """Give the composite in the package its C2PA manifest; the package is whole without one, too."""
        if self._credential is None:
            return
        for name in gather.composites(found):
            facts = {
                "court": found.file.case.court,
                "case": found.file.case.case_no,
                "hearing": found.id,
                "log_head": found.entries[-1].hash,
            }
            plain, signed = copies / name, copies / f".{name}"
            try:
                await work_apart(provenance.sign, plain, signed, self._credential, name, facts)
                await asyncio.to_thread(signed.replace, plain)
            except (RebuildDied, OSError) as failure:
                log.error("hearing %s: no C2PA manifest: %s", found.id, failure)  # noqa: TRY400  it says all
                await asyncio.to_thread(signed.unlink, missing_ok=True)

    async def _read(self, hearing: str) -> Hearing:
        file = await self._cases.hearing(hearing)
        if file is None:
            raise NotSealed("unknown_hearing")
        verdict = await self._events.verify(hearing)
        if not verdict.ok:
            raise NotSealed("log_not_whole")  # a signature on it would make it good
        if await self._events.read_kinds(hearing, {"record_purged"}):
            raise NotSealed("purged")  # what is left would be sealed as if it were all
        artefacts = await self._results.artefacts(hearing)
        return Hearing(
            file=file,
            entries=await self._events.read(hearing),
            copies=[one for one in artefacts if one.kind == "copy"],
            lines=await self._results.utterances(hearing),
            transcript=next((one for one in artefacts if one.kind == "transcript"), None),
            sides=await self._events.side_streams(hearing),
        )

    # --- in the background ---

    async def run(self) -> None:
        """Seal once what is finished and not sealed; then have stamped what has no timestamp yet, for as long as one is wanted."""
        await self._catch_up()
        while self._settings.timestamp_url:
            for package in sorted(self._hearings.glob(f"*/{_PACKAGE}")):
                with suppress(OSError):
                    await self._stamp(package)
            await asyncio.sleep(self._settings.timestamp_retry_interval_s)

    async def _catch_up(self) -> None:
        for case in await self._cases.cases():
            for hearing in await self._cases.hearings(case.id):
                job = await self._results.job(hearing.id, "finish")
                if job is None or job.state != "done" or self.package(hearing.id).exists():
                    continue
                try:
                    await self.seal(hearing.id)
                except (NotSealed, RebuildDied, OSError) as failure:
                    log.warning("hearing %s is not sealed: %s", hearing.id, failure)

    async def _stamp(self, package: Path) -> None:
        """Ask for a package's timestamp if it has none; without an answer it stays sealed and is asked for again."""
        if not self._settings.timestamp_url or not self._signers or (package / forms.TIMESTAMP).exists():
            return
        manifest = await asyncio.to_thread((package / forms.MANIFEST).read_bytes)
        try:
            stamp = await ask(self._settings, manifest)
        except NoTimestamp as failure:
            log.warning("hearing %s: no timestamp yet: %s", package.parent.name, failure.reason)
            return
        text = stamp_text(manifest, stamp.token, stamp.at)
        signer = self._signers[0]
        row = signature_row(signer.public.id, signer.sign(forms.canonical(text)))
        await asyncio.to_thread(write_whole, package / forms.TIMESTAMP, forms.canonical({**text, **row}))
        log.info("hearing %s: stamped", package.parent.name)

    # --- editions ---

    async def edition(self, hearing: str, seat: str | None, out: Path) -> int:
        """Write the package as one .zip for a seat of the hearing, None: the court's own; give the number of files it lacks.

        NotSealed: "not_sealed", "unknown_hearing", "unknown_seat", "not_for_this_seat". FileExistsError, OSError.
        """
        file = await self._cases.hearing(hearing)
        package = self.package(hearing)
        if file is None or not package.exists():
            raise NotSealed("unknown_hearing" if file is None else "not_sealed")
        if seat is None:
            return await asyncio.to_thread(write_edition, package, out, True, frozenset())
        entries = await self._events.read_kinds(hearing, {"seats_screened", "screening_lifted"})
        apart = gather.screened(entries).get(seat, frozenset())
        return await asyncio.to_thread(write_edition, package, out, *_reader(file, seat), apart)


def _reader(file: HearingFile, seat: str) -> tuple[bool]:
    """Whether the seat reads the court's own papers. NotSealed where it may have no record at all."""
    role = next((row.role for row in file.seats if row.seat == seat), None)
    if role is None:
        raise NotSealed("unknown_seat")
    if not may_read_record(role) or not may_open(role, took_part=True, kind=file.hearing.procedure):
        raise NotSealed("not_for_this_seat")
    return (sees_all(role),)


def write_edition(package: Path, out: Path, everything: bool, apart: frozenset[str]) -> int:
    """Write a .zip of a package without what the reader may not have; give the number of files left out. OSError.

    everything: the court's own papers too; apart: seats that the reader must not meet.
    """
    manifest = forms.parse((package / forms.MANIFEST).read_bytes())
    unmet = apart | {forms.EVERYBODY} if apart else apart  # nor what shows them among the others
    lacking = {
        row["name"]
        for row in manifest["files"]
        if (row["may_lack"] == forms.COURT and not everything)
        or (row["may_lack"] == forms.SCREENED and row["seat"] in unmet and not everything)
    }
    files = [(name, path) for name, path in _files(package, "") if name not in lacking]
    with out.open("xb") as file:
        archive.write(file, [(name, lambda path=path: path.open("rb")) for name, path in files])  # type: ignore[misc]
        file.flush()
        os.fsync(file.fileno())
    return len(lacking)


def _files(folder: Path, before: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _files(path, f"{before}{path.name}/")
        else:
            yield before + path.name, path


def _fresh(folder: Path) -> None:
    """Make the folder, and clear away those of sealings that were killed."""
    for other in folder.parent.glob(f"{_HALF}*"):
        maker = other.name.removeprefix(_HALF)
        if other == folder or not Path("/proc", maker).exists():
            shutil.rmtree(other, ignore_errors=True)
    folder.mkdir(parents=True)


def _finish(half: Path, final: Path, manifest: bytes, signatures: bytes) -> None:
    """Put the last two files in, bring all of it to the disk, and give it its name. OSError."""
    write_whole(half / forms.MANIFEST, manifest)
    write_whole(half / forms.SIGNATURES, signatures)
    for name, path in _files(half, ""):
        if name not in forms.OUTSIDE and not name.startswith("tape/"):
            with path.open("rb") as file:
                os.fsync(file.fileno())
    for folder in [half, *(one for one in half.rglob("*") if one.is_dir())]:
        sync_directory(folder)
    half.rename(final)
    sync_directory(final.parent)
