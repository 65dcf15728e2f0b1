"""A process that records one label in real time and says, packet by packet, what it has offered. For kill -9."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from media.ids import PeerId
from recording.facts import TapeOrder
from recording.recorder import Recorder
from recording.settings import RecordingSettings
from tests.recording.senders import Sender


async def main(directory: Path) -> None:
    """Offer 20 ms of voice every 20 ms until killed."""
    settings = RecordingSettings(free_bytes_min=1, free_bytes_resume=1)
    recorder = Recorder(settings, directory, "h-1", lambda _fact: None)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId("p1"): "plaintiff"}))
    for packet in Sender("p1").tone(440, 0, 60):
        recorder.offer(packet._replace(arrival_ns=time.time_ns()))
        sys.stdout.write(f"{packet.sequence}\n")
        sys.stdout.flush()
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
