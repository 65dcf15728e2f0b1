"""What the tape costs: CPU a packet appended, bytes a second, and how fast viewing copies are rebuilt.

The packets are those of seven people for a minute: Opus at 50 packets a second, VP8 at 15 pictures a second.
Compared with: a bare loop that does what the evidence cannot do without, write and fdatasync of the same bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from media.ids import PeerId
from recording.facts import TapeOrder
from recording.recorder import Recorder
from recording.settings import RecordingSettings
from recording.viewing import build
from tests.recording.senders import SECOND, T0, Sender, by_arrival

if TYPE_CHECKING:
    from media.taps import TapPacket

PEOPLE = 7
SECONDS = 20
SETTINGS = RecordingSettings(free_bytes_min=1, queue_packets_max=1_000_000)


def _packets() -> list[TapPacket]:
    parts = []
    for number in range(PEOPLE):
        sender = Sender(f"p{number}", ssrc=100 * (number + 1))
        parts += [sender.tone(440, 0, SECONDS), sender.film(0, SECONDS)]
    return by_arrival(*parts)


async def _record(directory: Path, packets: list[TapPacket]) -> tuple[float, float, int]:
    """Seconds of CPU (all threads) and of wall for the whole way to the sealed tape, and bytes on tape."""
    recorder = Recorder(SETTINGS, directory, "bench", lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId(f"p{n}"): f"seat-{n}" for n in range(PEOPLE)}))
    cpu, wall = time.process_time(), time.perf_counter()
    for packet in packets:
        recorder.offer(packet)
    await recorder.close()
    return time.process_time() - cpu, time.perf_counter() - wall, recorder.stats.bytes_written


def _bare(path: Path, packets: list[TapPacket]) -> float:
    """Seconds of CPU for one write a packet and one fdatasync a half second of packets, no format at all."""
    cpu = time.process_time()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    for number, packet in enumerate(packets):
        os.write(handle, packet.rtp)
        if number % 500 == 0:
            os.fdatasync(handle)
    os.close(handle)
    return time.process_time() - cpu


def _row(name: str, value: float, unit: str, compared: str) -> dict[str, object]:
    return {"name": name, "value": round(value, 3), "unit": unit, "compared": compared}


def run() -> list[dict[str, object]]:
    """Measure; some ten seconds."""
    packets = _packets()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rounds = [asyncio.run(_record(root / f"tape-{n}", packets)) for n in range(3)]
        cpu, wall, size = sorted(rounds)[1]
        bare = _bare(root / "bare", packets)
        began, began_cpu = time.perf_counter(), time.process_time()
        build(root / "tape-0", root / "out", T0, T0 + SECONDS * SECOND)
        took, took_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    played = PEOPLE * SECONDS
    bare_us = bare / len(packets) * 1e6
    people = f"{PEOPLE} people, {len(packets)} packets"
    return [
        _row(
            "tape.append_cpu",
            cpu / len(packets) * 1e6,
            "us/packet",
            f"bare write + fdatasync: {bare_us:.2f} us",
        ),
        _row("tape.append_rate", len(packets) / wall, "packets/s", people),
        _row(
            "tape.append_bytes",
            size / wall / 1e6,
            "MB/s",
            f"need of {people}: {size / SECONDS / 1e6:.2f} MB/s",
        ),
        _row(
            "tape.overhead",
            size / sum(len(p.rtp) for p in packets) * 100 - 100,
            "% of bytes",
            "RTP as received",
        ),
        _row("tape.rebuild_speed", played / took, "x real time of one person", "playing: 1"),
        _row(
            "tape.rebuild_cpu", took_cpu / played * 3600, "CPU-s per person-hour", "an hour of playing: 3600"
        ),
    ]


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row, ensure_ascii=False))
