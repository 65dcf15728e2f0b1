"""A real short hearing is sealed and checked: by the court, by a party, by who must not meet somebody, and after tampering."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from recording.package import archive, forms, keys
from recording.package.verify import verify
from recording.places import second_of
from server.courtroom.ports import NewEntry
from server.demo import cast
from server.finish import Folders
from server.gateway.record import COURTS_OWN
from server.sealing.gather import read_commitment
from server.sealing.sealer import NotSealed
from server.sealing.settings import SealingSettings

if TYPE_CHECKING:
    from pathlib import Path

    from recording.package.report import Report
    from tests.sealing.rig import House

pytestmark = pytest.mark.service

CAUCUS = f"{cast.HELD}#caucus.plaintiff"
WHISPERED = "原告底线是五万元"
CAUCUS_TAPE = f"{cast.HELD}.caucus.plaintiff.1"


def manifest(package: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((package / forms.MANIFEST).read_bytes())
    return value


def files(package: Path) -> dict[str, Path]:
    return {str(p.relative_to(package)): p for p in package.rglob("*") if p.is_file()}


async def enter(house: House, stream: str, *entries: tuple[str, dict[str, Any]]) -> None:
    """Entries of a later moment than any."""
    known = await house.events.read(stream)
    at = known[-1].at_ms + 1 if known else 1
    new = [NewEntry(at, None, "c-random", kind, 1, body) for kind, body in entries]
    await house.events.append(stream, len(known), new)


async def test_the_scripted_hearing_is_unaltered_and_complete(house: House) -> None:
    key = house.key()
    package = await house.sealer().seal(cast.HELD)
    report = verify(package, [key])
    assert report.findings == [], report.as_text()
    assert report.notes == []
    told = manifest(package)
    verdict = await house.events.verify(cast.HELD)
    assert (told["log"]["head"], told["log"]["entries"]) == (verdict.head, verdict.entries)
    assert {row["label"] for row in told["covers"]} >= {"presiding", "plaintiff", "defendant"}
    assert all(any(gap[2] == "recess" for gap in row["gaps"]) or row["gaps"] for row in told["covers"])
    assert (told["case"]["court"], told["case"]["number"]) == (cast.COURT, cast.CASE_NO)


async def test_every_file_of_the_hearing_is_in_it_as_it_is(house: House) -> None:
    house.key()
    package = await house.sealer().seal(cast.HELD)
    here = files(package)
    tape = house.folders.tape(cast.HELD)
    for path in tape.glob("*.ytape"):
        assert here[f"tape/{path.name}"].read_bytes() == path.read_bytes()
    for path in house.folders.copies(cast.HELD).glob("*.webm"):
        assert here[f"copies/{path.name}"].read_bytes() == path.read_bytes()
    entries = await house.events.read(cast.HELD)
    assert len(here[forms.LOG].read_bytes().splitlines()) == len(entries)
    assert json.loads(here[forms.TRANSCRIPT].read_bytes())["seat"] == "presiding"
    assert {row["name"] for row in manifest(package)["files"]} == here.keys() - forms.OUTSIDE
    by_name = {row["name"]: row for row in manifest(package)["files"]}
    for name, path in here.items():
        if name not in forms.OUTSIDE:
            assert by_name[name]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            assert by_name[name]["sm3"] == hashlib.new("sm3", path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["tape", "copies"])
async def test_a_changed_second_is_told_with_its_seat(house: House, name: str) -> None:
    key = house.key()
    package = await house.sealer().seal(cast.HELD)
    path = min((package / name).glob("plaintiff*audio-*1.ytape" if name == "tape" else "plaintiff.*"))
    data = path.read_bytes()
    path.unlink()  # it is the house's own file too
    at = len(data) // 2
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    found = verify(package, [key]).findings
    told = manifest(package)
    assert found
    assert {(one.file, one.seat) for one in found} == {(f"{name}/{path.name}", "plaintiff")}
    times = [one.at_ms for one in found if one.at_ms is not None]
    assert times
    assert all(0 < ms < told["closed_ms"] - told["opened_ms"] for ms in times)


async def test_a_sealed_hearing_is_not_sealed_again(house: House) -> None:
    house.key()
    before = manifest(await house.sealer().seal(cast.HELD))
    await house.results.replace_utterances(cast.HELD, [])
    assert manifest(await house.sealer().seal(cast.HELD)) == before


async def test_the_same_hearing_gives_the_same_package(house: House) -> None:
    house.key()
    package = await house.sealer().seal(cast.HELD)
    before = {name: path.read_bytes() for name, path in files(package).items()}
    package.rename(package.with_name("first"))
    again = await house.sealer().seal(cast.HELD)
    assert {name: path.read_bytes() for name, path in files(again).items()} == before


async def test_with_all_three_kinds_of_keys(house: House) -> None:
    made = [house.key(kind) for kind in (keys.ED25519, keys.P256, keys.SM2)]
    package = await house.sealer().seal(cast.HELD)
    for key in made:
        assert verify(package, [key]).findings == []
    rows = json.loads((package / forms.SIGNATURES).read_bytes())["signatures"]
    assert [row["id"] for row in rows] == [key.id for key in made]
    rows[2]["signature"] = rows[1]["signature"]
    (package / forms.SIGNATURES).write_bytes(forms.canonical({"signatures": rows}))
    assert [one.reason for one in verify(package, made[:1]).findings] == ["signature_wrong"]


async def test_without_a_key_nothing_is_sealed(house: House) -> None:
    with pytest.raises(NotSealed, match="no_key"):
        await house.sealer().seal(cast.HELD)
    assert not house.sealer().package(cast.HELD).exists()


async def test_what_is_not_over_or_not_known_is_not_sealed(house: House) -> None:
    house.key()
    (coming,) = [row.id for row in await house.cases.hearings(cast.CASE_ID) if row.id != cast.HELD]
    with pytest.raises(NotSealed, match="not_over"):
        await house.sealer().seal(coming)
    with pytest.raises(NotSealed, match="unknown_hearing"):
        await house.sealer().seal("h-none")


async def test_a_sealing_that_was_cut_off_leaves_no_package_and_is_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = house.key()

    async def broken(*_: object) -> bytes:
        raise OSError("the disk")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="the disk"):
        patch.setattr("server.sealing.sealer.package_apart", broken)
        await house.sealer().seal(cast.HELD)
    assert not house.sealer().package(cast.HELD).exists()
    assert verify(await house.sealer().seal(cast.HELD), [key]).findings == []


async def test_what_was_finished_and_not_sealed_is_sealed_at_the_next_start(house: House) -> None:
    key = house.key()
    sealer = house.sealer()
    await sealer.run()
    assert not sealer.package(cast.HELD).exists(), "its copies and its transcript are not made yet"
    job = await house.results.job(cast.HELD, "finish")
    assert job is not None
    await house.results.set_job(job.id, state="done", progress=1.0, now_ms=1)
    left = house.root / "hearings" / cast.HELD / ".package.4194305"  # no process has that number
    left.mkdir()
    await sealer.run()
    assert verify(sealer.package(cast.HELD), [key]).findings == []
    assert not left.exists()


async def test_a_log_that_is_not_whole_is_not_signed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.key()
    verdict = await house.events.verify(cast.HELD)

    async def bad(_stream: str) -> object:
        return type(verdict)(ok=False, entries=3, head="", first_bad_seq=4, reason="hash")

    monkeypatch.setattr(house.events, "verify", bad)
    with pytest.raises(NotSealed, match="log_not_whole"):
        await house.sealer().seal(cast.HELD)


# --- what must not leave ---


async def edition(house: House, seat: str, tmp_path: Path) -> tuple[Path, set[str]]:
    out = tmp_path / f"{seat}.zip"
    await house.sealer().edition(cast.HELD, seat, out)
    with zipfile.ZipFile(out) as opened:
        return out, set(opened.namelist())


async def test_a_partys_package_has_the_same_seal_without_the_courts_own(
    house: House, tmp_path: Path
) -> None:
    key = house.key()
    await enter(
        house, cast.HELD, ("message_sent", {"text": WHISPERED}), ("incident_noted", {"facts": [WHISPERED]})
    )
    package = await house.sealer().seal(cast.HELD)
    courts, all_names = await edition(house, "presiding", tmp_path)
    partys, names = await edition(house, "defendant_agent", tmp_path)
    assert all_names == files(package).keys()
    assert all_names - names == {forms.LOG_COURT, forms.INCIDENTS}
    for path in (courts, partys):
        report = verify(path, [key])
        assert report.findings == [], report.as_text()
    assert WHISPERED.encode() in courts.read_bytes()
    assert WHISPERED.encode() not in partys.read_bytes()
    assert verify(partys, [key]).notes
    with zipfile.ZipFile(partys) as opened:
        assert opened.read(forms.MANIFEST) == (package / forms.MANIFEST).read_bytes()


async def test_a_partys_log_is_what_the_case_page_shows_and_no_names(house: House, tmp_path: Path) -> None:
    house.key()
    await house.sealer().seal(cast.HELD)
    path, _ = await edition(house, "plaintiff", tmp_path)
    with zipfile.ZipFile(path) as opened:
        rows = [json.loads(line) for line in opened.read(forms.LOG).splitlines()]
    kinds = {row["seq"]: row["kind"] for row in rows if "kind" in row}
    entries = await house.events.read(cast.HELD)
    expected = {
        e.seq: e.kind for e in entries if e.kind not in COURTS_OWN | {"hearing_scheduled", "technician_added"}
    }
    assert kinds == expected
    for row in cast.HELD_SEATS:
        assert row.person_id.encode() not in path.read_bytes()
        assert row.role != "observer" or row.name.encode() not in path.read_bytes()


async def test_who_must_not_meet_somebody_does_not_get_their_tape(house: House, tmp_path: Path) -> None:
    key = house.key()
    await enter(
        house, cast.HELD, ("seats_screened", {"one": "witness", "other": "defendant", "reason": WHISPERED})
    )
    await house.sealer().seal(cast.HELD)
    for seat, without in (("defendant", True), ("plaintiff", False), ("presiding", False)):
        path, names = await edition(house, seat, tmp_path)
        assert any("witness" in name for name in names) is not without, seat
        report = verify(path, [key])
        assert report.findings == [], report.as_text()
        assert (WHISPERED.encode() in path.read_bytes()) is (seat == "presiding")


@pytest.mark.parametrize(
    ("seat", "reason"),
    [("witness", "not_for_this_seat"), ("observer", "not_for_this_seat"), ("x", "unknown_seat")],
)
async def test_who_may_not_read_the_record_gets_no_package(
    house: House, tmp_path: Path, seat: str, reason: str
) -> None:
    house.key()
    await house.sealer().seal(cast.HELD)
    with pytest.raises(NotSealed, match=reason):
        await house.sealer().edition(cast.HELD, seat, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


async def hold_a_caucus(house: House, *entries: tuple[str, dict[str, Any]]) -> None:
    await enter(house, CAUCUS, *entries)
    tape = house.root / "hearings" / CAUCUS_TAPE / "tape"
    tape.mkdir(parents=True)
    (tape / "tape.json").write_text(WHISPERED, encoding="utf-8")
    (tape / "plaintiff-audio-0001.ytape").write_text(WHISPERED, encoding="utf-8")


async def test_a_caucus_is_in_the_package_by_a_commitment_alone(house: House, tmp_path: Path) -> None:
    """Nothing that was said, entered or recorded there leaves with any edition: not even how much it was."""
    key = house.key()
    await hold_a_caucus(house, ("proposal_made", {"text": WHISPERED}), ("room_closed", {"recorded": True}))
    package = await house.sealer().seal(cast.HELD)
    for seat in ("presiding", "defendant", "plaintiff"):
        path, _ = await edition(house, seat, tmp_path)
        data = path.read_bytes()
        report = verify(path, [key])
        assert report.findings == [], report.as_text()
        verdict = await house.events.verify(CAUCUS)
        for word in (WHISPERED, "proposal_made", "room_closed", verdict.head, CAUCUS_TAPE):
            assert word.encode() not in data, word
    (room,) = manifest(package)["rooms"]
    assert room["room"] == "caucus:plaintiff"
    assert room.keys() == {"room", "commitment"}
    kept = (house.root / "hearings" / cast.HELD / "commitments" / "caucus.plaintiff.json").read_bytes()
    assert forms.sha256(kept) == room["commitment"]
    told = read_commitment(kept)
    assert (told["head"], told["entries"]) == (verdict.head, 2)
    assert told["tapes"] == {CAUCUS_TAPE: forms.sha256(WHISPERED.encode())}


async def test_a_commitment_is_of_one_length_and_never_the_same(house: House) -> None:
    house.key()
    await hold_a_caucus(house, *([("proposal_made", {"text": WHISPERED})] * 40))
    package = await house.sealer().seal(cast.HELD)
    kept = house.root / "hearings" / cast.HELD / "commitments" / "caucus.plaintiff.json"
    first, once = manifest(package)["rooms"], kept.read_bytes()
    assert len(once) % 16_384 == 0
    package.rename(package.with_name("first"))
    assert manifest(await house.sealer().seal(cast.HELD))["rooms"] == first, "it is kept, not made anew"
    package.rename(package.with_name("second"))
    kept.unlink()
    assert manifest(await house.sealer().seal(cast.HELD))["rooms"] != first, "it could be guessed"


async def test_a_tampered_edition_is_found(house: House, tmp_path: Path) -> None:
    """A file that the manifest does not allow to lack was left out of the archive by hand."""
    key = house.key()
    package = await house.sealer().seal(cast.HELD)
    names = sorted(files(package).keys() - {forms.EXHIBITS})
    with (tmp_path / "a.zip").open("wb") as out:
        archive.write(out, [(n, lambda n=n: (package / n).open("rb")) for n in names])  # type: ignore[misc]
    report: Report = verify(tmp_path / "a.zip", [key])
    assert [(one.reason, one.file) for one in report.findings] == [("missing", forms.EXHIBITS)]
    assert (report.unaltered, report.complete) == (True, False)


async def test_the_manifest_says_whether_a_timestamp_was_wanted(house: House) -> None:
    key = house.key()
    settings = SealingSettings(timestamp_url="http://127.0.0.1:9/", timestamp_timeout_s=0.5)
    package = await house.sealer(settings).seal(cast.HELD)
    report = verify(package, [key])
    assert report.findings == []
    assert any("timestamp was wanted" in english for _, english in report.notes)


async def test_a_tape_whose_first_place_is_gone_is_sealed_from_the_second(
    house: House, tmp_path: Path
) -> None:
    """The pointer to the second place stands in the first; where that disk is gone, the settings still name both."""
    key = house.key()
    second = tmp_path / "second"
    shutil.move(house.folders.tape(cast.HELD), second_of(second, cast.HELD))
    house.folders = Folders(house.root, second)
    package = await house.sealer().seal(cast.HELD)
    report = verify(package, [key])
    assert report.findings == [], report.as_text()
    assert list((package / "tape").glob("presiding-audio-*"))
