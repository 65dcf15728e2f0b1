"""Remote copies: believed only when read back whole, taken up again after a kill, tried again and never lost sight of."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from recording.package import forms
from server.archive.remote import RemoteFailed
from server.store.database import Database
from tests.archive.gate import Gate
from tests.archive.packages import ALL, CLOSED, FILES, HEARING, Rig, make_package
from tests.archive.s3_server import now_ms
from tests.fakes.clock import NOON
from tests.fakes.remote_store import MemoryStore
from tests.house import ROOT
from tests.store.ledgers import settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.s3_server import S3Server

pytestmark = pytest.mark.service

BOTH = pytest.mark.parametrize("rig", ["sqlite", "postgres"], indirect=True)


@BOTH
async def test_every_file_is_copied_read_back_and_locked(rig: Rig) -> None:
    archiver = rig.archiver()
    assert await archiver.round() == len(ALL)
    assert await rig.states() == dict.fromkeys(ALL, "verified")
    store: Any = rig.remote
    assert set(store.objects) == {f"yunting/{HEARING}/{name}" for name in ALL}
    for name, data in FILES.items():
        (version,) = store.objects[f"yunting/{HEARING}/{name}"]
        assert version.data == data
        assert version.until_ms > CLOSED + 29 * 365 * 86_400_000
        assert not version.held
    assert archiver.figures["archive_files_verified"] == len(ALL)
    assert archiver.troubled == {}
    assert await archiver.round() == 0
    assert len(store.puts) == len(ALL), "what is there is not written again"


async def test_a_timestamp_that_comes_later_is_copied_too(rig: Rig) -> None:
    archiver = rig.archiver()
    await archiver.round()
    (rig.package / forms.TIMESTAMP).write_bytes(b"stamp")
    assert await archiver.round() == 1
    assert (await rig.states())[forms.TIMESTAMP] == "verified"


async def test_a_storage_that_fails_is_asked_again_later_and_later(rig: Rig) -> None:
    store: Any = rig.remote
    store.failing["1.ytape"] = "unreachable"
    archiver = rig.archiver()
    assert await archiver.round() == len(ALL) - 1, "one file does not hold up the others"
    waits = []
    for _ in range(12):
        (file,) = [one for one in await rig.book.files(HEARING) if one.name == "tape/1.ytape"]
        assert (file.state, file.reason) == ("pending", "unreachable")
        assert await archiver.round() == 0, "not before its time"
        waits.append(file.next_at - file.updated_at)
        rig.clock.move(waits[-1] + 2)
        await archiver.round()
    assert waits == sorted(waits)
    assert waits[1] == pytest.approx(2 * waits[0], abs=2)
    assert waits[-1] <= 3_600_001
    store.failing.clear()
    rig.clock.move(3_700_000)
    assert await archiver.round() == 1
    (file,) = [one for one in await rig.book.files(HEARING) if one.name == "tape/1.ytape"]
    assert (file.tries, file.reason, file.failing_since) == (0, "", None)


@BOTH
async def test_what_fails_again_and_again_is_an_alarm_until_it_is_there(rig: Rig) -> None:
    store: Any = rig.remote
    store.failing["2.ytape"] = "denied"
    archiver = rig.archiver()
    for tries in range(1, 4):
        await archiver.round()
        assert bool(archiver.troubled) is (tries == 3)
        rig.clock.move(4_000_000)
    assert archiver.troubled == {HEARING: NOON}
    assert (archiver.figures["archive_files_failing"], archiver.figures["archive_hearings_failing"]) == (1, 1)
    store.failing.clear()
    await archiver.round()
    assert archiver.troubled == {}


async def test_a_copy_that_differs_is_not_believed_and_not_locked(rig: Rig) -> None:
    """The storage lost a bit of what it was given; the next try writes it anew."""
    store: Any = rig.remote
    real, key = store.put, f"yunting/{HEARING}/tape/0.ytape"

    async def lossy(name: str, path: Path) -> str:
        version: str = await real(name, path)
        if name == key and len(store.objects[key]) == 1:
            store.objects[key][0].data = b"\0" + store.objects[key][0].data[1:]
        return version

    store.put = lossy
    archiver = rig.archiver()
    await archiver.round()
    file = (await rig.book.files(HEARING))[2]
    assert (file.name, file.state, file.reason) == ("tape/0.ytape", "pending", "differs")
    assert store.objects[key][0].until_ms == 0
    rig.clock.move(60_000)
    assert await archiver.round() == 1
    assert store.objects[key][1].data == FILES["tape/0.ytape"]


async def test_a_file_that_was_changed_here_is_never_taken_for_the_record(rig: Rig) -> None:
    path = rig.package / "tape" / "3.ytape"
    path.write_bytes(b"x" + path.read_bytes()[1:])
    archiver = rig.archiver()
    for _ in range(3):
        await archiver.round()
        rig.clock.move(4_000_000)
    (file,) = [one for one in await rig.book.files(HEARING) if one.name == "tape/3.ytape"]
    assert (file.state, file.reason) == ("pending", "local_changed")
    assert HEARING in archiver.troubled
    store: Any = rig.remote
    assert f"yunting/{HEARING}/tape/3.ytape" not in store.objects, "it never leaves the house"


async def test_a_manifest_that_cannot_be_read_keeps_no_other_back(rig: Rig) -> None:
    archiver = rig.archiver()
    (rig.package / forms.MANIFEST).write_bytes(b"nonsense")
    assert await archiver.round() == 0
    assert archiver.troubled == {HEARING: NOON}
    make_package(rig.package)
    assert await archiver.round() == len(ALL)
    assert archiver.troubled == {}


async def test_what_was_written_and_not_yet_believed_is_not_written_again(rig: Rig) -> None:
    store: Any = rig.remote
    real = store.read

    async def dead(*_: object) -> Any:
        if store.failing:
            yield b"never"
        raise RemoteFailed("unreachable")

    store.read = dead
    archiver = rig.archiver()
    assert await archiver.round() == 0
    assert set((await rig.states()).values()) == {"stored"}
    store.read = real
    rig.clock.move(60_000)
    assert await archiver.round() == len(ALL)
    assert len(store.puts) == len(ALL)


async def test_a_file_that_is_gone_here_is_told(rig: Rig) -> None:
    (rig.package / "tape" / "3.ytape").unlink()
    assert await rig.archiver().round() == len(ALL) - 1
    (file,) = [one for one in await rig.book.files(HEARING) if one.state != "verified"]
    assert file.reason == "local_missing"


async def test_a_bucket_without_locks_holds_copies_that_are_not_locked(rig: Rig) -> None:
    store: Any = rig.remote
    store.has_locks = False
    await rig.archiver().round()
    assert {one.locked_until for one in await rig.book.files(HEARING)} == {None}
    assert set((await rig.states()).values()) == {"verified"}


async def test_an_object_that_vanished_after_it_was_written_is_written_again(rig: Rig) -> None:
    """The process was killed before it read the object back, and the storage lost it meanwhile."""
    store: Any = rig.remote
    key = f"yunting/{HEARING}/tape/0.ytape"
    real = store.put

    async def forgetful(name: str, path: Path) -> str:
        version: str = await real(name, path)
        if name == key and store.puts.count(key) == 1:
            del store.objects[key]
        return version

    store.put = forgetful
    archiver = rig.archiver()
    await archiver.round()
    (file,) = [one for one in await rig.book.files(HEARING) if one.state != "verified"]
    assert (file.name, file.state, file.version, file.reason) == ("tape/0.ytape", "pending", "", "missing")
    rig.clock.move(60_000)
    assert await archiver.round() == 1
    assert store.objects[key][0].data == FILES["tape/0.ytape"]


async def test_a_package_of_no_hearing_is_left_alone(rig: Rig) -> None:
    make_package(rig.root / "hearings" / "stranger" / "package")
    await rig.archiver().round()
    assert set(await rig.book.known()) == {HEARING}


CHILD = """
import asyncio, json, sys
from pathlib import Path
from server.archive.copier import Archiver
from server.archive.settings import ArchiveSettings
from server.store.archive_book import ArchiveBook
from server.store.database import Database
from server.store.settings import StoreSettings
from server.archive.s3 import S3Remote
from tests.archive.s3_server import ACCESS, SECRET, now_ms

