"""The officer's console over a live hearing: who is where, a word to a party, joining as a technician."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SHOTS
from tests.browser.stage import PHONE, axe, chromium, shoot
from tests.house import ROOT

if TYPE_CHECKING:
    from tests.house import House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

WORD = "请检查摄像头权限，刷新页面后重试。"


async def console_link(house: House) -> str:
    """Where a new console link of the house's court leads."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "console-link", "--court", "广州市天河区人民法院",
        "--config", str(house.config), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    return "/console/j/" + said.decode().split("/console/j/")[1].split()[0]


async def test_an_officer_sees_the_day_writes_and_joins(house: House) -> None:
    async with chromium(house) as stage:
        clerk = await stage.person("clerk")
        plaintiff = await stage.person("plaintiff", size=PHONE)
        await clerk.arrive()
        await plaintiff.arrive()
        await plaintiff.click("help-technician")
        officer = await stage.person("observer", key="officer")
        await officer.page.goto(stage.url + await console_link(house))
        await expect(officer.page.get_by_test_id("console-day")).to_be_visible()
        await officer.click(f"hearing-open-{house.hearing}")
        person = officer.page.get_by_test_id("console-person-plaintiff")
        await expect(person).to_be_visible()
        await expect(person.locator(".call")).to_be_visible(timeout=15_000)
        await officer.click("flows-open-clerk")
        flows = officer.page.get_by_test_id("flows-clerk")
        await expect(flows).to_contain_text("从此人发来的", timeout=20_000)
        await expect(flows.locator(".verdict.good, .verdict.fair, .verdict.poor").first).to_be_visible(
            timeout=20_000
        )
        async with officer.page.expect_download() as saving:
            await officer.click(f"console-series-{house.hearing}")
        series = (await (await saving.value).path()).read_text(encoding="utf-8").splitlines()
        assert series[0].startswith("at_unix_ms,")
        assert any(",clerk," in row for row in series), "the series is kept while the hearing is on"
        await shoot(officer.page, SHOTS, "console")
        await flows.scroll_into_view_if_needed()
        await shoot(officer.page, SHOTS, "console-flows")
        assert await axe(officer.page) == []
        await officer.page.set_viewport_size({"width": 390, "height": 844})
        await shoot(officer.page, SHOTS, "console-phone")
        await flows.scroll_into_view_if_needed()
        await shoot(officer.page, SHOTS, "console-flows-phone")
        assert await axe(officer.page) == []
        await officer.page.set_viewport_size({"width": 1440, "height": 900})
        await officer.click("console-write-plaintiff")
        await officer.page.get_by_test_id("console-text").fill(WORD)
        await officer.click("console-send")
        await expect(plaintiff.page.get_by_test_id("helper")).to_contain_text(WORD, timeout=15_000)
        await shoot(plaintiff.page, SHOTS, "helper-phone")
        async with officer.context.expect_page() as opened:
            await officer.click(f"console-join-{house.hearing}")
        technician = await opened.value
        await expect(
            technician.get_by_test_id("join-go").or_(technician.get_by_test_id("waiting"))
        ).to_be_visible()
        await shoot(technician, SHOTS, "technician-arrives")
        assert stage.complaints == []
