"""A package that somebody made to break the verifier: it ends with a verdict or a refusal, soon, and never with an error of ours."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from recording.package import forms
from recording.package.archive import Refused
from recording.package.source import NothingThere
from recording.package.verify import verify
from recording.packets import Record, RecordType, TapeHeader, encode_header, encode_record
from tests.recording.package import parcels
from tests.recording.package.parcels import HEARING, KEY, OPENED_MS, Parcel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        1,
        1 << 60,
        1 << 200,
        1.5,
        "",
        "x",
        "../x",
        "0" * 64,
        [],
        [[]],
        {},
        {"a": []},
        [None],
        "\ud7ff",
    ),
)
RUNS, PER_RUN = 10, 40


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    found: list[tuple[Any, Any]] = []
    keys = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    for key in keys:
        found += [(value, key), *places(value[key])]
    return found


def spoilt(draw: random.Random, value: Any) -> Any:
    """The value with one or two of its values replaced, or taken out."""
    for _ in range(draw.randrange(1, 3)):
        found = places(value)
        if not found:
            return draw.choice(ODD)
        container, key = draw.choice(found)
        if isinstance(container, dict) and draw.random() < 0.2:
            del container[key]
        else:
            container[key] = json.loads(json.dumps(draw.choice(ODD)))
    return value


def resealed(twin: Path, manifest: dict[str, Any]) -> None:
    """Signed by the very key that is given: nothing is left to the signature."""
    for name in (forms.MANIFEST, forms.SIGNATURES):
        (twin / name).unlink(missing_ok=True)
    parcels.seal(twin, forms.canonical(manifest))


def as_named(twin: Path, manifest: dict[str, Any], name: str) -> None:
    """Make the manifest name a file as it is now."""
    data = (twin / name).read_bytes()
    for row in manifest["files"]:
        if row["name"] == name:
            row |= {"size": len(data), "sha256": forms.sha256(data)}
    manifest["files_root"] = "0" * 64


def ends(package: Path) -> None:
    try:
        report = verify(package, [KEY], ["0" * 64])
    except (Refused, NothingThere):
        return
    report.as_text()
    report.as_json()


@pytest.mark.parametrize("run", range(RUNS))
def test_any_manifest_ends_with_a_verdict(package: Path, tmp_path: Path, run: int) -> None:
    for number in range(PER_RUN):
        draw = random.Random(f"manifest-{run}-{number}")
        twin = parcels.twin(package, tmp_path / str(number))
        resealed(twin, spoilt(draw, json.loads((package / forms.MANIFEST).read_bytes())))
        ends(twin)


@pytest.mark.parametrize("name", [forms.INDEX, forms.LOG, forms.LOG_COURT, forms.TRANSCRIPT])
@pytest.mark.parametrize("run", range(RUNS // 2))
def test_any_content_under_a_good_seal_ends_with_a_verdict(
    package: Path, tmp_path: Path, name: str, run: int
) -> None:
    for number in range(PER_RUN // 2):
        draw = random.Random(f"{name}-{run}-{number}")
        twin = parcels.twin(package, tmp_path / str(number))
        lines = (package / name).read_bytes().splitlines()
        at = draw.randrange(len(lines))
        lines[at] = forms.canonical(spoilt(draw, json.loads(lines[at])))
        parcels.put(twin / name, b"\n".join(lines))
        manifest = json.loads((package / forms.MANIFEST).read_bytes())
        as_named(twin, manifest, name)
        copy = "copies/plaintiff.webm"
        parcels.put(twin / copy, b"changed")  # so that the index is asked
        resealed(twin, manifest)
        ends(twin)


MARKS: tuple[Any, ...] = (
    *(
        {"event": "rolling"},
        {"event": "paused", "at_ns": 1, "ground": []},
        {"event": "labels", "at_ns": 1, "labels": 3},
    ),
    *(
        {"event": "labels", "at_ns": 1, "labels": {"p": []}},
        {"event": "segment", "name": 3},
        {"event": []},
        [],
        7,
    ),
    *(
        {"event": "faulted", "lost": 1},
        {"event": "interrupted", "from_ns": "x"},
        {"event": "rolling", "at_ns": 1.5},
    ),
)


def test_marks_that_no_recorder_writes_are_none(tape: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tape"
    folder.mkdir()
    salt = b"saltsalt"
    header = encode_header(TapeHeader(HEARING, "tape", "marks", "json", 0, OPENED_MS), salt)
    payloads = [json.dumps(mark).encode() for mark in MARKS] + [b"\xff", b"[" * 60_000]
    data = header + b"".join(encode_record(Record(RecordType.MARK, 1, one), salt) for one in payloads)
    (folder / "tape-marks-0001.ytape").write_bytes(data)
    (folder / "plaintiff-audio-0001.ytape").write_bytes((tape / "plaintiff-audio-0001.ytape").read_bytes())
    report = verify(Parcel(folder).sealed(tmp_path / "package"), [KEY])
    assert not report.complete


@pytest.mark.parametrize("meta", [b"[]", b"{}", b'{"a":1}', b"[" * 60_000])
def test_a_header_that_no_recorder_writes_is_a_damaged_one(twin: Path, meta: bytes) -> None:
    import struct  # noqa: PLC0415  only to forge one

    from recording import crc32c  # noqa: PLC0415  same

    salt = b"saltsalt"
    crc = crc32c.value(struct.pack(">H", 1) + salt + struct.pack(">I", len(meta)) + meta)
    name = "tape/plaintiff-audio-0001.ytape"
    parcels.put(twin / name, struct.pack(">6sH8sII", b"YTAPE1", 1, salt, len(meta), crc) + meta)
    assert ("record_damaged", name) in {(one.reason, one.file) for one in verify(twin, [KEY]).findings}


def test_numbers_without_end_take_no_time_without_end(twin: Path) -> None:
    manifest = json.loads((twin / forms.MANIFEST).read_bytes())
    manifest["log"]["entries"] = 1 << 50
    manifest["torn"] = ["tape/plaintiff-audio-99999999999999999999.ytape.torn"]
    resealed(twin, manifest)
    report = verify(twin, [KEY])
    assert {"entry_missing", "segment_missing"} <= {one.reason for one in report.findings}
    assert len(report.findings) < 500
