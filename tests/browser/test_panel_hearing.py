"""An ordinary hearing before a panel: exhibit, objection, witness, reprimand, removal, deliberation, recess, judgment."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.async_api import expect

from server.demo import cast
from tests.browser.conftest import SHOTS
from tests.browser.stage import PHONE, axe, chromium, shoot
from tests.house import House

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.browser.stage import Person, Stage

pytestmark = [pytest.mark.journey, pytest.mark.alone, pytest.mark.timeout(400)]

SEATS = (
    cast.PRESIDING,
    cast.JUDGE,
    cast.ASSESSOR,
    cast.CLERK,
    cast.PLAINTIFF,
    cast.DEFENDANT,
    cast.WITNESS,
    cast.OBSERVER,
)
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
BENCH = ("presiding", "judge", "assessor")


@pytest.fixture
async def panel(tmp_path: Path) -> AsyncIterator[House]:
    """A running server with one hearing before a panel of three."""
    house = House(tmp_path)
    await house.prepare(SEATS)
    await house.start()
    yield house
    await house.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """A contract of two pages, as a scanner would give it."""
    pages = []
    for number, lines in enumerate(
        (
            ("设备买卖合同", "甲方：张伟　　乙方：广东华南贸易有限公司"),
            ("第八条　验收", "收货后七日内未提出书面异议的，视为验收合格。"),
        ),
        1,
    ):
        page = Image.new("RGB", (1240, 1754), "white")
        draw = ImageDraw.Draw(page)
        font = ImageFont.truetype(FONT, 56)
        for row, line in enumerate(lines):
            draw.text((120, 200 + 120 * row), line, font=font, fill="black")
        draw.text((560, 1640), f"- {number} -", font=font, fill="black")
        pages.append(page)
    path = tmp_path / "contract.pdf"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


async def begin(stage: Stage) -> Person:
    """Arrival, check-in by the clerk, opening by the presiding judge."""
    for row in SEATS:
        person = await stage.person(row.seat, size=PHONE if row.seat == "witness" else None)
        await person.arrive()
    people = stage.people
    for row in SEATS:
        if row.seat not in {"presiding", "clerk"}:
            await people["clerk"].click(f"admit-{row.seat}")
    await people["clerk"].click("call-roll")
    await people["clerk"].click("suitability-confirm")
    await shoot(people["clerk"].page, SHOTS, "panel-check-in-clerk")
    judge = people["presiding"]
    await judge.open_court()
    await judge.click("gavel")
    await judge.note("rights_told", "recusal_asked")
    await judge.go("investigation")
    return judge


async def show_an_exhibit(stage: Stage, contract: Path) -> None:
    """The plaintiff's contract: offered, shown, turned, given an opinion on; the witness outside gets nothing."""
    people = stage.people
    plaintiff, judge, defendant = people["plaintiff"], people["presiding"], people["defendant"]
    await plaintiff.click("exhibits-open")
    await plaintiff.page.get_by_test_id("exhibit-upload").set_input_files(contract)
    await plaintiff.page.get_by_test_id("exhibit-title").fill("设备买卖合同")
    await plaintiff.click("exhibit-send")
    await judge.click("floor-plaintiff")
    row = plaintiff.page.locator("[data-testid^='exhibit-present-']")
    await expect(row).to_have_count(1, timeout=30_000)
    name = (await row.get_attribute("data-testid") or "").removeprefix("exhibit-present-")
    await row.click()
    for seat in ("presiding", "defendant", "observer"):
        showing = people[seat].page.get_by_test_id("showing")
        await expect(showing).to_have_attribute("data-source", "exhibit")
        await expect(showing.locator("[data-page='1'] img")).to_be_visible(timeout=15_000)
    await plaintiff.click("exhibit-next")
    for seat in ("presiding", "defendant", "observer"):
        page = people[seat].page.get_by_test_id("showing").locator("[data-page]")
        await expect(page).to_have_attribute("data-page", "2", timeout=15_000)
        await expect(page.locator("img")).to_be_visible(timeout=15_000)
    assert name not in json.dumps(await people["witness"].state())
    status, _ = await people["witness"].ask(
        f"/api/hearings/{stage.house.hearing}/exhibits/{name}/page/1?w=800"
    )
    assert status in {403, 404}
    await shoot(judge.page, SHOTS, "exhibit-bench")
    await shoot(defendant.page, SHOTS, "exhibit-party")
    assert await axe(judge.page) == []
    assert await axe(defendant.page) == []
    await defendant.click("exhibits-open")
    await defendant.click(f"opinion-{name}")
    for quality, answer in (
        ("authenticity", "accepted"),
        ("legality", "accepted"),
        ("relevance", "disputed"),
    ):
        await defendant.page.get_by_test_id(f"opinion-{quality}-{answer}").check()
    await defendant.page.get_by_test_id("opinion-text").fill("对真实性、合法性无异议，对证明目的不认可。")
    await shoot(defendant.page, SHOTS, "exhibit-opinion")
    await defendant.click("opinion-save")
    await expect(defendant.page.get_by_test_id(f"exhibit-{name}")).to_contain_text("不认可")
    await defendant.click("exhibits-close")
    await judge.click("exhibit-stop")
    await expect(defendant.page.get_by_test_id("showing")).to_be_hidden()


