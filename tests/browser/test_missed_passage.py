"""A party's network fails while another speaks: what it missed is measured, offered before the close, and really heard again."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from playwright.async_api import expect

from server.demo import cast
from server.demo.held import SOUND
from server.hearing.sheet import read
from server.store.database import Database
from server.store.event_log import SqlEventLog
from tests.browser import away
from tests.browser.conftest import SHOTS
from tests.browser.stage import PHONE, axe, chromium, shoot
from tests.house import House

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Page

    from server.hearing.sheet import Row
    from tests.browser.stage import Person

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not away.possible, reason="another place needs root, ip and iptables"),
]

SEATS = (cast.PRESIDING, cast.CLERK, cast.PLAINTIFF, cast.DEFENDANT, cast.WITNESS)
LINE = "08-plaintiff_agent.opus"
STEP = 1600
"""Samples of one step of a loudness curve: 100 ms at 16 kHz."""
PIECE = 30
STUMBLE = 2
"""Steps by which a microphone on busy cores may be off within a piece."""
PHASES = range(0, STEP, STEP // 4)
"""Where the first step of a curve may begin: a recording's steps lie anywhere within those of its source."""
Curve = np.ndarray[Any, np.dtype[np.float64]]


def loudness(source: Any) -> list[Curve]:
    """RMS of each 100 ms of a file's sound, from each of PHASES on."""
    with av.open(source) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=16000)
        blocks = [
            piece.to_ndarray().ravel()
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    sound = np.concatenate(blocks).astype(np.float64)
    curves = []
    for phase in PHASES:
        steps = sound[phase : phase + (len(sound) - phase) // STEP * STEP].reshape(-1, STEP)
        curves.append(np.sqrt(np.square(steps).mean(axis=1)))
    return curves


def even(rows: Curve) -> Curve:
    """Rows without their mean, of length 1: two of them multiplied are their correlation. A flat row is like nothing."""
    level: Curve = rows - rows.mean(axis=1, keepdims=True)
    level /= np.maximum(np.linalg.norm(level, axis=1, keepdims=True), 1e-12)
    return level


def likeness(heard: Curve, lines: list[Curve]) -> float:
    """How much three seconds of what was heard are like some three of what was said, 0..1, at the best place.

    lines: what was said, from each of PHASES on; half a step off, a line was only 0.87 like itself. Not the whole, and the
    second half may lie STUMBLE steps off: a microphone on two busy cores stumbles.
    """
    half = PIECE // 2
    pieces = even(sliding_window_view(heard, PIECE)[::5])
    best = 0.0
    for said in lines:
        first, second = np.array(
            [
                (b, c)
                for b in range(len(said) - PIECE + 1)
                for c in range(max(0, b + half - STUMBLE), min(len(said) - half, b + half + STUMBLE) + 1)
            ]
        ).T
        halves = sliding_window_view(said, half)
        best = max(best, float((pieces @ even(np.hstack((halves[first], halves[second]))).T).max()))
    return best


# The player's own sound, as it is played, through an analyser beside it.
_LISTEN = """
async (player) => {
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(player.captureStream()).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  const begun = player.currentTime;
  for (let i = 0; i < 200 && player.currentTime < begun + 2; i++) {
    await new Promise((done) => setTimeout(done, 50));
    analyser.getFloatTimeDomainData(samples);
    loudest = Math.max(loudest, Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length));
  }
  await context.close();
  const { currentTime, duration, paused, muted, volume } = player;
  return { begun, at: currentTime, length: duration, heard: !paused && !muted && volume > 0, loudest };
}
"""

_FETCH = """
async (url) => {
  const key = Object.keys(sessionStorage).find((k) => k.includes('session'));
  const session = sessionStorage.getItem(key).replaceAll('"', '');
  const answer = await fetch(url, { headers: { Authorization: 'Bearer ' + session } });
  return btoa(Array.from(new Uint8Array(await answer.arrayBuffer()), (b) => String.fromCharCode(b)).join(''));
}
"""


async def replay(page: Page, button: str) -> bytes:
    """Press a replay and hear it run on this page; what the server gives this page for it."""
    async with page.expect_response(lambda answer: "/passage?" in answer.url) as coming:
        await page.locator(f"[data-testid^='{button}']").first.click()
    answer = await coming.value
    assert answer.status == 200
    player = page.locator(".passages audio")
    await expect(player).to_have_count(1)
    found = await player.evaluate(_LISTEN)
    print(f"{button}: {found}")
    assert found["heard"]
    assert found["at"] >= found["begun"] + 2, "it does not run"
    assert found["loudest"] > 0.02, "it runs without sound"
    return base64.b64decode(await page.evaluate(_FETCH, answer.url))


async def missed_of(judge: Person, seat: str) -> list[dict[str, Any]]:
    """Passages that a seat missed, as the judge's sheet has them."""
    rows = (await judge.state())["sheet"]
    return next((row["passages"] for row in rows if row["seat"] == seat), [])


async def look(person: Person, name: str) -> None:
    """A picture; axe finds nothing; nothing is too wide."""
    await shoot(person.page, SHOTS, name)
    assert await axe(person.page) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await person.page.evaluate(wide) == 0


async def open_court(judge: Person, *others: Person) -> None:
    """Two parties in court, the plaintiff with the floor; the witness outside."""
    for person in (judge, *others):
        await person.arrive()
    for person in others:
        await judge.click(f"admit-{person.seat}")
    await judge.click("call-roll")
    await judge.click("suitability-confirm")
    await judge.open_court()
    await judge.click("floor-plaintiff")


async def check_sound(*passages: bytes) -> None:
    """Each holds what the plaintiff said, and is more like that than like any other line of the hearing."""
    files = [name for name in sorted(path.name for path in SOUND.glob("*.opus")) if name != LINE]
    said = await asyncio.to_thread(loudness, str(SOUND / LINE))
    lines = [await asyncio.to_thread(loudness, str(SOUND / name)) for name in files]
    others = [line for line in lines if min(map(len, line)) >= PIECE]
    assert len(others) > 10
    for passage in passages:
        curve = (await asyncio.to_thread(loudness, io.BytesIO(passage)))[0]
        like = await asyncio.to_thread(likeness, curve, said)
        else_like = max([await asyncio.to_thread(likeness, curve, other) for other in others])
        print(f"loudest {curve.max():.3f}, like what was said {like:.2f}, like another line {else_like:.2f}")
        assert curve.max() > 0.03, "silence"
        assert like > max(0.85, else_like), "not what the plaintiff said"


async def nobody_else(passage: dict[str, Any], witness: Person, plaintiff: Person) -> None:
    """Not the isolated witness, nor who missed nothing; and the witness was never told that there is any such thing."""
    asked = f"passage?seat=plaintiff&t0={passage['t0']}&t1={passage['t1']}"
    for person in (witness, plaintiff):
        status, body = await person.ask(f"/api/hearings/{person.house.hearing}/{asked}")
        assert (status, "not_yours" in body) == (403, True), (person.seat, body)
    told = " ".join(witness.told)
    assert '"sheet"' not in told
    assert cast.PLAINTIFF.name not in told


async def filed(house: House, seat: str) -> Row:
    """The seat's row as it stands in the ledger at the end."""
    database = Database(house.store)
    try:
        entries = await SqlEventLog(database).read_kinds(house.hearing, {"sheet_filed"})
    finally:
        await database.close()
    return next(row for row in map(read, entries[-1].body["rows"]) if row.seat == seat)


async def test_a_missed_passage_is_offered_and_heard_again(tmp_path: Path) -> None:
    async with away.away() as place:
        house = House(tmp_path, overrides={"http": {"host": away.EVERYWHERE}})
        await house.prepare(SEATS)
        await house.start()
        async with chromium(house) as court, place.chromium(house, tmp_path) as village:
            judge, plaintiff = await court.person("presiding"), await court.person("plaintiff")
            defendant, witness = await village.person("defendant", size=PHONE), await court.person("witness")
            await open_court(judge, plaintiff, defendant, witness)
            await defendant.until_media("frames", 10)
            assert await missed_of(judge, "defendant") == []
            await expect(defendant.page.get_by_test_id("missed")).to_have_count(0)

            await place.dead()
            tile = judge.page.get_by_test_id("tile-defendant")
            await expect(tile).to_have_attribute("data-state", "lost", timeout=40_000)
            begun, ended = await plaintiff.say(LINE)
            await asyncio.sleep(1)
            await place.alive()
            await expect(tile).not_to_have_attribute("data-state", "lost", timeout=40_000)

            slip = defendant.page.get_by_test_id("missed")
            await expect(slip).to_be_visible(timeout=20_000)
            await look(defendant, "missed-party")
            (passage,) = await missed_of(judge, "defendant")
            print(f"said {begun}..{ended}, missed {passage['t0'] - begun:+}..{passage['t1'] - ended:+} ms")
            assert passage["seat"] == "plaintiff"
            assert abs(passage["t1"] - passage["t0"] - (ended - begun)) < 4000

            await judge.click("close-court")
            await expect(judge.page.get_by_test_id("close-missed")).to_contain_text("被告")
            await judge.click("close-missed-defendant")
            by_bench = await replay(judge.page, "close-play-plaintiff-")
            await look(judge, "missed-bench")
            await judge.click("confirm-no")
            by_party = await replay(defendant.page, "missed-play-plaintiff-")
            await look(defendant, "missed-party-plays")
            await check_sound(by_bench, by_party)
            await nobody_else(passage, witness, plaintiff)

            await defendant.click("missed-done")
            await expect(slip).to_have_count(0)
            await judge.close_court()
            await expect(judge.page.get_by_test_id("to-case")).to_be_visible(timeout=15_000)
            refused = "Failed to load resource: the server responded with a status of 403 (Forbidden)"
            assert [one for one in court.complaints if refused not in one] == []
        await house.stop()
        assert "Traceback" not in house.log_tail(200_000), house.log_tail()
    row = await filed(house, "defendant")
    assert [one.seat for one in row.passages] == ["plaintiff"]
    assert row.lost_ms > 0
