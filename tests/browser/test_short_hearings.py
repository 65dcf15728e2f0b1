"""A summary hearing by a judge alone, and a hearing that is moved to the courthouse in the middle."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from server.demo import cast
from tests.browser.conftest import SHOTS
from tests.browser.stage import PHONE, axe, chromium, shoot
from tests.house import House

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.browser.stage import Person, Stage

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

SEATS = (cast.PRESIDING, cast.PLAINTIFF, cast.DEFENDANT)


@pytest.fixture
async def summary(tmp_path: Path) -> AsyncIterator[House]:
    """A running server with one hearing by summary procedure, the judge without a clerk."""
    house = House(tmp_path)
    await house.prepare(SEATS, procedure="civil_summary")
    await house.start()
    yield house
    await house.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()


async def open_court(stage: Stage) -> Person:
    """The judge does all that comes before the opening."""
    for row in SEATS:
        size = PHONE if row.seat == "defendant" else None
        await (await stage.person(row.seat, size=size)).arrive()
    judge = stage.people["presiding"]
    for seat in ("plaintiff", "defendant"):
        await judge.click(f"admit-{seat}")
    await judge.click("call-roll")
    await judge.click("suitability-confirm")
    await judge.open_court()
    return judge


async def record_of(person: Person, house: House, key: str) -> dict[str, object]:
    """The record when a part of it is ready."""
    for _ in range(240):
        status, body = await person.ask(f"/api/hearings/{house.hearing}/record")
        assert status == 200, body
        found: dict[str, object] = json.loads(body)
        if found[key]["state"] == "ready":  # type: ignore[index]
            return found
        await asyncio.sleep(0.5)
    raise AssertionError(f"no {key} in time: {body[:500]}")


async def test_a_judge_alone_holds_a_summary_hearing(summary: House) -> None:
    async with chromium(summary) as stage:
        judge = await open_court(stage)
        people = stage.people
        await judge.note("rights_told", "recusal_asked")
        await judge.go("investigation")
        await judge.click("floor-plaintiff")
        await people["plaintiff"].say("04-plaintiff.opus")
        await judge.click("floor-defendant")
        await people["defendant"].say("05-defendant.opus")
        await people["defendant"].click("cannot-hear")
        await judge.click("answer-hear-defendant")
        await judge.go("debate")
        await shoot(people["defendant"].page, SHOTS, "summary-party-phone")
        assert await axe(judge.page) == []
        assert await axe(people["defendant"].page) == []
        await judge.go("final_statements")
        await judge.close_court()
        await expect(people["plaintiff"].page.get_by_test_id("pause-closed")).to_be_visible(timeout=15_000)
        record = await record_of(judge, summary, "transcript")
        seats = {line["seat"] for line in record["transcript"]["lines"]}  # type: ignore[index]
        assert {"plaintiff", "defendant"} <= seats
        kinds = [event["kind"] for event in record["events"]]  # type: ignore[attr-defined]
        assert {"cannot_hear", "sheet_filed"} & set(kinds), kinds
        assert stage.complaints == []


async def test_a_hearing_moved_offline_in_the_middle_keeps_what_was_done(summary: House) -> None:
    async with chromium(summary) as stage:
        judge = await open_court(stage)
        people = stage.people
        await judge.click("floor-plaintiff")
        begun, ended = await people["plaintiff"].say("04-plaintiff.opus")
        await judge.page.get_by_text("延期、转线下等").first.click()
        await judge.click("convert-offline")
        await shoot(judge.page, SHOTS, "offline-ask")
        await judge.click("choice-check_originals")
        await judge.page.get_by_test_id("reason").fill("需当庭核对合同原件")
        await judge.click("confirm-next")
        await judge.click("confirm-yes")
        for seat in SEATS:
            pause = people[seat.seat].page.get_by_test_id("pause-offline")
            await expect(pause).to_be_visible(timeout=15_000)
        await shoot(people["defendant"].page, SHOTS, "offline-party-phone")
        assert await axe(people["defendant"].page) == []
        record = await record_of(judge, summary, "recording")
        assert "court_moved_offline" in {event["kind"] for event in record["events"]}  # type: ignore[attr-defined]
        assert record["duration_ms"] >= ended - begun  # type: ignore[operator]
        copies = {copy["seat"] for copy in record["copies"]}  # type: ignore[attr-defined]
        assert "plaintiff" in copies, "the finished part stays valid, and is sealed"
        assert stage.complaints == []
