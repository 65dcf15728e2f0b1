"""A whole hearing in real Chromium: seven people, six voices; then the case page, the copies and the transcript."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from playwright.async_api import expect

from server.demo.held import SOUND
from tests.browser.conftest import SHOTS
from tests.browser.stage import chromium, shoot, state_purpose
from tests.transcripts.cer import cer
from transcripts.rerun import transcribe
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Page

    from tests.browser.stage import Person, Stage
    from tests.house import House

COMPOSITE = {"enabled": True, "width_px": 640, "pictures_per_second_max": 5}  # small: the test waits for it
pytestmark = [pytest.mark.journey, pytest.mark.alone, pytest.mark.timeout(560)]

SCRIPT: list[dict[str, Any]] = json.loads((SOUND / "lines.json").read_text(encoding="utf-8"))
Sound = np.ndarray[Any, np.dtype[np.float64]]
OTHERS = ("林静", "周敏", "张伟", "何晓晴", "吴强", "唐宁")


class Hearing:
    """The hearing as it goes on: who said which line when (Unix milliseconds)."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.said: list[tuple[str, int, int, int]] = []

    async def line(self, number: int) -> tuple[int, int]:
        """Its own speaker says a line of the script."""
        line = SCRIPT[number]
        begun, ended = await self.stage.people[line["seat"]].say(line["file"])
        self.said.append((line["seat"], number, begun, ended))
        await asyncio.sleep(0.6)
        return begun, ended

    async def floor(self, seat: str) -> None:
        """The judge gives the floor, by the screen."""
        judge = self.stage.people["presiding"]
        await judge.click(f"floor-{seat}")
        await expect(judge.page.get_by_test_id(f"unfloor-{seat}")).to_be_visible()


async def begin(stage: Stage) -> Hearing:
    """Everybody arrives, is admitted by the clerk, and the judge opens the court."""
    people = await stage.everybody(
        ["presiding", "clerk", "plaintiff", "plaintiff_agent", "defendant", "witness", "observer"]
    )
    await shoot(people["plaintiff"].page, SHOTS, "waiting")
    for seat in ("plaintiff", "plaintiff_agent", "defendant", "witness", "observer"):
        await people["clerk"].click(f"admit-{seat}")
    for seat in ("plaintiff", "plaintiff_agent", "defendant", "observer"):
        await expect(people[seat].page.get_by_test_id("stage-now")).to_be_visible()
    await shoot(people["presiding"].page, SHOTS, "check-in")
    await people["clerk"].click("call-roll")
    await people["clerk"].click("suitability-confirm")
    await people["presiding"].open_court()
    await expect(people["observer"].page.get_by_test_id("tape-light")).to_contain_text("录音录像中")
    return Hearing(stage)


async def investigate(hearing: Hearing) -> None:
    """Opening and investigation, the witness outside."""
    people = hearing.stage.people
    await hearing.line(2)
    await hearing.floor("plaintiff")
    await hearing.line(4)
    await people["presiding"].note("rights_told", "recusal_asked")
    await people["presiding"].go("investigation")
    await hearing.line(6)
    await people["plaintiff_agent"].click("hand")
    if await people["plaintiff_agent"].page.get_by_test_id("confirm-yes").is_visible():
        await people["plaintiff_agent"].click("confirm-yes")
    await people["presiding"].click("grant-plaintiff_agent")
    await hearing.line(7)
    await shoot(people["presiding"].page, SHOTS, "bench")
    await shoot(people["observer"].page, SHOTS, "observer")


async def reload_in_the_middle(hearing: Hearing) -> float:
    """The plaintiff's lawyer, who holds the floor, reloads the page: back with seat, floor and media in 5 s."""
    person = hearing.stage.people["plaintiff_agent"]
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await person.page.reload()
    await expect(person.page.get_by_test_id("stage-now")).to_be_visible()
    await person.until_media("frames", 0)
    took = loop.time() - begun
    state = await person.state()
    mine = next(card for card in state["view"]["seats"] if card["seat"] == "plaintiff_agent")
    assert (mine["presence"], mine["has_floor"], mine["locked"]) == ("present", True, False)
    return took


