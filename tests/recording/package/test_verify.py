"""The two verdicts: packages that are good, packages sealed of something that was not, other people's keys, and nonsense."""

from __future__ import annotations

import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from recording.package import archive, forms, sm3
from recording.package.verify import signature_row, stamp_text, verify
from server.courtroom.ports import NewEntry
from server.store.chain import link
from tests.recording.package import parcels
from tests.recording.package.parcels import CLOSED_MS, HEARING, KEY, MOMENTS, OPENED_MS, OTHER, Parcel, public

if TYPE_CHECKING:
    from pathlib import Path

    from recording.package.report import Report

pytestmark = pytest.mark.service


def told(report: Report) -> set[tuple[str, str, str]]:
    return {(one.reason, one.file, one.seat) for one in report.findings}


def reasons(report: Report) -> set[str]:
    return {one.reason for one in report.findings}


def zipped(package: Path, path: Path) -> Path:
    names = sorted(str(p.relative_to(package)) for p in package.rglob("*") if p.is_file())
    with path.open("wb") as out:
        archive.write(out, [(n, lambda n=n: (package / n).open("rb")) for n in names])  # type: ignore[misc]
    return path


def test_an_untouched_package_is_unaltered_and_complete(package: Path) -> None:
    report = verify(package, [KEY])
    assert report.findings == []
    assert (report.unaltered, report.complete, report.hearing) == (True, True, HEARING)
    sealed = {str(p.relative_to(package)) for p in package.rglob("*") if p.is_file()} - forms.OUTSIDE
    assert report.files == len(sealed)


def test_the_same_files_give_the_same_package(tape: Path, package: Path, tmp_path: Path) -> None:
    again = Parcel(tape).sealed(tmp_path / "again")
    assert (again / forms.MANIFEST).read_bytes() == (package / forms.MANIFEST).read_bytes()
    assert zipped(package, tmp_path / "1.zip").read_bytes() == zipped(again, tmp_path / "2.zip").read_bytes()


def test_the_log_is_hashed_as_the_ledger_hashes_it() -> None:
    new = [NewEntry(OPENED_MS + at, seat, None, kind, 1, body) for at, kind, seat, body in MOMENTS]
    assert [one.hash for one in link(HEARING, 0, forms.GENESIS, new)] == [
        e["hash"] for e in parcels.entries()
    ]


def test_a_zip_has_the_folders_verdict_and_other_programs_open_it(twin: Path, tmp_path: Path) -> None:
    assert verify(zipped(twin, tmp_path / "a.zip"), [KEY]).findings == []
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        assert opened.testzip() is None
        assert opened.read(forms.MANIFEST) == (twin / forms.MANIFEST).read_bytes()
    name = "tape/plaintiff-audio-0002.ytape"
    data = (twin / name).read_bytes()
    parcels.put(twin / name, data[:5000] + b"x" + data[5001:])
    (twin / "tape/defendant-audio-0001.ytape").unlink()
    in_folder, in_zip = verify(twin, [KEY]), verify(zipped(twin, tmp_path / "b.zip"), [KEY])
    assert in_folder.findings == in_zip.findings
    assert not in_folder.unaltered
    assert not in_folder.complete


# --- keys ---


def test_another_key_proves_nothing(package: Path) -> None:
    report = verify(package, [public(OTHER)])
    assert reasons(report) == {"signature_absent"}
    assert not report.unaltered


def test_a_manifest_signed_by_somebody_else_under_the_courts_name_is_found(twin: Path) -> None:
    row = signature_row(KEY.id, OTHER.sign((twin / forms.MANIFEST).read_bytes()))
    parcels.put(twin / forms.SIGNATURES, forms.canonical({"signatures": [row]}))
    assert reasons(verify(twin, [KEY])) == {"signature_wrong"}


def test_who_seals_anew_with_a_key_of_his_own_is_found(tape: Path, tmp_path: Path) -> None:
    mine = public(OTHER)
    changes = {"keys": [{"id": mine.id, "spki": mine.spki.hex()}]}
    package = Parcel(tape, changes=changes).sealed(tmp_path / "p")
    data = (package / forms.MANIFEST).read_bytes()
    parcels.seal(package, data, OTHER)
    assert verify(package, [mine]).findings == []
    assert not verify(package, [KEY]).unaltered


