"""Copies sealed packages to the remote storage, reads each file back whole, and locks it. One file at a time, for ever.

Local is the truth until every remote object was read back and its SHA-256 is the manifest's. What was done stands in the
book, so a killed process goes on where it was. Never blocks a hearing, never deletes anything, never changes a package.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from recording.package import forms
from server.archive.remote import RemoteFailed
from server.archive.retention import end_of
from server.courtroom.ports import Unavailable
from server.store.archive_book import ArchiveFile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from server.archive.remote import RemoteStore
    from server.archive.settings import ArchiveSettings
    from server.store.archive_book import ArchiveBook

log = logging.getLogger(__name__)

_ROUND = 64  # files of one look at the book, and hearings whose hold is looked at in a round
_BLOCK = 1 << 20
DIFFERS, LOCAL_CHANGED, MISSING = "differs", "local_changed", "missing"
"""The remote copy was not the same; the file here is not what was sealed; the remote copy is gone."""


class Archiver:
    """One court's second copies. hearings: the folder of all hearings' files.

    kept: a hearing's close (Unix ms), the years its remote copy is locked, and whether it is held; None where unknown.
    """

    def __init__(
        self,
        *,
        hearings: Path,
        book: ArchiveBook,
        remote: RemoteStore,
        settings: ArchiveSettings,
        kept: Callable[[str], Awaitable[tuple[int, int, bool] | None]],
        now_ms: Callable[[], int],
    ) -> None:
        self._hearings = hearings
        self._book = book
        self._remote = remote
        self._settings = settings
        self._kept = kept
        self._now_ms = now_ms
        self._locks: bool | None = None  # asked once, when the storage answers
        self._followed = ""  # the last hearing whose hold was looked at
        self.troubled: Mapping[str, int] = {}  # hearings whose copy does not come about, since when
        self._unreadable: dict[str, int] = {}  # hearings whose manifest can't be read, since when
        self.figures: dict[str, float] = {}

    def key_of(self, hearing: str, name: str = "") -> str:
        """The name of an object, or of a hearing's folder."""
        parts = [self._settings.prefix.strip("/"), hearing, name]
        return "/".join(part for part in parts if part)

    async def run(self) -> None:
        """Copy what there is to copy, for ever."""
        while True:
            try:
                await self.follow_holds()
                await self.round()
            except (Unavailable, OSError) as failure:
                log.warning("the archive waits: %s", failure)
            await asyncio.sleep(self._settings.look_interval_s)

    async def round(self) -> int:
        """Enter new packages, and try every file that is due until none is; give how many are verified now."""
        await self._enter_new()
        done, began = 0, self._now_ms()  # what fails now waits for another round
        while files := await self._book.due(began, _ROUND):
            for file in files:
                done += await self._try(file)
            await self._look()
        await self._look()
        return done

    async def _look(self) -> None:
        """Keep what the console and /metrics are told."""
        counts = await self._book.counts()
        troubled = await self._book.troubled(self._settings.alarm_tries)
        self.troubled = {one.hearing_id: one.since for one in troubled} | self._unreadable
        self.figures = {
            **{f"archive_files_{state}": counts.get(state, 0) for state in ("pending", "stored", "verified")},
            "archive_files_failing": sum(one.files for one in troubled),
            "archive_hearings_failing": len(self.troubled),
        }

    # --- new packages ---

    async def _enter_new(self) -> None:
        known = await self._book.known()
        for package in sorted(self._hearings.glob("*/package")):
            hearing = package.parent.name
            stamped = (package / forms.TIMESTAMP).exists()
            if hearing not in known or (stamped and not known[hearing]):
                if await self._kept(hearing) is None:
                    continue  # of no hearing that the ledger knows
                now = self._now_ms()
                try:
                    files = await asyncio.to_thread(files_of, package)
                except (OSError, ValueError, KeyError, TypeError):
                    # One manifest that can't be read must not keep the others from being copied.
                    self._unreadable.setdefault(hearing, now)
                    log.exception("archive: the manifest of %s can't be read", hearing)
                    continue
                self._unreadable.pop(hearing, None)
                await self._book.enter(
                    [ArchiveFile(hearing, name, size, digest, updated_at=now) for name, size, digest in files]
                )

    # --- one file ---

    async def _try(self, file: ArchiveFile) -> bool:
        """Bring one file as far as it goes; whether it is verified. A failure is noted, with when to try again."""
        now = self._now_ms()
        try:
            if file.state == "pending":
                file = await self._written(file)
            file = await self._believed(file)
        except RemoteFailed as failure:
            gone = failure.reason == MISSING and file.state == "stored"
            await self._failed(unbelieved(file) if gone else file, failure.reason, now)
        except OSError as failure:
            log.warning("archive: a file of %s can't be read: %s", file.hearing_id, failure.strerror)
            await self._failed(file, "local_missing", now)
        except _Differs as found:
            # Not believed, and not locked: the next try writes it anew.
            await self._failed(unbelieved(file), found.reason, now)
        return file.state == "verified"

    async def _written(self, file: ArchiveFile) -> ArchiveFile:
        """Write the object, unless a killed process did already. RemoteFailed, OSError, _Differs."""
        key, found = self.key_of(file.hearing_id, file.name), None
        if file.reason != DIFFERS:
            found = await self._remote.find(key)
        if found is not None and found.size == file.size:
            version = found.version
        else:
            path = self._hearings / file.hearing_id / "package" / file.name
            if await asyncio.to_thread(_digest, path) != (file.size, file.sha256):
                raise _Differs(LOCAL_CHANGED)  # it does not leave the house as the record
            version = await self._remote.put(key, path)
        file = replace(file, state="stored", version=version, updated_at=self._now_ms())
        await self._book.save(file)
        return file

    async def _believed(self, file: ArchiveFile) -> ArchiveFile:
        """Read the object back whole, and lock it. RemoteFailed, _Differs."""
        key = self.key_of(file.hearing_id, file.name)
        if await self.digest_of(key, file.version) != (file.size, file.sha256):
            raise _Differs(DIFFERS)
        file = await self._locked(file, key)
        file = replace(
            file, state="verified", tries=0, reason="", failing_since=None, updated_at=self._now_ms()
        )
        await self._book.save(file)
        return file

    async def _locked(self, file: ArchiveFile, key: str) -> ArchiveFile:
        if self._settings.lock == "off":
            return file
        if self._locks is None:
            self._locks = await self._remote.locks()
            if not self._locks:
                log.warning("archive: the bucket has no object lock; copies are not locked")
        kept = await self._kept(file.hearing_id)
        if not self._locks or kept is None:
            return file
        closed, years, held = kept
        until = end_of(closed, years)
        await self._remote.lock(key, file.version, until)
        if held:
            await self._remote.hold(key, file.version, on=True)
        return replace(file, locked_until=until, held=held)

    async def digest_of(self, key: str, version: str) -> tuple[int, str]:
        """Size and SHA-256 of an object, read whole. RemoteFailed."""
        size, digest = 0, hashlib.sha256()
        async for block in self._remote.read(key, version):
            size += len(block)
            await asyncio.to_thread(digest.update, block)  # the loop belongs to the hearings
        return size, digest.hexdigest()

    async def still_there(self, hearing: str) -> bool:
        """Whether the storage still has every file as the book has it; what it has not is believed no more. RemoteFailed."""
        there = True
        for file in await self._book.files(hearing):
            found = await self._remote.find(self.key_of(hearing, file.name))
            if found is None or found.size != file.size or file.version not in {"", found.version}:
                await self._book.save(unbelieved(file))
                there = False
        return there

    async def _failed(self, file: ArchiveFile, reason: str, since: int) -> None:
        delay = self._settings.retry_delay_s * 2.0 ** min(file.tries, 32)
        delay = min(delay, self._settings.retry_delay_s_max)
        now = self._now_ms()
        await self._book.save(
            replace(
                file,
                tries=file.tries + 1,
                reason=reason,
                failing_since=file.failing_since or since,
                next_at=max(now, since) + 1 + int(delay * 1000),
                updated_at=now,
            )
        )
        log.warning("archive: a file of %s is not there yet: %s", file.hearing_id, reason)

    # --- holds ---

    async def follow_holds(self) -> None:
        """Do as the log says with holds set or lifted while the storage was away, or a file on its way; a few hearings a time.

        One that fails does not hold up the others. Unavailable.
        """
        known = sorted(await self._book.known())
        later = [hearing for hearing in known if hearing > self._followed]
        for hearing in (later or known)[:_ROUND]:
            self._followed = hearing
            try:
                await self.follow_hold(hearing)
            except RemoteFailed as failure:
                log.warning("archive: the hold of %s is not followed yet: %s", hearing, failure)

    async def follow_hold(self, hearing: str) -> int:
        """Set or lift the legal hold of each locked remote file as the log has it; give how many changed. RemoteFailed."""
        kept = await self._kept(hearing)
        if kept is None:
            return 0
        _, _, held = kept
        locked = [one for one in await self._book.files(hearing) if one.locked_until is not None]
        changed = [one for one in locked if one.held != held]
        for file in changed:
            await self._remote.hold(self.key_of(hearing, file.name), file.version, on=held)
            await self._book.set_held(file, held=held, now_ms=self._now_ms())
        return len(changed)


def unbelieved(file: ArchiveFile, reason: str = "") -> ArchiveFile:
    """The row of a file whose remote copy is not to be trusted. Lock and hold were that object's, and go with it."""
    return replace(file, state="pending", version="", reason=reason, locked_until=None, held=False)


class _Differs(Exception):  # noqa: N818  never leaves this module
    """The remote copy is not what was sealed. reason: DIFFERS or LOCAL_CHANGED."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def files_of(package: Path) -> list[tuple[str, int, str]]:
    """Name, size and SHA-256 of every file of a package: as the manifest has it, and of those it cannot name. OSError."""
    manifest = forms.parse((package / forms.MANIFEST).read_bytes())
    found = [(str(row["name"]), int(row["size"]), str(row["sha256"])) for row in manifest["files"]]
    outside = [name for name in sorted(forms.OUTSIDE) if (package / name).exists()]
    return found + [(name, *_digest(package / name)) for name in outside]


def _digest(path: Path) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            size += len(block)
            digest.update(block)
    return size, digest.hexdigest()