async def hear_the_witness(hearing: Hearing) -> None:
    """Zero packets and no name before the call; then testimony, and an interruption by a seat under lock."""
    people = hearing.stage.people
    witness, judge = people["witness"], people["presiding"]
    assert await witness.media() == {"packets": 0, "frames": 0, "audio": 0, "concealed": 0, "samples": 0}
    told = json.dumps(await witness.state(), ensure_ascii=False) + await witness.page.content()
    assert [name for name in OTHERS if name in told] == []
    await shoot(witness.page, SHOTS, "witness-isolated")
    await witness.click("oath-sign")
    await expect(witness.page.get_by_test_id("oath-sign")).to_have_count(0)
    await judge.click("call-witness")
    await expect(witness.page.get_by_test_id("stage-now")).to_be_visible()
    await witness.until_media("frames", 0)
    await hearing.line(16)
    await hearing.floor("witness")
    await hearing.line(17)
    await hearing.line(18)
    await judge.confirm("lock-defendant", "未经许可插话")
    await expect(people["defendant"].page.get_by_test_id("silent-reason")).to_be_visible()
    await shoot(people["defendant"].page, SHOTS, "locked")
    await people["defendant"].say(SCRIPT[19]["file"])
    await judge.click("release-defendant")
    await judge.click("dismiss-witness")


async def look_again(hearing: Hearing) -> None:
    """In the recess the judge sees the last minute again, from the tape that still rolls; a party is not offered it."""
    judge, party = hearing.stage.people["presiding"], hearing.stage.people["plaintiff"]
    await expect(party.page.get_by_test_id("replay")).to_have_count(0)
    await judge.click("replay")
    await expect(judge.page.get_by_test_id("replay-player")).to_be_visible(timeout=60_000)
    await judge.page.wait_for_function(
        """() => { const all = [...document.querySelectorAll('[data-testid=replay-player] :is(video, audio)')];
          return all.length > 3 && all.every((one) => one.currentTime > 1.5) && all.some((one) => one.videoWidth > 0) }""",
        timeout=30_000,
    )
    await shoot(judge.page, SHOTS, "replay")
    await judge.click("replay-close")


async def conclude(hearing: Hearing) -> None:
    """Debate, last statements, a recess, and the close."""
    people = hearing.stage.people
    judge = people["presiding"]
    await judge.go("debate")
    await hearing.line(21)
    await hearing.floor("plaintiff_agent")
    await hearing.line(22)
    await judge.go("final_statements")
    await hearing.floor("defendant")
    await hearing.line(26)
    await judge.confirm("recess", "休息")
    await expect(people["plaintiff"].page.get_by_test_id("tape-light")).not_to_contain_text("录音录像中")
    await shoot(people["plaintiff"].page, SHOTS, "recess")
    await look_again(hearing)
    await judge.confirm("resume")
    await hearing.floor("plaintiff")
    await hearing.line(28)
    await asyncio.sleep(2)
    await judge.close_court()
    await expect(judge.page.get_by_test_id("to-case")).to_be_visible()


async def fetch_record(person: Person, house: House) -> dict[str, Any]:
    """The record, when it is whole."""
    ask = f"""async () => {{
      const session = sessionStorage.getItem(Object.keys(sessionStorage).find((k) => k.includes('session')));
      const answer = await fetch('/api/hearings/{house.hearing}/record',
        {{ headers: {{ Authorization: 'Bearer ' + session.replaceAll('"', '') }} }});
      return await answer.json();
    }}"""
    for _ in range(300):
        record: dict[str, Any] = await person.page.evaluate(ask)
        assert "error" not in record, record
        assert "failed" not in {record["recording"]["state"], record["transcript"]["state"]}, house.log_tail()
        if record["recording"]["state"] == record["transcript"]["state"] == "ready":
            return record
        await asyncio.sleep(0.5)
    raise AssertionError(f"no record in time: {record['recording']} {record['transcript']}")


