"""What is played before the gallery's camera around a hearing: the officer's console, and the case page after it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.browser.stage import state_purpose
from tests.house import ROOT

if TYPE_CHECKING:
    from tests.browser.gallery_camera import Camera
    from tests.browser.gallery_stage import Court
    from tests.house import House

PLAYER = "[data-testid=player-play]"
OFFICER = "梁海"
"""Who is on duty at the console."""


async def console(court: Court, camera: Camera) -> None:
    """The officer's console: the day, and the people of a hearing."""
    house: House = court.house
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "console-link", "--court", "广州市天河区人民法院", "--name", OFFICER,
        "--config", str(house.config), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    court.pages["officer"] = await court.page_for("observer", key="officer")
    page = court.page("officer")
    await page.goto(court.stage.url + "/console/j/" + said.decode().split("/console/j/")[1].split()[0])
    await court.here(["officer"], "console-day")
    await camera.scene("console", "值班台 · The officer's console", [court.view("officer")])
    await court.click("officer", f"hearing-open-{house.hearing}")
    await court.here(["officer"], "console-person-plaintiff")
    await asyncio.sleep(1.5)
    await camera.scene(
        "console-people", "值班台：人员与线路 · Console: people and lines", [court.view("officer")]
    )


async def case_page(court: Court, camera: Camera, seats: list[str], shown: str = PLAYER) -> None:
    """The record, when the copies and the transcript are made. shown: what is there then."""
    for seat in seats:
        await court.click(seat, "to-case")
        if shown == PLAYER:
            await state_purpose(court.page(seat))
    await expect(court.page(seats[0]).locator(shown)).to_be_visible(timeout=120_000)
    await asyncio.sleep(4)
    await camera.scene("case", "案件页 · The case page", [court.view(seat) for seat in seats])
