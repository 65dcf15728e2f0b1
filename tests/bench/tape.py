"""What the tape costs: CPU a packet appended, bytes a second, and how fast viewing copies are rebuilt.

The packets are those of seven people for a while: Opus at 50 packets a second, VP8 at 15 pictures a second.
Compared with: a bare loop that does what the evidence cannot do without, write and fdatasync of the same bytes. Then the
same packets once more by a shared ring into the tape process: all its CPU, reading the ring among it.
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
from recording.apart import replay_apart
from recording.facts import TapeOrder
from recording.recorder import Recorder
from recording.settings import RecordingSettings
from recording.viewing import build
from tests.recording.desks import Apart
from tests.recording.senders import SECOND, T0, Sender, by_arrival

if TYPE_CHECKING:
    from media.taps import TapPacket

PEOPLE = 7
SECONDS = 20
SETTINGS = RecordingSettings(free_bytes_min=1, queue_packets_max=1_000_000)
TAP = PeerId("tape:bench")
FIRST_PEOPLE, FIRST_S = 4, 540  # a segment of ten minutes, nearly full
LOOK_S, LOOK_LIMIT_S = 60, 2.0
HEARINGS = 10  # packets of so many come in a second
WAKE_S = 0.02  # a media worker wakes the tape process so often


def _packets() -> list[TapPacket]:
    parts = []
    for number in range(PEOPLE):
        sender = Sender(f"p{number}", ssrc=100 * (number + 1))
        parts += [sender.tone(440, 0, SECONDS), sender.film(0, SECONDS)]
    return by_arrival(*parts)


async def _record(directory: Path, packets: list[TapPacket]) -> tuple[float, float, float, int]:
    """Seconds of CPU (all threads) and of wall for the whole way to the sealed tape, the offering loop's CPU, bytes."""
    recorder = Recorder(SETTINGS, directory, "bench", lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId(f"p{n}"): f"seat-{n}" for n in range(PEOPLE)}))
    cpu, wall = time.process_time(), time.perf_counter()
    offering = time.thread_time()
    for packet in packets:
        recorder.offer(packet)
    offering = time.thread_time() - offering
    await recorder.close()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return cpu, wall, offering, recorder.stats.bytes_written


async def _by_ring(directory: Path, packets: list[TapPacket]) -> float:
    """Seconds of CPU of the tape process, all threads, for ten hearings' packets from the ring to the sealed tape."""
    place = Apart(SETTINGS, time.time_ns)
    await place.start()
    recorder = place.house.recorder(directory, "bench", TAP, lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId(f"p{n}"): f"seat-{n}" for n in range(PEOPLE)}))

    async def cpu_at(count: int) -> float:
        place.house.counts.process.clear()
        while place.house.counts.process.get("packets") != count:
            await asyncio.sleep(0.01)
        return float(place.house.counts.process["cpu_s"])

    idle = await cpu_at(0)
    a_look = round(len(packets) / SECONDS * HEARINGS * WAKE_S)
    for start in range(0, len(packets), a_look):
        for packet in packets[start : start + a_look]:
            assert place.writer.write(TAP, packet), "the ring is full"
        place.writer.timer()
        await asyncio.sleep(WAKE_S)
    await recorder.close()
    cpu = await cpu_at(len(packets)) - idle
    assert recorder.stats.lost == recorder.stats.refused == 0
    await place.close()
    return cpu


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


async def _first_look(directory: Path) -> float:
    """Seconds from the asking to copies of the last minute of four people, out of a tape nobody has rebuilt."""
    packets: list[TapPacket] = []
    for number in range(FIRST_PEOPLE):
        sender = Sender(f"p{number}", ssrc=100 * (number + 1))
        for start in range(0, FIRST_S, SECONDS):
            packets += sender.tone(440, start, SECONDS) + sender.film(start, SECONDS)
    await _record(directory, by_arrival(packets))
    end = T0 + FIRST_S * SECOND
    began = time.perf_counter()
    copies, failed = await replay_apart(directory, directory.with_name("look"), end - LOOK_S * SECOND, end)
    took = time.perf_counter() - began
    assert (len(copies), failed) == (FIRST_PEOPLE, 0)
    return took


def _row(name: str, value: float, unit: str, compared: str, other: float) -> dict[str, object]:
    return {
        "name": f"tape.{name}",
        "value": round(value, 3),
        "unit": unit,
        "compared_with": f"{compared}: {other:.3f} {unit}",
        "ratio": round(value / other, 3),
    }


def run() -> list[dict[str, object]]:
    """Measure; some ten seconds."""
    packets = _packets()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rounds = [asyncio.run(_record(root / f"tape-{n}", packets)) for n in range(3)]
        cpu, wall, offering, size = sorted(rounds)[1]
        bare = _bare(root / "bare", packets)
        now_ns = time.time_ns()  # judged by orders of today
        fresh = [packet._replace(arrival_ns=now_ns + packet.arrival_ns - T0) for packet in packets]
        by_ring = sorted(asyncio.run(_by_ring(root / f"ring-{n}", fresh)) for n in range(3))[1]
        began, began_cpu = time.perf_counter(), time.process_time()
        build(root / "tape-0", root / "out", T0, T0 + SECONDS * SECOND)
        took, took_cpu = time.perf_counter() - began, time.process_time() - began_cpu
        look = asyncio.run(_first_look(root / "first"))
    played = PEOPLE * SECONDS
    rtp_size = sum(len(packet.rtp) for packet in packets)
    need = f"what {PEOPLE} people send"
    return [
        _row(
            "append_cpu",
            cpu / len(packets) * 1e6,
            "us/packet",
            "bare write + fdatasync",
            bare / len(packets) * 1e6,
        ),
        _row(
            "offer_cpu",
            offering / len(packets) * 1e6,
            "us/packet",
            "all of appending it",
            cpu / len(packets) * 1e6,
        ),
        _row(
            "ring_cpu",
            by_ring / len(packets) * 1e6,
            "us/packet",
            "appending it without a ring",
            cpu / len(packets) * 1e6,
        ),
        _row("append_rate", len(packets) / wall, "packets/s", need, len(packets) / SECONDS),
        _row("append_speed", size / wall / 1e6, "MB/s", need, rtp_size / SECONDS / 1e6),
        _row("size", size / 1e6, "MB", "the RTP packets alone", rtp_size / 1e6),
        _row("rebuild_speed", played / took, "x", "playing one person", 1.0),
        _row("hour_cpu", by_ring / played * 3600, "s/person-hour", "talking it", 3600.0),
        _row("first_look", look, "s", "limit", LOOK_LIMIT_S),
        _row("rebuild_cpu", took_cpu / played * 3600, "s/person-hour", "playing it", 3600.0),
    ]


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row, ensure_ascii=False))
