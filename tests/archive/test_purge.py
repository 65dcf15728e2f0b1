"""Purges: what is over goes, with a record of it; never under a hold, nor without the remote copy, nor by halves."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from server.archive.build import keeping_of
from server.archive.purge import Purger
from server.archive.settings import ArchiveSettings
from server.demo import cast
from server.store.codec import EventCodec
from tests.archive.office import OVER, config, copied, copied_again, files_of, remove, run
from tests.archive.s3_server import now_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.s3_server import S3Server
    from tests.sealing.rig import House

pytestmark = pytest.mark.service


async def test_a_purge_takes_what_is_over_and_leaves_a_record_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demonstration's hearing was held days ago: the clock of the command is set two years on."""
    at = config(house, policy=OVER)
    who = ("--by", "档案室 李文", "--reason", "保管期限届满")
    folder = house.root / "hearings" / cast.HELD
    caucus, neighbour = (
        folder.with_name(f"{cast.HELD}{end}") / "tape" / "a.ytape"
        for end in (".caucus.plaintiff.1", "-other")
    )
    for path in (caucus, neighbour):
        path.parent.mkdir(parents=True)
        path.write_bytes(path.parent.parent.name.encode())
    before = sorted(p for p in folder.rglob("*") if p.is_file())
    assert await run("purge", *at, *who) == 0
    assert sorted(p for p in folder.rglob("*") if p.is_file()) == before, "nothing is over yet"
    later = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000)
    monkeypatch.setattr("server.archive.commands._now_ms", lambda: later)
    assert await run("purge", "--dry-run", *at) == 0
    assert "tape=term_over" in capsys.readouterr().out
    assert sorted(p for p in folder.rglob("*") if p.is_file()) == before, "a dry run changes nothing"
    assert await run("purge", *at) == 2, "nobody purges without a name and a reason"

    assert await run("hold", "set", cast.HELD, *at, *who) == 0
    assert await run("purge", *at, *who) == 0
    assert sorted(p for p in folder.rglob("*") if p.is_file()) == before, "a hold keeps everything"
    assert await run("hold", "lift", cast.HELD, *at, *who) == 0

    assert await run("purge", *at, *who) == 0
    left = {p.relative_to(folder).parts[0] for p in folder.rglob("*") if p.is_file()}
    assert left.isdisjoint({"tape", "copies", "package", "lines"})
    entries = await house.events.read_kinds(cast.HELD, {"record_purged"})
    assert [entry.body["part"] for entry in entries] == list(range(1, len(entries) + 1))
    body = entries[0].body
    assert (body["by"], body["reason"], body["class_id"]) == (who[1], who[3], "over")
    assert set(body["artefacts"]) == {"tape", "copies", "package", "transcript"}
    named = {row.split("\t")[0] for entry in entries for row in entry.body["files"]}
    gone = {
        f"{cast.HELD}/{p.relative_to(folder)}"
        for p in before
        if p.relative_to(folder).parts[0] in {"tape", "copies", "package"}
    }
    assert named == gone | {f"{cast.HELD}/transcript", f"{cast.HELD}.caucus.plaintiff.1/tape/a.ytape"}
    assert (caucus.exists(), neighbour.exists()) == (False, True)
    assert all(len(row.split("\t")[2]) == 64 for entry in entries for row in entry.body["files"])
    assert (await house.events.verify(cast.HELD)).ok, "the log is as long as ever, and one entry longer"
    assert await house.results.utterances(cast.HELD) == []
    assert await run("purge", *at, *who) == 0
    assert len(await house.events.read_kinds(cast.HELD, {"record_purged"})) == len(entries), "once"
    assert await run("seal", cast.HELD, *at) == 2
    assert "purged" in capsys.readouterr().err, "what is left is not sealed as if it were all"


async def test_a_purge_that_was_killed_is_ended_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = config(house, policy=OVER)
    who = ("--by", "档案室", "--reason", "期满")
    monkeypatch.setattr("server.archive.commands._now_ms", lambda: 4_000_000_000_000)
    monkeypatch.setattr("server.archive.purge.shutil.rmtree", _killed)
    assert await run("purge", *at, *who) == 2
    monkeypatch.undo()
    monkeypatch.setattr("server.archive.commands._now_ms", lambda: 4_000_000_000_000)
    assert (house.root / "hearings" / cast.HELD / "tape").exists()
    assert await run("purge", *at, *who) == 0
    assert "an earlier purge was ended" in capsys.readouterr().out
    assert not (house.root / "hearings" / cast.HELD / "tape").exists()
    assert len(await house.events.read_kinds(cast.HELD, {"record_purged"})) == 1


def _killed(*_: object) -> None:
    raise OSError("killed")