async def main(root, fields):
    async def kept(_):
        return 1_800_000_000_000, 30, False
    settings = ArchiveSettings(**fields)
    archiver = Archiver(hearings=root / "hearings", book=ArchiveBook(Database(StoreSettings(root=root))),
                        remote=S3Remote(settings, ACCESS, SECRET, now_ms), settings=settings, kept=kept,
                        now_ms=now_ms)
    await archiver.round()

asyncio.run(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
"""


async def test_a_kill_in_mid_upload_costs_that_upload_alone(
    s3: S3Server, bucket: str, tmp_path: Path
) -> None:
    """kill -9 while a file is on its way: the next process goes on behind the last file that was believed."""
    database = Database(await settings_for("sqlite", tmp_path / "var"))
    rig = await Rig(tmp_path / "var", database, MemoryStore()).begin()
    async with Gate(s3.url, stall="tape/2.ytape") as gate:
        fields = {"bucket": bucket, "endpoint": gate.url, "lock": "compliance", "tries": 1}
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(rig.root), json.dumps(fields)], cwd=ROOT)
        try:
            await gate.stalled.wait()  # its headers are there, its body is on the way, and no answer comes
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        before = await rig.states()
        done = {name for name, state in before.items() if state == "verified"}
        assert done
        assert before["tape/2.ytape"] == "pending"
        assert f"yunting/{HEARING}/tape/2.ytape" not in s3.keys(bucket)
        gate.open()
        gate.puts.clear()
        rig.settings = s3.settings(bucket, endpoint=gate.url, lock="compliance", tries=1)
        remote = s3.remote(rig.settings)
        rig.clock.move(now_ms() - rig.clock.now_ms() + 60_000)
        assert await rig.archiver(remote).round() == len(ALL) - len(done)
        assert await rig.states() == dict.fromkeys(ALL, "verified")
        assert {key.rpartition(f"{HEARING}/")[2] for key in gate.puts} == ALL - done, "believed ones stay"
        for one in await rig.book.files(HEARING):
            assert one.version
            key = (bucket, *f"yunting/{HEARING}/{one.name}".split("/"))
            assert (await s3.call("DELETE", key, {"versionId": one.version}))[0] == 403
        await remote.close()
    await database.close()
