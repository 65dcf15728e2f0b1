"""kill -9 of the server under real browsers: after the restart they are back by themselves, nothing pressed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.stage import chromium

if TYPE_CHECKING:
    from tests.house import House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]


async def test_browsers_come_back_by_themselves(house: House) -> None:
    async with chromium(house) as stage:
        people = await stage.everybody(["presiding", "plaintiff", "defendant"])
        judge, plaintiff = people["presiding"], people["plaintiff"]
        for seat in ("plaintiff", "defendant"):
            await judge.click(f"admit-{seat}")
        await judge.click("call-roll")
        await judge.click("suitability-confirm")
        await judge.open_court()
        await judge.click("floor-plaintiff")
        await plaintiff.until_floor()
        await plaintiff.until_media("frames", 10)
        before = (await plaintiff.state())["view"]
        await house.kill()
        await expect(plaintiff.page.get_by_test_id("connection-lost")).to_be_visible()
        await house.start()
        up = time.monotonic()
        for person in people.values():
            await expect(person.page.get_by_test_id("connection-lost")).to_be_hidden()
        line_s = time.monotonic() - up
        await expect(judge.page.get_by_test_id("tape-light")).to_contain_text("录音录像中")
        for person in people.values():
            frames = (await person.media())["frames"]
            await person.until_media("frames", frames)
        print(
            f"kill -9: browsers' lines back after {line_s:.2f} s, all pictures after {time.monotonic() - up:.2f} s"
        )
        after = (await plaintiff.state())["view"]
        for key in ("session", "opened_at", "floor", "stages", "me"):
            assert after[key] == before[key], key
