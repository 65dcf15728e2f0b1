"""The commands as an operator gives them, for a house, and what is in the bucket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from server.__main__ import main
from server.archive.build import archiver_of
from server.demo import cast
from server.store.archive_book import ArchiveBook, ArchiveFile
from tests.archive import s3_server
from tests.archive.s3_server import now_ms

if TYPE_CHECKING:
    from tests.archive.s3_server import S3Server
    from tests.sealing.rig import House

OVER = '[classes.over]\ntape = 1\ncopies = 1\npackage = 1\ntranscript = 1\nlines = 1\n[[rules]]\nclass = "over"\n'


def config(house: House, *, server: S3Server | None = None, bucket: str = "", policy: str = "") -> list[str]:
    """What follows a command: a configuration file for this house."""
    root = house.root
    archive = []
    if server is not None:
        access, secret = s3_server.key_files(root.parent)
        archive += [f"bucket: {bucket}", f"endpoint: {server.url}", f"access_key_file: {access}", f"secret_key_file: {secret}",
                    "lock: compliance", "tries: 2"]  # fmt: skip
    if policy:
        (root.parent / "retention.toml").write_text(policy, encoding="utf-8")
        archive.append("retention_file: retention.toml")
    key = root / "ed25519.pem"
    lines = [
        f"storage: {{root: {root}}}",
        f"sealing: {{court_key_file: {key}}}",
        f"archive: {{{', '.join(archive)}}}",
    ]
    (root.parent / "config.yaml").write_text("\n".join(lines), encoding="utf-8")
    return ["--config", str(root.parent / "config.yaml")]


async def copied(house: House, server: S3Server, bucket: str, lock: str = "compliance") -> None:
    """The house's package is in the bucket."""
    settings = server.settings(bucket, lock=lock)
    remote = server.remote(settings)
    archiver = archiver_of(settings, house.root, house.database, remote, now_ms)
    assert await archiver.round() > 5
    assert archiver.figures["archive_files_pending"] == 0
    await remote.close()


async def run(*arguments: str) -> int:
    return await asyncio.to_thread(main, list(arguments))


async def files_of(house: House) -> list[ArchiveFile]:
    return await ArchiveBook(house.database).files(cast.HELD)


async def remove(house: House, s3: S3Server, bucket: str, name: str) -> None:
    """An object goes behind the house's back."""
    (version,) = [one.version for one in await files_of(house) if one.name == name]
    key = (bucket, "yunting", cast.HELD, name)
    assert (await s3.call("DELETE", key, {"versionId": version}))[0] == 204


async def copied_again(house: House, s3: S3Server, bucket: str) -> None:
    settings = s3.settings(bucket, lock="off")
    remote = s3.remote(settings)
    assert await archiver_of(settings, house.root, house.database, remote, now_ms).round() == 1
    await remote.close()
