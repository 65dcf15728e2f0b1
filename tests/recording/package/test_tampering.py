"""Whatever single thing is flipped, removed, added or moved in a package is found, and where it is: at random, many times.

Each case is one change at one place, from a seed; the place where it must be reported is worked out from the untouched
package by other means than the verifier's.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from recording.package import archive, forms
from recording.package.verify import verify
from recording.packets import scan
from tests.recording.package import parcels
from tests.recording.package.parcels import KEY, OPENED_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.service

CASES = 230  # of each kind below
PER_RUN = 23


@dataclass(frozen=True)
class Place:
    """Where a change was made. at_ms: of the hearing, where a tape tells it; seat: where one is known."""

    file: str
    at_ms: int | None = None
    seat: str = ""


def names(package: Path) -> list[str]:
    return sorted(str(p.relative_to(package)) for p in package.rglob("*") if p.is_file())


def records(data: bytes) -> list[tuple[int, int, int]]:
    """(start, end, arrival in ms of the hearing) of each record of a tape file."""
    walk = scan(data)
    found, start = [], walk.good_length
    for record in walk:
        found.append((start, walk.good_length, record.arrival_ns // 1_000_000 - OPENED_MS))
        start = walk.good_length
    return found


def place(package: Path, name: str, offset: int) -> Place:
    """Where a byte of a file belongs."""
    seat = (
        name.split("/")[1].split("-", maxsplit=1)[0]
        if name.startswith("tape/") and "marks" not in name
        else ""
    )
    if name.startswith("copies/"):
        return Place(name, offset // 4_096 * 1_000, "plaintiff")
    if not name.endswith(".ytape"):
        return Place(name)
    rows = records((package / name).read_bytes())
    if "marks" in name:
        return Place(name)  # the recorder notes some of it later than it was
    return Place(name, next((at for start, end, at in rows if offset < end), rows[-1][2]), seat)


def a_file(draw: random.Random, package: Path, least: int = 2) -> tuple[str, bytes]:
    name = draw.choice([n for n in names(package) if (package / n).stat().st_size >= least])
    return name, (package / name).read_bytes()


def flip(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    name, data = a_file(draw, package)
    at = draw.randrange(len(data))
    changed = bytes([data[at] ^ 1 << draw.randrange(8)])
    parcels.put(twin / name, data[:at] + changed + data[at + 1 :])
    return [place(package, name, at)]


def overwrite(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    name, data = a_file(draw, package)
    at = draw.randrange(len(data))
    length = min(draw.randrange(1, 2000), len(data) - at)
    changed = bytes([data[at] ^ 0xFF]) + draw.randbytes(length - 1)
    parcels.put(twin / name, data[:at] + changed + data[at + length :])
    return [place(package, name, at)]


def first_difference(one: bytes, other: bytes) -> int:
    return next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def remove_bytes(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    name, data = a_file(draw, package)
    at = draw.randrange(len(data))
    changed = data[:at] + data[at + draw.randrange(1, 2000) :]
    parcels.put(twin / name, changed)
    return [place(package, name, min(first_difference(data, changed), len(data) - 1))]


def add_bytes(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    name, data = a_file(draw, package)
    at = draw.randrange(len(data) + 1)
    changed = data[:at] + draw.randbytes(draw.randrange(1, 2000)) + data[at:]
    parcels.put(twin / name, changed)
    return [place(package, name, min(first_difference(data, changed), len(data) - 1))]


def swap_bytes(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    while True:
        name, data = a_file(draw, package, 40)
        one, two, three = sorted(draw.sample(range(len(data)), 3))
        changed = data[:one] + data[two:three] + data[one:two] + data[three:]
        if changed != data:
            break
    parcels.put(twin / name, changed)
    return [place(package, name, first_difference(data, changed))]


def remove_file(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    name = draw.choice([n for n in names(package) if not n.startswith(("log/court", "records/incidents"))])
    (twin / name).unlink()
    found = place(package, name, 0)
    return [found if name.startswith("tape/") else Place(name)]


def add_file(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    name = draw.choice(
        ["tape/judge-audio-0001.ytape", "notes.txt", "copies/x.webm", "tape/plaintiff-audio-0009.ytape"]
    )
    name = name.replace("x", f"x{draw.randrange(1000)}")
    source = draw.choice(names(package))
    parcels.put(twin / name, (package / source).read_bytes())
    return [Place(name)]


def swap_files(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    one, other = draw.sample([n for n in names(package) if n.endswith(".ytape")], 2)
    parcels.put(twin / one, (package / other).read_bytes())
    parcels.put(twin / other, (package / one).read_bytes())
    return [Place(one), Place(other)]


def move_records(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    """Whole, true records are taken out, told twice, or change places: no CRC is wrong."""
    name = draw.choice([n for n in names(package) if n.endswith(".ytape") and "marks" not in n])
    data = (package / name).read_bytes()
    rows = records(data)
    at = draw.randrange(len(rows) - 1)
    (start, middle, _), (_, end, _) = rows[at : at + 2]
    one, two = data[start:middle], data[middle:end]
    changed = draw.choice([two, two + one, one + one + two])
    parcels.put(twin / name, data[:start] + changed + data[end:])
    difference = first_difference(data, data[:start] + changed + data[end:])
    return [place(package, name, min(difference, len(data) - 1))]


def change_log(draw: random.Random, package: Path, twin: Path) -> list[Place]:
    """An entry is taken out, told twice, moved, or changed with its own hash made to fit."""
    lines = (package / forms.LOG).read_bytes().splitlines(keepends=True)
    at = draw.randrange(len(lines) - 1)
    entry = json.loads(lines[at])
    how = draw.choice(["out", "twice", "moved", "changed"])
    if how == "changed" and "body" in entry:
        entry["body"] = {**entry["body"], "more": draw.randrange(1000)}
        entry["hash"] = forms.sha256(
            forms.canonical({k: v for k, v in entry.items() if k != "hash"} | {"stream": "h-1"})
        )
        lines[at] = forms.canonical(entry) + b"\n"
    elif how == "twice":
        lines.insert(at, lines[at])
    elif how == "moved":
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    else:
        del lines[at]
    parcels.put(twin / forms.LOG, b"".join(lines))
    return [Place(forms.LOG)]


KINDS: dict[str, Callable[[random.Random, Path, Path], list[Place]]] = {
    kind.__name__: kind
    for kind in (
        *(flip, overwrite, remove_bytes, add_bytes, swap_bytes),
        *(remove_file, add_file, swap_files, move_records, change_log),
    )
}


def assert_found(twin: Path, places: list[Place], seed: str) -> None:
    report = verify(twin, [KEY])
    told = report.as_text()
    assert not report.good, seed
    # Of the manifest's own changes all that follows is told of too; of any other file nothing else is blamed.
    if not {forms.MANIFEST, forms.SIGNATURES} & {one.file for one in places}:
        blamed = {finding.file for finding in report.findings} - {""}
        assert blamed <= {one.file for one in places}, f"{seed}\n{told}"
    for one in places:
        here = [f for f in report.findings if f.file == one.file or one.file == forms.SIGNATURES == f.file]
        if one.file == forms.SIGNATURES and not here:
            here = [f for f in report.findings if f.reason.startswith("signature")]
        assert here, f"{seed}: {one}\n{told}"
        if one.at_ms is not None:
            assert any(
                f.seat == one.seat and f.at_ms is not None and f.at_ms - 60 <= one.at_ms <= f.at_ms + 1_060
                for f in here
            ), f"{seed}: {one}\n{told}"


@pytest.mark.parametrize("run", range(CASES // PER_RUN))
@pytest.mark.parametrize("kind", KINDS)
def test_a_change_is_found_where_it_is(package: Path, tmp_path: Path, kind: str, run: int) -> None:
    for number in range(run * PER_RUN, (run + 1) * PER_RUN):
        twin = parcels.twin(package, tmp_path / str(number))
        places = KINDS[kind](random.Random(f"{kind}-{number}"), package, twin)
        assert_found(twin, places, f"{kind} {number}")


def test_there_are_two_thousand_cases() -> None:
    assert CASES * len(KINDS) >= 2_000
    assert CASES % PER_RUN == 0


def zipped(package: Path, path: Path) -> bytes:
    with path.open("wb") as out:
        archive.write(out, [(n, lambda n=n: (package / n).open("rb")) for n in names(package)])  # type: ignore[misc]
    return path.read_bytes()


@pytest.mark.parametrize("run", range(10))
def test_a_change_of_the_archive_is_found_where_it_is(package: Path, tmp_path: Path, run: int) -> None:
    path = tmp_path / "package.zip"
    data = zipped(package, path)
    with path.open("rb") as file:
        members = archive.members(file, len(data))
    draw = random.Random(run)
    for number in range(40):
        at = draw.randrange(2, len(data))  # without its first letters it is no archive
        length = draw.randrange(1, 50)
        new = draw.choice(
            [
                bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :],
                data[at + length :],
                draw.randbytes(length) + data[at:],
            ]
        )
        if data[:at] + new == data:
            continue
        path.write_bytes(data[:at] + new)
        try:
            report = verify(path, [KEY])
        except archive.Refused:
            continue  # a name or a method that no package has: nothing of it was believed
        told = {finding.file for finding in report.findings}
        inside = [one.name for one in members if one.start <= at < one.start + one.size]
        same_length = len(new) == len(data) - at
        expected = {path.name} | set(inside if same_length else ())
        assert told & expected, f"{run} {number} at {at}: {report.as_text()}"