def test_every_key_that_the_manifest_names_must_have_signed(tape: Path, tmp_path: Path) -> None:
    both = [{"id": key.id, "spki": key.spki.hex()} for key in (KEY, public(OTHER))]
    package = Parcel(tape, changes={"keys": both}).sealed(tmp_path / "p")
    assert not verify(package, [KEY]).unaltered
    data = (package / forms.MANIFEST).read_bytes()
    rows = [signature_row(KEY.id, parcels.SECRET.sign(data)), signature_row(both[1]["id"], OTHER.sign(data))]
    parcels.put(package / forms.SIGNATURES, forms.canonical({"signatures": rows}))
    assert verify(package, [KEY]).findings == []
    parcels.put(package / forms.SIGNATURES, forms.canonical({"signatures": rows[::-1]}))
    assert not verify(package, [KEY]).unaltered


# --- what was sealed was not whole ---


def sealed(tape: Path, tmp_path: Path, **given: Any) -> Report:
    return verify(Parcel(tape, **given).sealed(tmp_path / "package"), [KEY])


def test_a_segment_that_was_lost_before_the_sealing_is_missed(tape: Path, tmp_path: Path) -> None:
    shutil.copytree(tape, tmp_path / "t")
    (tmp_path / "t" / "plaintiff-audio-0002.ytape").unlink()
    report = sealed(tmp_path / "t", tmp_path)
    assert ("segment_missing", "tape/plaintiff-audio-0002.ytape", "plaintiff") in told(report)
    assert not report.complete
    assert any(one.at_ms is not None and 2_900 < one.at_ms < 6_100 for one in report.findings)


def test_a_last_segment_that_was_lost_before_the_sealing_is_missed(tape: Path, tmp_path: Path) -> None:
    shutil.copytree(tape, tmp_path / "t")
    (tmp_path / "t" / "plaintiff-audio-0004.ytape").unlink()
    report = sealed(tmp_path / "t", tmp_path)
    assert {(one.reason, one.file) for one in report.findings} == {
        ("segment_missing", "tape/plaintiff-audio-0004.ytape")
    }


def test_a_segment_that_is_not_as_the_recorder_closed_it_is_found(tape: Path, tmp_path: Path) -> None:
    shutil.copytree(tape, tmp_path / "t")
    path = tmp_path / "t" / "defendant-audio-0003.ytape"
    data = path.read_bytes()
    path.write_bytes(data[:4000] + bytes([data[4000] ^ 1]) + data[4001:])
    assert ("segment_digest", "tape/defendant-audio-0003.ytape", "defendant") in told(
        sealed(tmp_path / "t", tmp_path)
    )


def test_a_tape_of_another_hearing_is_found(tape: Path, tmp_path: Path) -> None:
    report = sealed(tape, tmp_path, hearing="h-2")
    assert {one.file for one in report.findings if one.reason == "header_wrong"} == {
        f"tape/{path.name}" for path in tape.glob("*.ytape")
    }


def entered(name: str, **changes: Any) -> parcels.Moment:
    """The log's own word on a file of the tape."""
    told = {"name": name, "size": 0, "sha256": "0" * 64, "sm3": "", "label": "plaintiff"}
    return (7_500, "tape_segment_closed", None, {**told, "from_ms": OPENED_MS + 3_000, "to_ms": 0, **changes})


