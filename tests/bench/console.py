"""The officer's console with a court's whole day on it: two hundred hearings, some of them sitting."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from server.gateway.console_rows import day_of
from server.hearing.commands import Arrive
from server.hearing.events import Actor
from server.hearing.ids import ConnectionId, HearingId, SeatId
from tests.gateway.door import Door

HEARINGS = 200
LIVE = 40
ROUNDS = 10
GOAL_S = 0.5


async def run() -> list[dict[str, Any]]:
    """Seconds from the request to the whole list, p50 and worst, over HTTP and a real ledger."""
    with tempfile.TemporaryDirectory() as folder:
        door = await Door(Path(folder), reads_per_second_max=1000, reads_burst_max=1000).open()
        try:
            await _fill(door)
            took = await _measure(door)
        finally:
            await door.close()
    return [
        _row(f"console of {HEARINGS} hearings, {LIVE} live, p50", statistics.median(took)),
        _row(f"console of {HEARINGS} hearings, {LIVE} live, worst", max(took)),
    ]


async def _fill(door: Door) -> None:
    for number in range(HEARINGS - 2):  # the door has two of its own
        await door.schedule("case-1", f"bench-{number}")
    for number in range(LIVE):
        room = await door.registry.room(HearingId(f"bench-{number}"))
        for seat in ("presiding", "clerk", "plaintiff", "defendant"):
            connection = ConnectionId(f"{number}-{seat}")
            await room.ask(Arrive(connection), Actor(SeatId(seat), connection))


async def _measure(door: Door) -> list[float]:
    token = await door.officers.make_link("广州市天河区人民法院", "bench", door.clock.now_ms())
    redeemed = await door.officers.redeem(token, door.clock.now_ms())
    assert redeemed is not None
    took = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {redeemed[0]}"}) as http:
        for _ in range(ROUNDS):
            begun = time.monotonic()
            async with http.get(f"{door.url}/api/console") as answer:
                found = await answer.json()
            took.append(time.monotonic() - begun)
            assert found["total"] == HEARINGS, day_of(door.clock.now_ms())
    return took


def _row(name: str, seconds: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": seconds,
        "unit": "s",
        "compared_with": f"goal {GOAL_S} s",
        "ratio": seconds / GOAL_S,
    }
