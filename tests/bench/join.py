"""From the click on "enter" to the first picture, in real Chromium, with a court already sitting."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from tests.browser.stage import Stage, chromium
from tests.house import House
from tests.journeys.conftest import SEATS

ROUNDS = 10
GOAL_S = 2.0


async def run() -> list[dict[str, Any]]:
    """p50 and p95 of the time from the reload of a seat's page in court to its first decoded frame, and of the join."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        await house.prepare(SEATS)
        await house.start()
        try:
            async with chromium(house) as stage:
                return await _measure(stage)
        finally:
            await house.stop()


async def _measure(stage: Stage) -> list[dict[str, Any]]:
    people = await stage.everybody(["presiding", "clerk", "plaintiff"])
    await people["clerk"].click("admit-plaintiff")
    await people["plaintiff"].until_media("frames", 0)
    joins = []
    for number in range(ROUNDS):
        person = await stage.person("clerk", key=f"clerk-{number}")
        await person.page.goto(stage.house.join_url("clerk"))
        enter = person.page.get_by_test_id("enter")
        await expect(enter).to_be_visible()
        begun = time.monotonic()
        await enter.click()
        await person.until_media("frames", 0)
        joins.append(time.monotonic() - begun)
        await person.context.close()
    cut = statistics.quantiles(joins, n=20)
    return [
        _row("join click to first frame, p50", statistics.median(joins)),
        _row("join click to first frame, p95", cut[18]),
    ]


def _row(name: str, seconds: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": seconds,
        "unit": "s",
        "compared_with": f"goal {GOAL_S} s",
        "ratio": seconds / GOAL_S,
    }
