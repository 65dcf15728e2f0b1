"""Soak: hostile input by the million, 10,000 hearings told at random, a tape killed and cut short, then one court for many minutes with cuts and locks.

No packet breaks the plane; no story breaks the law; memory, files and tape stay sane. Usage: python -m tests.soak [minutes]. Sends only to its own server on loopback; ends by itself.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from server.demo.held import SOUND
from tests.house import House
from tests.journeys.conftest import SEATS
from tests.journeys.test_hostile_client import record_when_ready
from tests.seat import SeatClient, line_packets
from tests.soak.hostile import besiege
from tests.soak.journeys import hold_journeys
from tests.soak.tape import hold_tape

SPEAKERS = ("plaintiff", "plaintiff_agent", "defendant")


def family(pid: int) -> list[int]:
    """A process and all that it started, and what these started."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            found.extend(int(child) for child in children.read_text(encoding="utf-8").split())
    return found


def footprint(pid: int) -> tuple[float, int]:
    """Resident memory in MiB and open files of the server, its media processes, the tape's and the recogniser's."""
    kib = files = 0
    for one in family(pid):
        status = Path(f"/proc/{one}/status").read_text(encoding="utf-8")
        kib += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        files += len(list(Path(f"/proc/{one}/fd").iterdir()))
    return kib / 1024, files


async def open_court(house: House) -> dict[str, SeatClient]:
    """Everybody in, the court open, media connected."""
    people = {seat.seat: SeatClient(house, seat.seat) for seat in SEATS}
    for client in people.values():
        await client.enter()
        await client.prepare()
    for seat in people:
        if seat not in {"presiding", "clerk"}:
            await people["clerk"].do("admit", seat=seat)
    judge = people["presiding"]
    await people["clerk"].check_in()
    await judge.until(lambda: judge.view["missing"] == [])
    await judge.do("open_court")
    for client in people.values():
        await client.connect_media()
    return people


async def turn(people: dict[str, SeatClient], dice: random.Random, lines: list[list[bytes]]) -> None:
    """One person speaks; sometimes the line is cut, sometimes the seat is locked for a moment."""
    judge, seat = people["presiding"], dice.choice(SPEAKERS)
    await judge.do("grant_floor", seat=seat)
    await people[seat].speak(dice.choice(lines))
    if dice.random() < 0.3:
        await people[seat].cut()
        await people[seat].enter(resume=True)
    if dice.random() < 0.2:
        await judge.do("mute_and_lock", seat=seat, reason="soak")
        await judge.do("release_lock", seat=seat)
    for client in people.values():
        client.messages.clear()
        if client.peer is not None:
            client.peer.received.clear()


async def sit(house: House, minutes: float) -> None:
    """Hold a long hearing and look at the server's footprint."""
    people = await open_court(house)
    lines = [line_packets(SOUND, name) for name in ("07-plaintiff_agent.opus", "04-plaintiff.opus")]
    dice = random.Random(1)
    assert house.process is not None
    begun = time.monotonic()
    first: tuple[float, int] | None = None
    while time.monotonic() < begun + minutes * 60:
        await turn(people, dice, lines)
        now = footprint(house.process.pid)
        first = first or now
        print(f"{time.monotonic() - begun:7.0f} s  {now[0]:7.1f} MiB  {now[1]} files", flush=True)
    await people["presiding"].do("close", reason="over")
    record = await record_when_ready(people["presiding"], house)
    last = footprint(house.process.pid)
    assert first is not None
    print(
        f"{len(record['transcript']['lines'])} lines; {first[0]:.0f} -> {last[0]:.0f} MiB, {first[1]} -> {last[1]} files"
    )
    assert last[0] < first[0] + 100, "memory grew"
    assert last[1] < first[1] + 20, "files leaked"
    for client in people.values():
        await client.close()


STORIES = 10_000


def tell_stories() -> None:
    """Play the stories of tests/hearing/test_stateful.py, many more than the tests do; about a quarter of an hour."""
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "--timeout", "3600", "tests/hearing/test_stateful.py"],
        env=os.environ | {"YUNTING_STORIES": str(STORIES)},
        check=True,
    )


async def main() -> None:
    """Start a house, sit in it, stop."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        await house.prepare(SEATS)
        await house.start()
        try:
            await sit(house, minutes)
        finally:
            await house.stop()


if __name__ == "__main__":
    besiege()
    tell_stories()
    hold_journeys()
    hold_tape()
    asyncio.run(main())
