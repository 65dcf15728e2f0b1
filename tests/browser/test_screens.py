"""Every screen in Chinese and English, on desktop and phone: axe finds nothing, nothing is cut off, pictures are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SHOTS
from tests.browser.stage import DESKTOP, PHONE, axe, chromium, shoot

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.browser.stage import Person, Stage
    from tests.house import House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


async def look(page: Page, name: str, found: list[str]) -> None:
    """One screen: a picture, axe, and no sideways scrolling."""
    await shoot(page, SHOTS, name)
    found += [f"{name}: {line}" for line in await axe(page)]
    spill = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if spill > 0:
        found.append(f"{name}: {spill} px too wide")


async def arrive(
    stage: Stage, seat: str, size: dict[str, int], lang: str, tag: str, found: list[str]
) -> Page:
    """A party's four taps, looked at one by one."""
    person = await stage.person(seat, size=size, lang=lang, key=f"{seat}-{tag}")
    page = person.page
    taps = 0
    await page.goto(stage.house.join_url(seat))
    await expect(page.get_by_test_id("join-go")).to_be_visible()
    await look(page, f"1-who-{tag}", found)
    await page.get_by_test_id("join-go").click()
    taps += 1
    await expect(page.get_by_test_id("device-continue")).to_be_enabled(timeout=20_000)
    await look(page, f"2-devices-{tag}", found)
    await page.get_by_test_id("device-continue").click()
    taps += 1
    await expect(page.get_by_test_id("discipline-accept")).to_be_visible()
    await look(page, f"3-discipline-{tag}", found)
    await page.get_by_test_id("discipline-accept").check()
    taps += 1
    await page.get_by_test_id("consent-yes").or_(page.get_by_test_id("discipline-continue")).first.click()
    taps += 1
    await expect(page.get_by_test_id("waiting")).to_be_visible()
    await look(page, f"4-wait-{tag}", found)
    assert taps <= 4
    return page


async def rest(judge: Person, tag: str, found: list[str]) -> None:
    """On a phone the way back into the court stands in the recess view itself, with the rail shut."""
    await judge.click("rail-open")
    await judge.confirm("recess", "休息")
    await judge.click("rail-close")
    await expect(judge.page.get_by_test_id("pause-recess")).to_be_visible()
    await look(judge.page, f"5-bench-recess-{tag}", found)
    await judge.confirm("pause-resume")
    await expect(judge.page.get_by_test_id("pause-recess")).to_be_hidden()


@pytest.mark.parametrize(
    ("size", "lang", "tag"),
    [
        (DESKTOP, "zh-CN", "desktop-zh"),
        (PHONE, "zh-CN", "phone-zh"),
        (DESKTOP, "en", "desktop-en"),
        (PHONE, "en", "phone-en"),
    ],
)
async def test_screens(house: House, size: dict[str, int], lang: str, tag: str) -> None:
    found: list[str] = []
    async with chromium(house) as stage:
        judge = await stage.person("presiding", size=size, lang=lang)
        await judge.arrive()
        party = await arrive(stage, "plaintiff", size, lang, tag, found)
        defendant = await stage.person("defendant", lang=lang)
        await defendant.arrive()
        if size is PHONE:
            await judge.click("rail-open")
            await judge.click("part-people")
        for seat in ("plaintiff", "defendant"):
            await judge.click(f"admit-{seat}")
        await expect(party.get_by_test_id("stage-now")).to_be_visible(timeout=20_000)
        if size is PHONE:
            await judge.click("part-procedure")
        await judge.click("call-roll")
        await judge.click("suitability-confirm")
        await judge.open_court()
        await expect(party.get_by_test_id("tape-light")).to_be_visible()
        if size is PHONE:
            await judge.click("part-people")
        await judge.click("floor-plaintiff")
        await look(judge.page, f"5-bench-{tag}", found)
        if size is PHONE:
            await judge.click("rail-close")
            await look(judge.page, f"5-bench-stage-{tag}", found)
            await rest(judge, tag, found)
        await look(party, f"6-party-{tag}", found)
        await party.get_by_test_id("leave").click()
        await look(party, f"7-leave-{tag}", found)
        await party.get_by_test_id("confirm-no").click()
        await look(defendant.page, f"8-no-floor-{tag}", found)
        bad = await stage.person("observer", size=size, lang=lang)
        await bad.page.goto(f"{house.url}/j/not-a-link")
        await bad.page.wait_for_load_state("networkidle")
        await look(bad.page, f"9-bad-link-{tag}", found)
    assert found == []


