"""The head of the log is handed to a party on the screen of the recess, as words and as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.stage import axe, chromium
from tests.journeys.conftest import SEATS, open_court
from tests.seat import SeatClient

if TYPE_CHECKING:
    from tests.house import House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]


async def test_a_party_keeps_the_head_of_a_recess(house: House) -> None:
    people = {seat.seat: SeatClient(house, seat.seat) for seat in SEATS}
    try:
        await open_court(people)
        await people["presiding"].do("recess", reason="休息")
        _, told = await people["defendant"].get(f"/api/hearings/{house.hearing}/heads")
        async with chromium(house) as stage:
            page = await stage.browser.new_page()
            await page.goto(f"{house.join_url('plaintiff')}?lang=en")
            await page.wait_for_url("**/arrive*")
            await page.goto(f"{house.url}/court")
            slip = page.get_by_test_id("head-slip")
            await slip.locator("summary").click()
            assert told["heads"][-1]["head"] in await slip.inner_text()
            async with page.expect_download() as download:
                await page.get_by_test_id("head-save").click()
            saved = (await (await download.value).path()).read_text(encoding="utf-8")
            assert told["heads"][-1]["head"] in saved.split()
            assert house.hearing in saved.split()
            assert await axe(page) == []
    finally:
        for client in people.values():
            await client.close()
