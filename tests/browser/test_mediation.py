"""A mediation in Chromium with a caucus on each side: what is said in one is nowhere on the other side."""

from __future__ import annotations

import asyncio
import json
import sqlite3
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

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SEATS = (cast.MEDIATOR, cast.PLAINTIFF, cast.PLAINTIFF_AGENT, cast.DEFENDANT)
FLOOR_OF_ONE = "十五万三千元是我们的底线"
FLOOR_OF_OTHER = "最多可以分六期付十六万八千元"


@pytest.fixture
async def mediation(tmp_path: Path) -> AsyncIterator[House]:
    """A running server with one mediation."""
    house = House(tmp_path)
    await house.prepare(SEATS, public=False, procedure="mediation")
    await house.start()
    yield house
    await house.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()


async def begin(stage: Stage) -> None:
    """Everybody in, the notices given, the mediator accepted."""
    people = stage.people
    for row in SEATS:
        size = PHONE if row.seat == "defendant" else None
        await (await stage.person(row.seat, size=size)).arrive()
    mediator = people["mediator"]
    for row in SEATS[1:]:
        await mediator.click(f"admit-{row.seat}")
    await mediator.click("call-roll")
    await mediator.open_court()
    await mediator.click("disclose")
    for seat in ("plaintiff", "defendant"):
        await people[seat].click("yes-mediator")
    await mediator.note("sham_warned", "disclosed", "confidentiality_told")
    await mediator.go("joint")
    await expect(mediator.page.get_by_test_id("stage-now")).to_contain_text("面对面")


async def meet(stage: Stage, side: str, inside: tuple[str, ...]) -> None:
    """Call one side aside."""
    await stage.people["mediator"].click(f"caucus-{side}")
    for seat in ("mediator", *inside):
        room = stage.people[seat].page.get_by_test_id("room")
        await expect(room).to_have_attribute("data-room", f"caucus:{side}")


async def back(stage: Stage) -> None:
    """Everybody round the table again."""
    await stage.people["mediator"].click("bring-back")
    for person in stage.people.values():
        await expect(person.page.get_by_test_id("room")).to_have_attribute("data-room", "main")


async def listen(person: Person, speaker: Person, file: str) -> float:
    """How many sound packets one got while the other said a line."""
    before = (await person.media())["audio"]
    await speaker.say(file)
    return (await person.media())["audio"] - before


async def first_caucus(stage: Stage, house: House) -> None:
    """With the plaintiff, nothing recorded: no tape, no ear, no word."""
    people = stage.people
    await stage.people["mediator"].go("caucus")
    await meet(stage, "plaintiff", ("plaintiff", "plaintiff_agent"))
    recording = people["plaintiff"].page.get_by_test_id("room-recording")
    await expect(recording).to_have_attribute("data-recorded", "false")
    await people["plaintiff_agent"].write("propose", FLOOR_OF_ONE)
    await expect(people["mediator"].page.get_by_test_id("proposals")).to_contain_text(FLOOR_OF_ONE)
    assert await listen(people["mediator"], people["plaintiff"], "04-plaintiff.opus") > 25
    assert await listen(people["defendant"], people["plaintiff"], "04-plaintiff.opus") == 0
    await shoot(people["mediator"].page, SHOTS, "caucus-mediator")
    await shoot(people["plaintiff"].page, SHOTS, "caucus-party")
    await shoot(people["defendant"].page, SHOTS, "caucus-outside-phone")
    assert await axe(people["mediator"].page) == []
    assert await axe(people["defendant"].page) == []
    assert list((house.folder / "var").rglob("*caucus*plaintiff*")) == []
    await back(stage)


async def second_caucus(stage: Stage, house: House) -> None:
    """With the defendant, who agrees to a tape, as the mediator does."""
    people = stage.people
    await meet(stage, "defendant", ("defendant",))
    for seat in ("mediator", "defendant"):
        await people[seat].click("consent-recording")
    recording = people["defendant"].page.get_by_test_id("room-recording")
    await expect(recording).to_have_attribute("data-recorded", "true")
    await people["defendant"].write("propose", FLOOR_OF_OTHER)
    await expect(people["mediator"].page.get_by_test_id("proposals")).to_contain_text(FLOOR_OF_OTHER)
    assert await listen(people["plaintiff"], people["defendant"], "05-defendant.opus") == 0
    await expect(people["mediator"].page.get_by_test_id("captions")).to_contain_text("被告", timeout=30_000)
    await asyncio.sleep(1)
    assert list((house.folder / "var").rglob("*caucus*defendant*"))
    await back(stage)


async def settle(stage: Stage) -> None:
    """Terms, one clause, both agree, and the ending by agreement."""
    people = stage.people
    mediator = people["mediator"]
    await mediator.go("terms")
    await mediator.write("draft-clause", "被告于2026年12月31日前向原告支付货款十六万元。")
    clause = mediator.page.get_by_test_id("clauses").locator("article")
    await expect(clause).to_have_count(1)
    name = (await clause.get_attribute("data-testid") or "").removeprefix("clause-")
    for seat in ("plaintiff", "defendant"):
        await people[seat].click(f"yes-{name}")
    await shoot(people["defendant"].page, SHOTS, "mediation-terms-phone")
    await mediator.page.get_by_test_id("end-mediation-open").first.click()
    await mediator.click("ending-agreement_reached")
    await mediator.page.get_by_test_id("ending-note").fill("条款已逐条宣读并经双方确认")
    await mediator.click("ending-go")
    await mediator.click("ending-go")
    for person in people.values():
        await expect(person.page.get_by_test_id("pause-closed")).to_be_visible(timeout=15_000)
    await shoot(mediator.page, SHOTS, "mediation-ended")


async def everything(person: Person, house: House) -> str:
    """All that ever reached this person's tab, and all that its session can fetch."""
    found = [*person.told, await person.page.content(), json.dumps(await person.state(), ensure_ascii=False)]
    for path in ("record", "transcript.txt"):
        status, body = await person.ask(f"/api/hearings/{house.hearing}/{path}")
        assert status in {200, 403, 404}, body
        found.append(body)
    found.append((await person.ask(f"/api/cases/{house.case}"))[1])
    return "\n".join(found).encode().decode("unicode_escape", "ignore") + "\n".join(found)


def main_stream(house: House) -> str:
    """The main log as it stands in the ledger."""
    [ledger] = (house.folder / "var").glob("*.db")
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT kind, body FROM events WHERE stream = ?", (house.hearing,)).fetchall()
    return "\n".join(f"{kind} {body}" for kind, body in rows)


async def test_what_is_said_to_the_mediator_alone_is_nowhere_on_the_other_side(mediation: House) -> None:
    async with chromium(mediation) as stage:
        await begin(stage)
        assert await listen(stage.people["defendant"], stage.people["plaintiff"], "04-plaintiff.opus") > 25, (
            "round the table both sides hear one another"
        )
        await shoot(stage.people["mediator"].page, SHOTS, "mediation-joint")
        await first_caucus(stage, mediation)
        await second_caucus(stage, mediation)
        await settle(stage)
        assert stage.complaints == [], "before the test itself asks for what a party may not have"
        of_one = await everything(stage.people["plaintiff"], mediation)
        of_other = await everything(stage.people["defendant"], mediation)
    assert FLOOR_OF_ONE in of_one, "the search itself works"
    assert FLOOR_OF_OTHER in of_other
    assert FLOOR_OF_ONE not in of_other
    assert FLOOR_OF_OTHER not in of_one
    log = main_stream(mediation)
    assert "court_closed" in log
    assert FLOOR_OF_ONE not in log
    assert FLOOR_OF_OTHER not in log