async def test_nothing_goes_while_the_remote_copy_is_not_believed(
    house: House,
    s3: S3Server,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at = config(house, server=s3, bucket=bucket, policy=OVER)
    monkeypatch.setattr("server.archive.commands._now_ms", lambda: 4_000_000_000_000)
    assert await run("purge", "--dry-run", *at) == 0
    assert "tape=not_verified" in capsys.readouterr().out
    monkeypatch.undo()
    await copied(house, s3, bucket, "off")
    monkeypatch.setattr("server.archive.commands._now_ms", lambda: 4_000_000_000_000)
    assert await run("purge", "--dry-run", *at) == 0
    assert "tape=term_over" in capsys.readouterr().out


async def test_a_purge_asks_the_storage_itself_before_anything_goes(
    house: House,
    s3: S3Server,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at = config(house, server=s3, bucket=bucket, policy=OVER)
    await copied(house, s3, bucket, "off")
    await remove(house, s3, bucket, "signatures.json")
    folder = house.root / "hearings" / cast.HELD
    before = sorted(folder.rglob("*"))
    monkeypatch.setattr("server.archive.commands._now_ms", lambda: now_ms() + 400 * 86_400_000 * 10)
    monkeypatch.setattr("server.archive.build.S3Remote", _by_the_clock(s3))
    who = ("--by", "档案室", "--reason", "期满")
    assert await run("purge", *at, *who) == 1
    assert "gone from the remote storage" in capsys.readouterr().out
    assert sorted(folder.rglob("*")) == before
    assert await house.events.read_kinds(cast.HELD, {"record_purged"}) == []
    assert [one.name for one in await files_of(house) if one.state != "verified"] == ["signatures.json"]
    await copied_again(house, s3, bucket)
    assert await run("purge", *at, *who) == 0
    assert not (folder / "tape").exists()
    # the bucket's own rules end it there too, some day: there is nothing to copy anew
    await remove(house, s3, bucket, "signatures.json")
    assert await run("archive", "verify", cast.HELD, *at) == 1
    assert {one.state for one in await files_of(house)} == {"verified"}


def _by_the_clock(s3: S3Server) -> Any:
    """The remote storage of a command whose own clock is years on: signatures carry the true time."""
    return lambda settings, *_: s3.remote(settings)


async def test_a_purge_that_was_killed_is_not_ended_under_a_hold(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = config(house, policy=OVER)
    who = ("--by", "档案室", "--reason", "期满")
    with monkeypatch.context() as patch:
        patch.setattr("server.archive.commands._now_ms", lambda: 4_000_000_000_000)
        patch.setattr("server.archive.purge.shutil.rmtree", _killed)
        assert await run("purge", *at, *who) == 2
    tape = house.root / "hearings" / cast.HELD / "tape"
    assert await run("hold", "set", cast.HELD, *at, *who) == 0
    assert await run("purge", *at, *who) == 0
    assert tape.exists()
    assert await run("hold", "lift", cast.HELD, *at, *who) == 0
    assert await run("purge", *at, *who) == 0
    assert not tape.exists()
    assert capsys.readouterr().out.count("an earlier purge was ended") == 1


async def test_the_drawn_pages_of_purged_materials_go_too(house: House) -> None:
    (house.root / "hearings" / cast.HELD / "exhibits" / "x0123456789abcdef").mkdir(parents=True)
    drawn = house.folders.drawn
    drawn.mkdir(exist_ok=True)
    for name in (
        "x0123456789abcdef-1-1280.webp",
        "x0123456789abcdef-12-320.webp",
        "xfedcba9876543210-1-1280.webp",
    ):
        (drawn / name).write_bytes(b"a page")
    purger = Purger(
        root=house.root,
        second_root=None,
        drawn=drawn,
        archiver=None,
        keeping=keeping_of(ArchiveSettings(), house.root, house.database),
        events=house.events,
        codec=EventCodec(),
        results=house.results,
        now_ms=now_ms,
    )
    planned = next(one for one in await purger.plan() if one.hearing == cast.HELD)
    await purger.purge(replace(planned, going=("exhibits",)), "档案室", "期满")
    assert [path.name for path in drawn.iterdir()] == ["xfedcba9876543210-1-1280.webp"]


async def test_the_tapes_second_place_goes_with_the_first(house: House, tmp_path: Path) -> None:
    second = tmp_path / "second"
    there = second / cast.HELD / "tape"
    there.mkdir(parents=True)
    (there / "late.ytape").write_bytes(b"written after the takeover")
    purger = Purger(
        root=house.root,
        second_root=second,
        drawn=house.folders.drawn,
        archiver=None,
        keeping=keeping_of(ArchiveSettings(), house.root, house.database),
        events=house.events,
        codec=EventCodec(),
        results=house.results,
        now_ms=now_ms,
    )
    plans = await purger.plan()
    assert {one.going for one in plans} == {()}, "without a table nothing goes"
    planned = next(one for one in plans if one.hearing == cast.HELD)
    number = await purger.purge(replace(planned, going=("tape",)), "档案室", "期满")
    (entry,) = await house.events.read_kinds(cast.HELD, {"record_purged"})
    assert len(entry.body["files"]) == number
    digest = hashlib.sha256(b"written after the takeover").hexdigest()
    assert f"{cast.HELD}/tape/late.ytape\t26\t{digest}" in entry.body["files"]
    assert not there.exists()
    assert not (house.root / "hearings" / cast.HELD / "tape").exists()
    assert (house.root / "hearings" / cast.HELD / "package").exists(), "and nothing else"