def test_a_file_that_the_log_names_must_be_there_and_be_the_same(tape: Path, tmp_path: Path) -> None:
    name = "plaintiff-audio-0002.ytape"
    data = (tape / name).read_bytes()
    good = {"size": len(data), "sha256": forms.sha256(data), "sm3": sm3.new(data).hexdigest()}
    at = len(MOMENTS) - 1

    def told_of(number: int, moment: parcels.Moment) -> set[tuple[str, str, str, int | None]]:
        moments = (*MOMENTS[:at], moment, *MOMENTS[at:])
        report = sealed(tape, tmp_path / str(number), moments=moments)
        return {(one.reason, one.file, one.seat, one.at_ms) for one in report.findings}

    assert told_of(0, entered(name, **good)) == set()
    assert told_of(1, entered(name, **good | {"sm3": ""})) == set()
    wrong = {("segment_digest", f"tape/{name}", "plaintiff", 3_000)}
    assert told_of(2, entered(name, **good | {"sm3": "0" * 64})) == wrong
    assert told_of(3, entered(name, **good | {"sha256": "0" * 64})) == wrong
    missing = {("segment_missing", "tape/plaintiff-audio-0009.ytape", "plaintiff", 3_000)}
    assert told_of(4, entered("plaintiff-audio-0009.ytape")) == missing


def without(*numbers: int) -> tuple[parcels.Moment, ...]:
    return tuple(moment for number, moment in enumerate(MOMENTS, start=1) if number not in numbers)


def test_a_recess_that_the_log_does_not_know_is_no_ground(tape: Path, tmp_path: Path) -> None:
    report = sealed(tape, tmp_path, moments=without(8))
    assert reasons(report) == {"ground_unlogged"}
    assert not report.complete
    assert [forms.clock(one.at_ms or 0) for one in report.findings] == ["00:00:03"]


def test_a_standing_tape_that_the_log_does_not_know_is_no_ground(tape: Path, tmp_path: Path) -> None:
    assert reasons(sealed(tape, tmp_path, moments=without(9))) == {"ground_unlogged"}


def test_a_state_that_the_log_tells_and_the_tape_does_not_is_found(tape: Path, tmp_path: Path) -> None:
    moments = tuple(
        (at, kind, seat, {**body, "reason": "not_public"} if body.get("reason") == "recess" else body)
        for at, kind, seat, body in MOMENTS
    )
    report = sealed(tape, tmp_path, moments=moments)
    assert reasons(report) == {"pause_unmarked", "ground_unlogged"}


def test_a_time_after_the_tapes_end_is_not_taken_for_recorded(tape: Path, tmp_path: Path) -> None:
    """The court sat a minute longer than anything on the tape: silence is a gap that says so, and never a span."""
    package = Parcel(tape, closed_ms=CLOSED_MS + 60_000).sealed(tmp_path / "p")
    covers = json.loads((package / forms.MANIFEST).read_bytes())["covers"]
    assert all(cover["gaps"][-1][1:] == [(CLOSED_MS + 60_000) * 1_000_000, "silent"] for cover in covers)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda cover: cover["spans"].pop(), "cover_hole"),
        (lambda cover: cover["gaps"].pop(), "cover_hole"),
        (lambda cover: cover["gaps"][1].__setitem__(2, "tea"), "ground_unknown"),
        (lambda cover: cover["gaps"][1].__setitem__(2, "no_consent"), "cover_differs"),
        (lambda cover: cover["spans"][0].__setitem__(1, cover["spans"][0][1] - 1), "cover_hole"),
    ],
)
def test_a_cover_that_is_not_the_tapes_is_found(twin: Path, change: Any, reason: str) -> None:
    """Even where the court itself has signed it."""
    value = json.loads((twin / forms.MANIFEST).read_bytes())
    change(value["covers"][0])
    parcels.put(twin / forms.SIGNATURES, b"")
    (twin / forms.MANIFEST).unlink()
    parcels.seal(twin, forms.canonical(value))
    report = verify(twin, [KEY])
    assert reason in reasons(report)
    assert not report.complete


@pytest.mark.parametrize("field", ["files_root", "transcript"])
def test_a_digest_in_the_manifest_that_does_not_fit_is_found(twin: Path, field: str) -> None:
    value = json.loads((twin / forms.MANIFEST).read_bytes())
    value[field] = "0" * 64
    parcels.put(twin / forms.SIGNATURES, b"")
    (twin / forms.MANIFEST).unlink()
    parcels.seal(twin, forms.canonical(value))
    assert reasons(verify(twin, [KEY])) == {
        {"files_root": "files_root", "transcript": "transcript_differs"}[field]
    }


