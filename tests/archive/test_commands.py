"""The commands as an operator gives them: status, verify, restore after the disk is lost, holds."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from recording.package import forms
from server.archive.build import archiver_of, keeping_of
from server.archive.restore import PARTIAL
from server.courtroom.ports import NewEntry
from server.demo import cast
from tests.archive.office import OVER, config, copied, copied_again, files_of, remove, run
from tests.archive.s3_server import now_ms
from tests.fakes.clock import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.s3_server import S3Server
    from tests.sealing.rig import House

pytestmark = pytest.mark.service


async def test_a_lost_disk_is_restored_and_verified(
    house: House, s3: S3Server, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = config(house, server=s3, bucket=bucket)
    assert await run("archive", "status", cast.HELD, *at) == 1
    assert "unverified" in capsys.readouterr().out
    await copied(house, s3, bucket)
    assert await run("archive", "status", *at) == 0
    assert "verified" in capsys.readouterr().out
    assert await run("archive", "status", cast.HELD, *at) == 0
    assert "locked until" in capsys.readouterr().out
    assert await run("archive", "verify", cast.HELD, *at) == 0
    assert "the same as sealed" in capsys.readouterr().out

    was = {
        p.relative_to(house.root): p.read_bytes()
        for p in sorted((house.root / "hearings" / cast.HELD / "package").rglob("*"))
        if p.is_file()
    }
    shutil.rmtree(house.root / "hearings")
    out = tmp_path / "restored"
    assert await run("archive", "restore", cast.HELD, str(out), *at) == 0
    assert "unaltered" in capsys.readouterr().out.lower()
    base = house.root / "hearings" / cast.HELD / "package"
    now = {p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}
    assert now == {(house.root / name).relative_to(base): data for name, data in was.items()}
    assert await run("archive", "restore", cast.HELD, str(out), *at) == 2
    assert "is there already" in capsys.readouterr().err

    # the ledger is lost too: what the storage lists, and the verifier alone
    (house.root / "yunting.db").unlink()
    again = tmp_path / "again"
    assert await run("archive", "restore", cast.HELD, str(again), *at) == 0
    assert sorted(p.name for p in again.rglob("*")) == sorted(p.name for p in out.rglob("*"))


async def test_a_corrupted_remote_object_is_found_and_named(
    house: House, s3: S3Server, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = config(house, server=s3, bucket=bucket)
    await copied(house, s3, bucket, "off")
    bad = f"yunting/{cast.HELD}/log/main.jsonl"
    s3.corrupt(bucket, bad)
    assert await run("archive", "restore", cast.HELD, str(tmp_path / "out"), *at) == 2
    assert "differs log/main.jsonl" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert await run("archive", "verify", cast.HELD, *at) == 1
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if "DIFFERS" in line] == ["DIFFERS 不一致 log/main.jsonl"]
    # it is believed no more, so it is not fetched: the rest is, and the verifier names what is not there
    assert await run("archive", "restore", cast.HELD, str(tmp_path / "rest"), *at) == 1
    assert "log/main.jsonl" in capsys.readouterr().out
    assert not (tmp_path / "rest").exists()
    # without the ledger's digests the verifier finds it, and the folder does not get its name
    (house.root / "yunting.db").unlink()
    assert await run("archive", "restore", cast.HELD, str(tmp_path / "blind"), *at) == 1
    assert "log/main.jsonl" in capsys.readouterr().out
    assert not (tmp_path / "blind").exists()
    assert (tmp_path / f"blind{PARTIAL}").is_dir()


async def test_a_remote_object_that_is_gone_is_found(
    house: House, s3: S3Server, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    at = config(house, server=s3, bucket=bucket)
    await copied(house, s3, bucket, "off")
    key = (bucket, "yunting", cast.HELD, "signatures.json")
    listed = {one.name: one.version for one in await files_of(house)}
    assert (await s3.call("DELETE", key, {"versionId": listed["signatures.json"]}))[0] == 204
    assert await run("archive", "verify", cast.HELD, *at) == 1
    assert "MISSING signatures.json" in capsys.readouterr().out


async def test_a_hold_reaches_the_log_and_the_storage(house: House, s3: S3Server, bucket: str) -> None:
    at = config(house, server=s3, bucket=bucket)
    await copied(house, s3, bucket)
    who = ("--by", "审判管理办公室 王敏", "--reason", "再审立案")
    assert await run("hold", "set", cast.HELD, *at, *who) == 0
    assert await run("hold", "set", cast.HELD, *at, *who) == 2, "it is so already"
    (entry,) = await house.events.read_kinds(cast.HELD, {"hold_set"})
    assert entry.body == {"by": who[1], "reason": who[3]}
    assert (await house.events.verify(cast.HELD)).ok
    assert all(one.held for one in await files_of(house))
    key = (bucket, "yunting", cast.HELD, "manifest.json")
    version = next(one.version for one in await files_of(house) if one.name == "manifest.json")
    assert (await s3.head(key, {"versionId": version}))["x-amz-object-lock-legal-hold"] == "ON"
    assert await run("hold", "lift", cast.HELD, *at, *who) == 0
    assert (await s3.head(key, {"versionId": version}))["x-amz-object-lock-legal-hold"] == "OFF"
    assert await run("hold", "set", "nobody", *at, *who) == 2
    assert await run("hold", "set", cast.HELD, *at, "--by", " ", "--reason", "x") == 2


@pytest.mark.parametrize("fault", ["gone", "differs"])
async def test_what_a_verification_finds_bad_is_believed_no_more_and_copied_anew(
    house: House, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    at = config(house, server=s3, bucket=bucket, policy=OVER)
    await copied(house, s3, bucket, "off")
    if fault == "differs":
        s3.corrupt(bucket, f"yunting/{cast.HELD}/signatures.json")
    else:
        await remove(house, s3, bucket, "signatures.json")
    assert await run("archive", "verify", cast.HELD, *at) == 1
    (bad,) = [one for one in await files_of(house) if one.state != "verified"]
    assert (bad.name, bad.state, bad.version) == ("signatures.json", "pending", "")
    monkeypatch.setattr("server.archive.commands._now_ms", lambda: 4_000_000_000_000)
    assert await run("purge", *at, "--by", "档案室", "--reason", "期满") == 0
    assert (house.root / "hearings" / cast.HELD / "tape").exists(), "the purge does not believe it either"
    monkeypatch.undo()
    settings = s3.settings(bucket, lock="off")
    remote = s3.remote(settings)
    assert await archiver_of(settings, house.root, house.database, remote, now_ms).round() == 1
    await remote.close()
    assert await run("archive", "verify", cast.HELD, *at) == 0


async def test_a_hearing_that_is_not_over_is_not_held(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its log is its room's alone: an entry from elsewhere would stop the next command in the courtroom."""
    file = await house.cases.hearing(cast.HELD)
    assert file is not None
    await house.cases.create_hearing(case_id=file.case.id, public=True, procedure="civil_ordinary", scheduled_at=1,
                                     seats=(), now_ms=1, hearing_id="on-1")  # fmt: skip
    await house.events.append("on-1", 0, [NewEntry(NOON, None, None, "court_opened", 1)])
    who = ("--by", "档案室", "--reason", "再审立案")
    assert await run("hold", "set", "on-1", *config(house), *who) == 2
    assert "not over yet" in capsys.readouterr().err
    assert await house.events.last_seq("on-1") == 1


async def test_a_timestamp_that_is_not_in_the_book_yet_is_not_verified(
    house: House, s3: S3Server, bucket: str
) -> None:
    await copied(house, s3, bucket, "off")
    keeping = keeping_of(s3.settings(bucket), house.root, house.database)

    async def remote() -> str:
        kept = await keeping.of(cast.HELD)
        assert kept is not None
        return kept.facts.remote

    assert await remote() == "verified"
    (house.root / "hearings" / cast.HELD / "package" / forms.TIMESTAMP).write_bytes(b"stamp")
    assert await remote() == "unverified"
    await copied_again(house, s3, bucket)
    assert await remote() == "verified"


async def test_what_cannot_be_done_is_said(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = config(house)
    assert await run("archive", "verify", cast.HELD, *at) == 2
    assert "no remote storage" in capsys.readouterr().err
    assert await run("archive", "status", "nobody", *at) == 2
    at = config(house, policy="[classes.a]\ntape = 0")
    assert await run("purge", "--dry-run", *at) == 2
    assert "from 1 to 100" in capsys.readouterr().err
    assert await run("archive", "status", "--config", str(tmp_path / "none.yaml")) == 2
