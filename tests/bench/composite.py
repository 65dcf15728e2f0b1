"""How fast an hour's viewing copies and composite of four people are rebuilt, and what of it is waiting for the codecs.

Four people for half a minute: voice all the time by turns, a camera each at 15 pictures a second, 320 x 240 as the other
figures of the tape are. Compared with playing it: 1 is as long as the hearing took.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path

from media.ids import PeerId
from recording.composite import build as composite
from recording.composite.plan import Mark, Person, Span, Timeline, Words
from recording.composite.settings import CompositeSettings
from recording.facts import TapeOrder
from recording.recorder import Recorder
from recording.settings import RecordingSettings
from recording.viewing import build
from tests.recording.senders import SECOND, T0, Sender, by_arrival

PEOPLE = 4
SECONDS = 30
SETTINGS = RecordingSettings(free_bytes_min=1, queue_packets_max=1_000_000)


async def _record(directory: Path) -> None:
    parts = []
    for number in range(PEOPLE):
        sender = Sender(f"p{number}", ssrc=100 * (number + 1))
        parts.append(sender.film(0, SECONDS))
        parts += [sender.tone(300 + 200 * number, at, 4) for at in range(4 * number, SECONDS - 4, 4 * PEOPLE)]
    recorder = Recorder(SETTINGS, directory, "bench", lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId(f"p{n}"): f"seat-{n}" for n in range(PEOPLE)}))
    for packet in by_arrival(*parts):
        recorder.offer(packet)
    await recorder.close()


def _timeline() -> Timeline:
    whole = (Span(0, SECONDS * 1000),)
    people = [Person(f"seat-{n}", "当事人", f"第{n}人", n == 0, whole) for n in range(PEOPLE)]
    words = Words("某人民法院 （2026）1号", "无画面")
    return Timeline(T0, T0 + SECONDS * SECOND, tuple(people), words, 0, (Mark(0, "法庭调查"),))


def _row(name: str, value: float, unit: str, other: float, compared: str = "playing it") -> dict[str, object]:
    return {
        "name": f"composite.{name}",
        "value": round(value, 3),
        "unit": unit,
        "compared_with": f"{compared}: {other:.3f} {unit}",
        "ratio": round(value / other, 3),
    }


def run() -> list[dict[str, object]]:
    """Measure; about half a minute."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        asyncio.run(_record(root / "tape"))
        wall, cpu = time.perf_counter(), time.process_time()
        build(root / "tape", root / "copies", T0, T0 + SECONDS * SECOND)
        rows.append(_row("copies_speed", SECONDS / (time.perf_counter() - wall), "x", 1.0))
        rows.append(_row("copies_cpu", (time.process_time() - cpu) / SECONDS * 3600, "s/hour", 3600.0))
        for codec in ("h264_aac", "vp9_opus"):
            settings = CompositeSettings(codec=codec)
            wall, cpu = time.perf_counter(), time.process_time()
            made = composite.build(root / "tape", root / codec, _timeline(), settings)
            took, took_cpu = time.perf_counter() - wall, time.process_time() - cpu
            size = sum(path.stat().st_size for path in made.files)
            rows.append(_row(f"{codec}_speed", SECONDS / took, "x", 1.0))
            rows.append(_row(f"{codec}_cpu", took_cpu / SECONDS * 3600, "s/hour", 3600.0))
            tape = sum(path.stat().st_size for path in (root / "tape").iterdir())
            rows.append(_row(f"{codec}_size", size / 1e6, "MB", tape / 1e6, "the tape"))
    return rows


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row, ensure_ascii=False))
