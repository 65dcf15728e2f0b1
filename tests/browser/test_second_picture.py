"""A screen that was shown is a picture of its own on the case page, beside its person's, and nobody's voice is heard twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SHOTS
from tests.browser.stage import PHONE, axe, chromium, shoot, state_purpose
from tests.browser.test_exhibit_media import flows, quiet, spilled
from tests.browser.test_whole_hearing import fetch_record

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.browser.stage import Person, Stage
    from tests.house import House

__all__ = ["quiet"]  # a fixture

pytestmark = [pytest.mark.journey, pytest.mark.timeout(480)]

_SOUNDING = """[...document.querySelectorAll('.tile')].map((tile) => {
  const media = tile.querySelector('video, audio');
  return [tile.dataset.testid, media.muted, media.currentTime, new URL(media.src).pathname.split('/').pop()];
})"""


async def decide(judge: Person, test_id: str) -> None:
    """A two-step act of the bench, with a reason where it asks for one: this hearing is about something else."""
    page = judge.page
    await judge.click(test_id)
    await expect(page.get_by_test_id("confirm-yes")).to_be_visible()
    if await page.get_by_test_id("reason").count():
        await page.get_by_test_id("reason").fill("演示画面回放")
    await judge.click("confirm-yes")


async def hold_hearing(stage: Stage) -> None:
    """The defendant shows a screen for a while; the court closes."""
    for seat in ("presiding", "plaintiff", "defendant"):
        await (await stage.person(seat)).arrive()
    judge, defendant = stage.people["presiding"], stage.people["defendant"]
    for act in ("admit-plaintiff", "admit-defendant", "call-roll", "suitability-confirm"):
        await judge.click(act)
    async with asyncio.timeout(20):
        while "tape_not_ready" in (await judge.state())["view"]["missing"]:
            await asyncio.sleep(0.1)
    await judge.before_opening()
    await decide(judge, "open-court")
    await judge.click("more-defendant")
    await judge.click("present-defendant")
    await defendant.click("exhibits-open")
    await defendant.click("share-screen")
    await expect(judge.page.get_by_test_id("showing")).to_have_attribute("data-source", "screen")
    await flows(judge, "defendant", "screen")
    await asyncio.sleep(3)
    await defendant.click("exhibit-stop")
    await expect(judge.page.get_by_test_id("showing")).to_be_hidden()
    await asyncio.sleep(3)
    await judge.close_court()


async def check_page(page: Page, shown_s: tuple[float, float]) -> None:
    """One tile for the person and one for the screen, each playing its own file; large while it was shown, and not after."""
    own, screen = page.get_by_test_id("copy-defendant"), page.get_by_test_id("copy-defendant~screen")
    await expect(own).to_have_count(1)
    await expect(screen).to_have_count(1)
    await expect(screen).to_contain_text("被告的共享画面")
    ids = await page.locator(".tile").evaluate_all("(tiles) => tiles.map((t) => t.dataset.testid)")
    assert ids.index("copy-defendant~screen") == ids.index("copy-defendant") + 1
    await expect(page.get_by_test_id("mute-defendant")).to_have_count(1)
    await expect(page.get_by_test_id("mute-defendant~screen")).to_have_count(0)
    seek = page.get_by_test_id("player-seek")
    await page.get_by_test_id("player-play").click()
    await seek.fill(str(round(sum(shown_s) / 2 * 10) * 100))
    await expect(screen).to_have_class("tile featured second")
    await page.get_by_test_id("player-play").click()
    await expect(page.get_by_test_id("player")).to_have_attribute("data-state", "paused")
    async with asyncio.timeout(15):
        while not await screen.locator("video").evaluate("(v) => v.readyState >= 2 && !v.seeking"):
            await asyncio.sleep(0.1)
    found = {name: (muted, at, file) for name, muted, at, file in await page.evaluate(_SOUNDING)}
    assert found["copy-defendant~screen"][0] is True
    assert found["copy-defendant"][0] is False
    assert found["copy-defendant"][2] != found["copy-defendant~screen"][2]
    lit = "(v) => { const c = new OffscreenCanvas(64, 36).getContext('2d'); c.drawImage(v, 0, 0, 64, 36);"
    lit += " const d = c.getImageData(0, 0, 64, 36).data; return d.reduce((a, b) => a + b, 0) / d.length }"
    assert await screen.locator("video").evaluate(lit) > 150, (
        "the white page that was shown is in the picture"
    )
    await shoot(page, SHOTS, "case-second-picture")
    assert await axe(page) == []


async def test_a_shown_screen_is_a_tile_of_its_own(quiet: House) -> None:
    async with chromium(quiet) as stage:
        await hold_hearing(stage)
        judge = stage.people["presiding"]
        await expect(judge.page.get_by_test_id("to-case")).to_be_visible(timeout=15_000)
        record = await fetch_record(judge, quiet)
        ids = [copy["id"] for copy in record["copies"]]
        assert {"defendant", "defendant~screen"} <= set(ids)
        assert len(ids) == len(set(ids))
        begun, ended = (
            next(e["at"] for e in record["events"] if e["kind"] == kind) - record["zero"]
            for kind in ("source_shown", "showing_stopped")
        )
        page = judge.page
        await page.get_by_test_id("to-case").click()
        await state_purpose(page)
        await expect(page.get_by_test_id("player-play")).to_be_visible(timeout=20_000)
        await check_page(page, (begun / 1000, ended / 1000))
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await asyncio.sleep(0.5)
        await shoot(page, SHOTS, "case-second-picture-phone")
        assert await spilled(page) == 0
        assert await axe(page) == []
        await page.get_by_test_id("player-seek").fill(str(ended // 100 * 100 + 1000))
        await expect(page.get_by_test_id("copy-defendant~screen")).to_contain_text("此刻没有展示")
        await expect(page.get_by_test_id("copy-defendant~screen")).not_to_have_class("tile featured second")
        assert stage.complaints == []