def loudness(path: Path) -> Sound:
    """RMS of each 100 ms of a copy's sound."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=16000)
        blocks = [
            piece.to_ndarray().ravel()
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    sound = np.concatenate(blocks)
    whole = sound[: len(sound) // 1600 * 1600].reshape(-1, 1600).astype(np.float64)
    rms: Sound = np.sqrt(np.square(whole).mean(axis=1))
    return rms


def check_copies(house: House, hearing: Hearing, record: dict[str, Any]) -> None:
    """Each copy holds sound while its own person spoke, and none while only another one did."""
    folder = house.folder / "var" / "hearings" / house.hearing / "copies"
    by_seat = {copy["seat"]: copy for copy in record["copies"]}
    assert set(by_seat) >= {"presiding", "plaintiff", "plaintiff_agent", "witness", "defendant"}
    for seat in ("presiding", "plaintiff", "plaintiff_agent", "witness", "defendant"):
        copy = by_seat[seat]
        assert abs(copy["duration_ms"] - record["duration_ms"]) < 200
        (file,) = folder.glob(f"{copy['id']}.*")
        assert copy["url"] == "", "no address before a purpose is stated"
        rms = loudness(file)
        for speaker, number, begun, ended in hearing.said:
            from_ms, to_ms = begun - record["zero"], ended - record["zero"]
            level = rms[from_ms // 100 + 3 : to_ms // 100 - 2].mean()
            if speaker == seat:
                assert level > 0.01, f"{seat} is not heard in line {number}"
            else:
                assert level < 0.003, f"{seat}'s copy has somebody else's line {number}"


async def check_words(hearing: Hearing, record: dict[str, Any]) -> None:
    """The transcript is by the right person, and no worse than the same model on the source sound."""
    seats = list(dict.fromkeys(seat for seat, *_ in hearing.said))
    numbers = {seat: [n for s, n, *_ in hearing.said if s == seat] for seat in seats}
    heard = {
        seat: "".join(line["text"] for line in record["transcript"]["lines"] if line["seat"] == seat)
        for seat in seats
    }
    truth = {seat: "".join(SCRIPT[n]["text"] for n in numbers[seat]) for seat in seats}
    files = {str(n): SOUND / SCRIPT[n]["file"] for ns in numbers.values() for n in ns}
    settings = TranscriptSettings()
    direct: dict[str, list[str]] = {}
    for line in await transcribe(files, settings, lambda _: None):
        direct.setdefault(line.label, []).append(line.text)
    by_model = {seat: "".join("".join(direct.get(str(n), [])) for n in numbers[seat]) for seat in seats}
    of_record = cer([(truth[seat], heard[seat]) for seat in seats])
    of_model = cer([(truth[seat], by_model[seat]) for seat in seats])
    print(
        f"CER of the hearing's transcript {of_record:.1f} %, of the model on the source sound {of_model:.1f} %"
    )
    assert of_record <= of_model + 5
    interrupted = "".join(heard.values())
    assert "亲戚" not in interrupted, "what was said under lock must not be in the transcript"


async def check_composite(page: Page) -> None:
    """All in one picture, which plays with its captions; it is made after the copies, and offered when it is there."""
    await page.get_by_test_id("view-composite").click(timeout=180_000)
    film = page.get_by_test_id("composite").locator("video")
    await page.get_by_test_id("player-play").click()
    async with asyncio.timeout(20):
        while await film.evaluate("(one) => one.currentTime") < 1:
            await asyncio.sleep(0.1)
    assert await film.evaluate("(one) => [one.videoWidth, one.videoHeight, one.muted]") == [640, 360, False]
    await page.get_by_test_id("composite-captions").click()
    async with asyncio.timeout(10):
        while not await film.evaluate("(one) => one.textTracks[0].cues?.length ?? 0"):
            await asyncio.sleep(0.1)
    await shoot(page, SHOTS, "case-composite")
    await page.get_by_test_id("player-play").click()
    await expect(page.get_by_test_id("player")).to_have_attribute("data-state", "paused")


async def check_case_page(page: Page, record: dict[str, Any]) -> None:
    """The page plays the composite, and the copies in step, and a click on a line goes there."""
    await page.get_by_test_id("to-case").click()
    await state_purpose(page)
    await expect(page.get_by_test_id("player-play")).to_be_visible()
    await expect(page.get_by_test_id("watermark")).to_have_attribute("aria-hidden", "true")
    await check_composite(page)
    await page.get_by_test_id("view-people").click()
    await expect(page.get_by_test_id("copy-witness")).to_be_visible()
    await page.get_by_test_id("player-play").click()
    begun = await page.evaluate(
        "Math.max(...[...document.querySelectorAll('video,audio')].map((e) => e.currentTime))"
    )
    await asyncio.sleep(3)
    now = await page.evaluate(
        "Math.max(...[...document.querySelectorAll('video,audio')].map((e) => e.currentTime))"
    )
    assert now > begun + 1, "the copies do not play"
    line = next(line for line in record["transcript"]["lines"] if line["seat"] == "witness")
    await page.get_by_test_id(f"line-{line['id']}").click()
    await asyncio.sleep(1.5)
    times = await page.evaluate("[...document.querySelectorAll('video,audio')].map((e) => e.currentTime)")
    assert all(abs(time - line["t0"] / 1000) < 6 for time in times if time > 0)
    await shoot(page, SHOTS, "case")


async def test_a_whole_hearing_in_chromium(house: House) -> None:
    async with chromium(house) as stage:
        hearing = await begin(stage)
        await investigate(hearing)
        took = await reload_in_the_middle(hearing)
        await hear_the_witness(hearing)
        await conclude(hearing)
        judge = stage.people["presiding"]
        for seat, person in list(stage.people.items()):
            if seat != "presiding":
                await person.context.close()
        record = await fetch_record(judge, house)
        await check_case_page(judge.page, record)
        assert stage.complaints == []
    check_copies(house, hearing, record)
    assert record["verified"]["chain"]
    assert [gap["ground"] for gap in record["gaps"]] == ["recess"]
    await check_words(hearing, record)
    print(f"reload in mid-hearing: back with media after {took:.2f} s (goal 5)")