async def test_a_judge_holds_the_hearing_by_keyboard_alone(house: House) -> None:
    """Every act of the bench can be reached by Tab and given by Enter."""
    async with chromium(house) as stage:
        people = await stage.everybody(["presiding", "plaintiff", "defendant"])
        page = people["presiding"].page

        async def press(test_id: str) -> None:
            await expect(page.get_by_test_id(test_id)).to_be_enabled(timeout=15_000)
            for _ in range(120):
                if await page.evaluate("document.activeElement?.dataset?.testid ?? ''") == test_id:
                    await page.keyboard.press("Enter")
                    return
                await page.keyboard.press("Tab")
            raise AssertionError(f"{test_id} can't be reached by Tab")

        await press("admit-plaintiff")
        await press("admit-defendant")
        await press("call-roll")
        await press("suitability-confirm")
        await press("point-identity_checked")
        await people["presiding"].until_noted("identity_checked")
        await press("stage-discipline")
        await press("point-discipline_read")
        await people["presiding"].until_ready()
        await press("open-court")
        await press("confirm-yes")
        for point in ("cause_announced", "rights_told", "recusal_asked"):
            await press(f"point-{point}")
        await people["presiding"].until_noted("cause_announced", "rights_told", "recusal_asked")
        await press("stage-investigation")
        await press("floor-plaintiff")
        await expect(people["plaintiff"].page.get_by_test_id("hand")).to_be_visible()
        await press("recess")
        await page.get_by_test_id("reason").focus()
        await page.keyboard.type("休息十分钟")
        await press("confirm-yes")
        await press("resume")
        await press("confirm-yes")
        await press("close-court")
        await page.get_by_test_id("reason").focus()
        await page.keyboard.type("原告撤诉")
        await press("confirm-yes")
        await expect(page.get_by_test_id("to-case")).to_be_visible(timeout=15_000)


FOOT = ("interrupt", "close-floor", "open-floor", "gavel", "recess", "close-court")


async def places(page: Page) -> dict[str, tuple[int, ...]]:
    """Where each button of the foot stands, CSS pixels."""
    found = {}
    for test_id in FOOT:
        box = await page.get_by_test_id(test_id).bounding_box()
        assert box is not None, test_id
        found[test_id] = tuple(round(box[side]) for side in ("x", "y", "width", "height"))
    return found


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_what_the_judge_presses_stands_still_whatever_is_read_or_follows(
    house: House, lang: str
) -> None:
    """Script read, points noted, floor given, hands raised, a new stage: no button of the foot moves."""
    async with chromium(house) as stage:
        judge = await stage.person("presiding", lang=lang)
        await judge.arrive()
        for seat in ("plaintiff", "defendant"):
            await (await stage.person(seat)).arrive()
            await judge.click(f"admit-{seat}")
        await judge.click("call-roll")
        await judge.click("suitability-confirm")
        await judge.open_court()
        await expect(judge.page.get_by_test_id("recess")).to_be_visible()
        stands = await places(judge.page)
        await judge.page.get_by_test_id("script-0").check()
        assert await places(judge.page) == stands
        await judge.note("cause_announced", "rights_told", "recusal_asked")
        assert await places(judge.page) == stands
        await judge.click("stage-investigation")
        await expect(judge.page.get_by_test_id("point-issues_fixed")).to_be_visible()
        assert await places(judge.page) == stands
        await judge.click("floor-plaintiff")
        await expect(judge.page.get_by_test_id("unfloor-plaintiff")).to_be_visible()
        assert await places(judge.page) == stands
        defendant = stage.people["defendant"]
        await defendant.click("hand")
        await defendant.click("confirm-yes")
        await expect(judge.page.get_by_test_id("request-defendant")).to_be_visible()
        assert await places(judge.page) == stands
        await judge.click("part-people")
        assert await places(judge.page) == stands