@pytest.mark.parametrize("field", ["head", "root", "entries"])
def test_an_end_of_the_log_that_does_not_fit_is_found(twin: Path, field: str) -> None:
    value = json.loads((twin / forms.MANIFEST).read_bytes())
    value["log"][field] = 14 if field == "entries" else "0" * 64
    parcels.put(twin / forms.SIGNATURES, b"")
    (twin / forms.MANIFEST).unlink()
    parcels.seal(twin, forms.canonical(value))
    expected = {"head": {"log_head"}, "root": {"log_root"}, "entries": {"log_head", "entry_missing"}}
    assert reasons(verify(twin, [KEY])) == expected[field]


def test_a_head_that_was_given_out_must_be_in_the_log(package: Path) -> None:
    hashes = [entry["hash"] for entry in parcels.entries()]
    report = verify(package, [KEY], [hashes[7], hashes[-1]])
    assert report.findings == []
    assert "the head that you hold is entry 8 of the log" in {english for _, english in report.notes}
    assert reasons(verify(package, [KEY], [hashes[7], "0" * 64])) == {"head_absent"}


def test_a_log_written_anew_and_sealed_by_the_court_itself_does_not_have_the_old_head(
    tape: Path, tmp_path: Path
) -> None:
    before = [entry["hash"] for entry in parcels.entries()][7]
    moments = (*MOMENTS[:6], (2_000, "floor_granted", "presiding", {"seat": "defendant"}), *MOMENTS[7:])
    package = Parcel(tape, moments=moments).sealed(tmp_path / "p")
    assert verify(package, [KEY]).findings == []
    assert reasons(verify(package, [KEY], [before])) == {"head_absent"}


# --- editions ---


def test_what_may_be_withheld_may_lack_and_is_told(twin: Path) -> None:
    (twin / forms.LOG_COURT).unlink()
    (twin / forms.INCIDENTS).unlink()
    report = verify(twin, [KEY])
    assert report.findings == []
    notes = " ".join(english for _, english in report.notes)
    assert "2 files are withheld" in notes
    assert "1 entries of the log are withheld" in notes


def test_what_is_withheld_stands_nowhere_else(twin: Path) -> None:
    (twin / forms.LOG_COURT).unlink()
    for path in twin.rglob("*"):
        if path.is_file():
            assert "听不见".encode() not in path.read_bytes(), path.name
            if path.name in {"main.jsonl", "index.json"}:
                assert str(OPENED_MS - 10_000).encode() not in path.read_bytes()
                assert b"-10000" not in path.read_bytes()


def test_a_file_that_must_not_lack_is_missed(twin: Path) -> None:
    (twin / forms.TRANSCRIPT).unlink()
    assert told(verify(twin, [KEY])) == {("missing", forms.TRANSCRIPT, "")}


# --- timestamps ---


def stamped(twin: Path, secret: Any = parcels.SECRET, manifest: bytes | None = None) -> Report:
    data = (twin / forms.MANIFEST).read_bytes()
    token = b"token of " + bytes.fromhex(forms.sha256(data))
    text = stamp_text(manifest or data, token, "2026-11-29T00:00:00Z")
    row = signature_row(KEY.id, secret.sign(forms.canonical(text)))
    parcels.put(twin / forms.TIMESTAMP, forms.canonical({**text, **row}))
    return verify(twin, [KEY])


def test_a_timestamp_is_told(twin: Path) -> None:
    report = stamped(twin)
    assert report.findings == []
    assert any("2026-11-29T00:00:00Z" in english for _, english in report.notes)


def test_a_timestamp_of_another_manifest_or_of_nobody_is_found(twin: Path) -> None:
    assert reasons(stamped(twin, secret=OTHER)) == {"timestamp_wrong"}
    assert reasons(stamped(twin, manifest=b"another")) == {"timestamp_wrong"}


def test_any_changed_byte_of_a_timestamp_is_found(twin: Path) -> None:
    stamped(twin)
    data = (twin / forms.TIMESTAMP).read_bytes()
    for at in range(0, len(data), 7):
        parcels.put(twin / forms.TIMESTAMP, data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        assert reasons(verify(twin, [KEY])) == {"timestamp_wrong"}, at
