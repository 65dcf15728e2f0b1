"""Fetches a sealed package back from the remote storage. Writes a new folder, whole or under another name; never over anything."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from recording.package import forms
from recording.package.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from recording.package.keys import PublicKey
    from recording.package.report import Report
    from server.archive.copier import Archiver
    from server.archive.remote import RemoteStore
    from server.store.archive_book import ArchiveFile

PARTIAL = ".partial"


class NotRestored(Exception):  # noqa: N818  named like the law's other outcomes
    """What came is not what was sealed, or nothing came. reason: a stable id; name: of the file, or ""."""

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(f"{reason} {name}".strip())
        self.reason = reason
        self.name = name


async def restore(
    archiver: Archiver,
    remote: RemoteStore,
    hearing: str,
    files: Sequence[ArchiveFile],
    folder: Path,
    keys: Sequence[PublicKey],
) -> Report:
    """Fetch a package into a new folder and verify it; the folder has its name only if it is unaltered and complete.

    files: what the book knows of it; empty where the ledger is lost too: then what the storage lists is fetched, and the
    verifier alone decides. FileExistsError, NotRestored, RemoteFailed, OSError.
    """
    half = folder.with_name(folder.name + PARTIAL)
    for place in (half, folder):
        if await asyncio.to_thread(place.exists):
            raise FileExistsError(place)
    under = archiver.key_of(hearing)
    wanted = [(one.name, one.version, one.sha256) for one in files if one.state != "pending"]
    if not wanted:
        listed = await remote.names(under)
        wanted = [(one.key.removeprefix(f"{under}/"), one.version, "") for one in listed]
    if not wanted:
        raise NotRestored("nothing_there")
    for name, version, sha256 in wanted:
        if not forms.is_safe(name):
            raise NotRestored("unsafe_name")
        digest = await _fetch(remote, f"{under}/{name}", version, half / name)
        if sha256 and digest != sha256:
            raise NotRestored("differs", name)
    report = await asyncio.to_thread(verify, half, keys)
    if report.good:
        half.rename(folder)
    return report


async def _fetch(remote: RemoteStore, key: str, version: str, path: Path) -> str:
    """Write one object to a new file; give its SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("xb") as file:
        async for block in remote.read(key, version):
            digest.update(block)
            await asyncio.to_thread(file.write, block)
    return digest.hexdigest()
