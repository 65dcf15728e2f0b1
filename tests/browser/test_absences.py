"""A party whose network fails and a party who leaves: the house's two reports differ, and only the bench rules."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from server.demo import cast
from tests.browser import away
from tests.browser.conftest import SHOTS
from tests.browser.stage import PATIENCE_S, axe, chromium, shoot
from tests.house import House

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.stage import Person

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not away.possible, reason="another place needs root, ip and iptables"),
]

SEATS = (cast.PRESIDING, cast.CLERK, cast.PLAINTIFF, cast.DEFENDANT)


async def absence(judge: Person, seat: str) -> dict[str, Any]:
    """The last absence of a seat as the judge's screen knows it."""
    cards = (await judge.state())["view"]["seats"]
    found: dict[str, Any] = next(card for card in cards if card["seat"] == seat)["absences"][-1]
    return found


async def test_a_lost_network_and_a_deliberate_leave_are_told_apart(tmp_path: Path) -> None:
    async with away.away() as place:
        house = House(tmp_path, overrides={"http": {"host": away.EVERYWHERE}})
        await house.prepare(SEATS)
        await house.start()
        async with chromium(house) as court, place.chromium(house, tmp_path) as village:
            judge = await court.person("presiding")
            plaintiff, defendant = await village.person("plaintiff"), await court.person("defendant")
            for person in (judge, plaintiff, defendant):
                await person.arrive()
            for seat in ("plaintiff", "defendant"):
                await judge.click(f"admit-{seat}")
            await judge.click("call-roll")
            await judge.click("suitability-confirm")
            await judge.open_court()
            await judge.click("floor-plaintiff")
            await plaintiff.until_media("frames", 10)

            await place.dead()
            await expect(judge.page.get_by_test_id("tile-plaintiff")).to_have_attribute(
                "data-state", "lost", timeout=40_000
            )
            await defendant.confirm("leave")
            await expect(judge.page.get_by_test_id("absence-defendant")).to_be_visible(timeout=60_000)
            await expect(judge.page.get_by_test_id("absence-plaintiff")).to_be_visible(timeout=60_000)
            report = judge.page.get_by_test_id("absence-report-plaintiff").first
            await report.scroll_into_view_if_needed()
            await shoot(judge.page, SHOTS, "absence-report")
            assert await axe(judge.page) == []
            await judge.click("prompt-plaintiff")
            await asyncio.sleep(1)
            lost, gone = await absence(judge, "plaintiff"), await absence(judge, "defendant")
            print(f"lost: {lost['verdict']} {lost['facts']}\nleft: {gone['verdict']} {gone['facts']}")
            assert (lost["verdict"], gone["verdict"]) == ("network", "left")
            assert lost["finding"] == gone["finding"] == "", "only the bench rules"

            await place.alive()
            await expect(judge.page.get_by_test_id("tile-plaintiff")).not_to_have_attribute(
                "data-state", "lost", timeout=40_000
            )
            await expect(plaintiff.page.get_by_test_id("court-notice")).to_be_visible(timeout=20_000)
            await plaintiff.click("notice-seen")
            async with asyncio.timeout(PATIENCE_S):
                while (after := await absence(judge, "plaintiff"))["prompt_seen_at"] is None:
                    await asyncio.sleep(0.05)
            assert after["until"] is not None
            assert after["prompt_shown_at"] is not None
            assert court.complaints == []
        await house.stop()
        assert "Traceback" not in house.log_tail(200_000), house.log_tail()
