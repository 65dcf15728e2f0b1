"""How fast a sealed package is checked: its tape record by record, and its other files, in MB/s.

Compared with: SHA-256 of the same bytes on the same machine in the same run, which no check can do without.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from media.ids import PeerId
from recording.facts import TapeOrder
from recording.package.verify import verify
from recording.recorder import Recorder
from tests.bench.tape import PEOPLE, SECONDS, SETTINGS, _packets
from tests.recording.package import parcels
from tests.recording.senders import T0
from tools import verifier

COPY_BYTES = 256 << 20
LAPS = 6  # of the same people, one after the other
_LEFT_OUT = {"court_recessed", "court_resumed"}


async def _tape(directory: Path) -> None:
    """A tape of some minutes, one lap after the other."""
    recorder = Recorder(SETTINGS, directory, parcels.HEARING, lambda _fact: None)
    await recorder.start()
    order = TapeOrder(True, None, {PeerId(f"p{n}"): f"seat-{n}" for n in range(PEOPLE)})
    recorder.announce(order, T0)
    recorder.settle()
    for lap in range(LAPS):
        for packet in _packets():
            recorder.offer(packet._replace(arrival_ns=packet.arrival_ns + lap * SECONDS * 10**9))
    await recorder.close()


def _sealed(root: Path, copy_bytes: int) -> Path:
    """A package with this tape and a viewing copy of so many bytes."""
    closed = parcels.OPENED_MS + LAPS * SECONDS * 1000
    moments = [one for one in parcels.MOMENTS if one[1] not in _LEFT_OUT and one[3].get("reason") != "recess"]
    parcel = parcels.Parcel(
        root / "tape", moments=tuple(moments), closed_ms=closed, copy=os.urandom(copy_bytes)
    )
    return parcel.sealed(root / "package")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _hashed(folder: Path) -> float:
    """Seconds that SHA-256 of every file takes."""
    began = time.perf_counter()
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256")
    return time.perf_counter() - began


def _checked(package: Path) -> float:
    began = time.perf_counter()
    report = verify(package, [parcels.KEY])
    took = time.perf_counter() - began
    if not report.good:
        raise RuntimeError(report.as_text())
    return took


def _alone(package: Path, root: Path) -> float:
    """The same by the single file, with nothing installed: its CRC-32C is Python's own."""
    verifier.make(root / "verify.pyz")
    (root / "court.pub").write_bytes(parcels.KEY.pem)
    command = [
        sys.executable,
        "-I",
        "-S",
        str(root / "verify.pyz"),
        str(package),
        "--key",
        str(root / "court.pub"),
    ]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return time.perf_counter() - began


def _row(name: str, size: int, took: float, hashing: float) -> dict[str, object]:
    return {
        "name": f"package.{name}",
        "value": round(size / took / 1e6, 1),
        "unit": "MB/s",
        "compared_with": f"SHA-256 alone: {size / hashing / 1e6:.1f} MB/s",
        "ratio": round(hashing / took, 3),
    }


def run() -> list[dict[str, object]]:
    """Measure; some twenty seconds."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        asyncio.run(_tape(root / "tape"))
        (root / "small").mkdir()
        (root / "small" / "tape").symlink_to(root / "tape")
        only_tape = _sealed(root / "small", 1)
        size, hashing = _size(only_tape), min(_hashed(only_tape) for _ in range(3))
        rows.append(_row("tape", size, min(_checked(only_tape) for _ in range(3)), hashing))
        rows.append(_row("tape_single_file", size, _alone(only_tape, root), hashing))
        whole = _sealed(root, COPY_BYTES)
        size, hashing = _size(whole), min(_hashed(whole) for _ in range(3))
        rows.append(_row("with_copies", size, min(_checked(whole) for _ in range(3)), hashing))
    return rows


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row, ensure_ascii=False))