async def share_a_screen(stage: Stage) -> None:
    """With leave only: the screen flows to those in court, as a picture of its own, and to nobody outside."""
    people = stage.people
    judge, plaintiff = people["presiding"], people["plaintiff"]
    await judge.click("more-plaintiff")
    await judge.click("present-plaintiff")
    await plaintiff.click("exhibits-open")
    await plaintiff.click("share-screen")
    for seat in ("presiding", "defendant", "observer"):
        shown = people[seat].page.get_by_test_id("showing")
        await expect(shown).to_have_attribute("data-source", "screen", timeout=15_000)
        await expect(shown.locator("video")).to_be_visible(timeout=15_000)
        async with asyncio.timeout(15):
            while await shown.locator("video").evaluate("(video) => video.videoWidth") == 0:
                await asyncio.sleep(0.1)
    assert (await people["witness"].media())["packets"] == 0
    await shoot(people["defendant"].page, SHOTS, "screen-party")
    await judge.click("exhibit-stop")
    await expect(people["defendant"].page.get_by_test_id("showing")).to_be_hidden()


async def hear_a_witness(stage: Stage) -> None:
    """Undertaking signed outside; called, heard, objected to, dismissed."""
    people = stage.people
    judge, witness = people["presiding"], people["witness"]
    await shoot(witness.page, SHOTS, "oath-phone")
    await witness.click("oath-sign")
    await judge.click("call-witness")
    await judge.click("floor-witness")
    await witness.say("17-witness.opus")
    await people["defendant"].click("object")
    await people["defendant"].click("ground-leading")
    sustain = judge.page.locator("[data-testid^='sustain-']")
    await expect(sustain).to_be_visible()
    await shoot(judge.page, SHOTS, "objection-bench")
    await sustain.click()
    ruled = people["plaintiff"].page.locator("[data-testid^='objection-'][data-ruling='sustained']")
    await expect(ruled).to_be_visible()
    await judge.click("dismiss-witness")


async def keep_order(stage: Stage) -> None:
    """A reprimand that must be seen, then an observer who is sent out and cannot come back by another connection."""
    people = stage.people
    judge, observer = people["presiding"], people["observer"]
    await judge.click("more-defendant")
    await judge.confirm("reprimand-defendant", "多次打断审判长发言")
    await expect(people["defendant"].page.get_by_test_id("court-notice")).to_be_visible()
    await shoot(people["defendant"].page, SHOTS, "reprimand-party")
    await people["defendant"].click("notice-seen")
    await judge.click("more-observer")
    await judge.click("remove-observer")
    await judge.page.get_by_test_id("reason").fill("偷拍庭审")
    if await judge.page.get_by_test_id("confirm-next").is_visible():
        await judge.click("confirm-next")
    await judge.click("confirm-yes")
    await expect(observer.page.get_by_test_id("removed")).to_be_visible()
    await shoot(observer.page, SHOTS, "removed")
    assert await axe(observer.page) == []
    await observer.page.reload()
    await expect(observer.page.get_by_test_id("removed")).to_be_visible()
    again = await stage.person("observer", key="observer-again")
    await again.page.goto(f"{stage.url}/j/{stage.house.links['observer']}")
    await expect(again.page.get_by_test_id("removed")).to_be_visible()
    assert (await again.media())["packets"] == 0


async def deliberate(stage: Stage) -> None:
    """The bench alone, untaped; nobody else hears, not even the clerk."""
    people = stage.people
    judge = people["presiding"]
    for stage_key, name in (("debate", "法庭辩论"), ("final_statements", "最后陈述")):
        await judge.go(stage_key)
        await expect(judge.page.get_by_test_id("stage-now")).to_contain_text(name)
    await judge.page.get_by_text("全部阶段").first.click()
    await judge.go("deliberation")
    for seat in BENCH:
        await expect(people[seat].page.get_by_test_id("room")).to_have_attribute("data-room", "deliberation")
    before = {seat: (await people[seat].media())["audio"] for seat in people}
    await people["judge"].say("20-presiding.opus")
    after = {seat: (await people[seat].media())["audio"] for seat in people}
    grew = {seat: after[seat] - before[seat] for seat in people}
    assert grew["presiding"] > 25
    assert grew["assessor"] > 25
    assert {grew[seat] for seat in people if seat not in BENCH} == {0}, grew
    await shoot(judge.page, SHOTS, "deliberation")
    await shoot(people["plaintiff"].page, SHOTS, "deliberation-outside")
    await judge.confirm("resume")
    await judge.go("judgment")


async def test_a_hearing_before_a_panel(panel: House, contract: Path) -> None:
    async with chromium(panel) as stage:
        judge = await begin(stage)
        await show_an_exhibit(stage, contract)
        await share_a_screen(stage)
        await hear_a_witness(stage)
        await keep_order(stage)
        await deliberate(stage)
        await judge.confirm("recess", "休息")
        await judge.confirm("resume")
        await judge.close_court()
        await expect(judge.page.get_by_test_id("to-case")).to_be_visible(timeout=15_000)
        await asyncio.sleep(1)
        status, body = await judge.ask(f"/api/hearings/{panel.hearing}/record")
        assert status == 200
        kinds = [event["kind"] for event in json.loads(body)["events"]]
        asked_for = "witness: Failed to load resource: the server responded with a status of 403 (Forbidden)"
        assert [complaint for complaint in stage.complaints if complaint != asked_for] == []
    for kind in ("exhibit_offered", "objection_ruled", "seat_removed", "gavel_struck", "sheet_filed"):
        assert kind in kinds, kinds
