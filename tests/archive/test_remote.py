"""The contract of a remote storage, kept by the fake and by the S3 client against a server over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from server.archive.remote import RemoteFailed
from server.archive.s3 import Pace
from server.archive.settings import ArchiveSettings, faults
from tests.fakes.remote_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from server.archive.remote import RemoteStore
    from tests.archive.s3_server import S3Server

pytestmark = pytest.mark.service

UNTIL = 4_000_000_000_000


@pytest.fixture(params=["memory", "s3"])
async def store(request: pytest.FixtureRequest, s3: S3Server, bucket: str) -> AsyncIterator[RemoteStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    remote = s3.remote(s3.settings(bucket, lock="compliance"))
    yield remote
    await remote.close()


async def everything(store: RemoteStore, key: str, version: str) -> bytes:
    return b"".join([block async for block in store.read(key, version)])


def a_file(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("size", [0, 1, 5 << 20, (11 << 20) + 7])
async def test_what_is_written_is_read_back_whole(store: RemoteStore, tmp_path: Path, size: int) -> None:
    data = hashlib.shake_256(b"seed").digest(size)
    version = await store.put("a/tape/x~y.ytape", a_file(tmp_path, data))
    assert await everything(store, "a/tape/x~y.ytape", version) == data
    found = await store.find("a/tape/x~y.ytape")
    assert found is not None
    assert (found.size, found.version) == (size, version)


async def test_versions_stand_beside_each_other(store: RemoteStore, tmp_path: Path) -> None:
    first = await store.put("k", a_file(tmp_path, b"first"))
    second = await store.put("k", a_file(tmp_path, b"second"))
    assert first != second
    assert await everything(store, "k", first) == b"first"
    assert await everything(store, "k", second) == b"second"


async def test_what_is_not_there_is_missing(store: RemoteStore, tmp_path: Path) -> None:
    assert await store.find("nothing") is None
    with pytest.raises(RemoteFailed, match="missing"):
        await everything(store, "nothing", "")
    with pytest.raises(FileNotFoundError):
        await store.put("k", tmp_path / "no-such-file")
    assert await store.find("k") is None


async def test_a_folder_is_listed_and_its_neighbours_are_not(store: RemoteStore, tmp_path: Path) -> None:
    for key in ("p/h-1/a", "p/h-1/b/c", "p/h-10/a", "q/h-1/a"):
        await store.put(key, a_file(tmp_path, key.encode()))
    assert [(one.key, one.size) for one in await store.names("p/h-1")] == [("p/h-1/a", 7), ("p/h-1/b/c", 9)]


async def test_a_version_is_locked_and_held(store: RemoteStore, tmp_path: Path) -> None:
    assert await store.locks()
    version = await store.put("证据/一 号+=&.bin", a_file(tmp_path, b"kept"))
    await store.lock("证据/一 号+=&.bin", version, UNTIL)
    await store.hold("证据/一 号+=&.bin", version, on=True)
    await store.hold("证据/一 号+=&.bin", version, on=False)
    with pytest.raises(RemoteFailed):
        await store.lock("no-such-object", version, UNTIL)


async def test_object_lock_refuses_to_delete(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    """Whatever tool asks, and with the right to delete."""
    remote = s3.remote(s3.settings(bucket, lock="compliance"))
    locked = await remote.put("k", a_file(tmp_path, b"locked"))
    await remote.lock("k", locked, UNTIL)
    free = await remote.put("free", a_file(tmp_path, b"free"))
    assert (await s3.call("DELETE", (bucket, "free"), {"versionId": free}))[0] == 204
    status, answer = await s3.call("DELETE", (bucket, "k"), {"versionId": locked})
    assert (status, b"AccessDenied" in answer) == (403, True)
    told = await s3.head((bucket, "k"), {"versionId": locked})
    assert told["x-amz-object-lock-mode"] == "COMPLIANCE"
    assert told["x-amz-object-lock-retain-until-date"].startswith("2096-10-02T07:06:40")
    await s3.call("DELETE", (bucket, "k"))  # a delete marker hides it, and removes nothing
    assert await everything(remote, "k", locked) == b"locked"
    await remote.close()


async def test_a_held_version_is_not_deleted_either(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    remote = s3.remote(s3.settings(bucket, lock="governance"))
    version = await remote.put("k", a_file(tmp_path, b"held"))
    await remote.hold("k", version, on=True)
    assert (await s3.call("DELETE", (bucket, "k"), {"versionId": version}))[0] == 403
    await remote.hold("k", version, on=False)
    assert (await s3.call("DELETE", (bucket, "k"), {"versionId": version}))[0] == 204
    await remote.close()


async def test_a_plain_bucket_has_no_locks(s3: S3Server) -> None:
    await s3.make("plain-of-contract", lock=False)
    remote = s3.remote(s3.settings("plain-of-contract", lock="compliance"))
    assert not await remote.locks()
    await remote.close()


async def test_a_storage_that_is_not_there_is_unreachable(s3: S3Server, tmp_path: Path) -> None:
    @dataclass
    class _Nowhere:
        url: str = "http://127.0.0.1:9"

    settings = s3.settings("b", endpoint=_Nowhere.url, tries=1, read_timeout_s=5.0)
    remote = s3.remote(settings)
    with pytest.raises(RemoteFailed, match="unreachable"):
        await remote.put("k", a_file(tmp_path, b"x"))
    with pytest.raises(RemoteFailed, match="unreachable"):
        await remote.locks()
    await remote.close()
    missing = s3.remote(s3.settings(f"no-bucket-{time.monotonic_ns()}"))
    with pytest.raises(RemoteFailed):
        await missing.put("k", a_file(tmp_path, b"x"))
    await missing.close()


@pytest.mark.parametrize(
    ("endpoint", "good"),
    [
        ("https://s3.example", True),
        ("https://s3.example:9000", True),
        ("http://127.0.0.1:9000", True),
        ("http://localhost:9000", True),
        ("http://[::1]:9000", True),
        ("http://s3.example", False),
        ("http://10.0.0.1:9000", False),
        ("http://127.0.0.1.example", False),
        ("s3.example", False),
        ("", False),
        ("https://s3.example/folder", False),
    ],
)
def test_plain_http_is_for_this_machine_alone(tmp_path: Path, endpoint: str, good: bool) -> None:
    key = tmp_path / "key"
    settings = ArchiveSettings(bucket="b", endpoint=endpoint, access_key_file=key, secret_key_file=key)
    assert (list(faults(settings)) == []) is good
    assert list(faults(ArchiveSettings(endpoint=endpoint))) == []
    assert {key for key, *_ in faults(ArchiveSettings(bucket="b", endpoint=endpoint))} >= {
        "archive.access_key_file",
        "archive.secret_key_file",
    }


async def test_the_pace_is_kept_and_idle_time_is_not_saved_up() -> None:
    """By the loop's own clock, which a busy machine only makes later."""
    pace, loop = Pace(1_000_000), asyncio.get_running_loop()
    began = loop.time()
    for _ in range(5):
        await pace.spend(20_000)
    assert loop.time() - began >= 0.1 - 1e-6
    await asyncio.sleep(0.05)
    began = loop.time()
    await pace.spend(50_000)
    assert loop.time() - began >= 0.05 - 1e-6
