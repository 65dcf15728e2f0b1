"""People in a real Chromium: one context a person, the browser's fake camera, and a microphone that says real lines."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright, expect

from server.demo.held import SOUND
from tests.house import ROOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, Page, Request, Route

    from tests.house import House

CHROMIUM = "/usr/bin/chromium"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_S = 60.0  # two cores encode and decode for everybody here, and may have other work; no test times anything by it
expect.set_options(timeout=PATIENCE_S * 1000)

STAFF = {"presiding", "clerk", "mediator", "enforcement_officer"}
"""Seats that enter without being admitted."""

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

# The microphone is a WebAudio destination that `__say` plays a line into; the camera is the browser's fake one, small,
# since two cores encode for everybody here.
_DEVICES = """
(() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let context, sink;
  const microphone = () => {
    if (!context) {
      context = new AudioContext({ sampleRate: 48000, latencyHint: 'playback' });
      sink = context.createMediaStreamDestination();
      const floor = context.createConstantSource();
      floor.offset.value = 0;
      floor.connect(sink);
      floor.start();
    }
    return sink.stream.getAudioTracks()[0].clone();
  };
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const tracks = [];
    if (wish.video) {
      const size = { width: 320, height: 180, frameRate: 10 };
      tracks.push(...(await real({ video: size })).getVideoTracks());
    }
    if (wish.audio) tracks.push(microphone());
    return new MediaStream(tracks);
  };
  // A headless browser has no screen to give: a canvas whose clock runs stands in for one.
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
    const pen = canvas.getContext('2d');
    setInterval(() => {
      pen.fillStyle = '#fff';
      pen.fillRect(0, 0, 640, 360);
      pen.fillStyle = '#000';
      pen.font = '48px sans-serif';
      pen.fillText('对账单 ' + Math.floor(performance.now()), 40, 180);
    }, 200);
    return canvas.captureStream(5);
  };
  window.__say = async (line) => {
    const bytes = await (await fetch('/__line/' + line)).arrayBuffer();
    const sound = await context.decodeAudioData(bytes);
    const source = context.createBufferSource();
    source.buffer = sound;
    source.connect(sink);
    const begun = Date.now();
    await new Promise((done) => { source.onended = done; source.start(); });
    return [begun, Date.now()];
  };
})();
"""


@dataclass
class Person:
    """One person at one tab."""

    house: House
    seat: str
    context: BrowserContext
    page: Page
    url: str
    told: list[str] = field(default_factory=list)
    """Every frame that the server sent to this tab."""

    async def arrive(self) -> None:
        """From the link to the waiting room, by the four taps a party makes (bench and clerk: straight in)."""
        page = self.page
        await page.goto(f"{self.url}/j/{self.house.links[self.seat]}")
        if self.seat in STAFF:
            await page.get_by_test_id("enter").click()
            await expect(page.get_by_test_id("stage-now")).to_be_visible()
            return
        await page.get_by_test_id("join-go").click()
        await page.get_by_test_id("device-continue").click()
        await page.get_by_test_id("discipline-accept").check()
        go = page.get_by_test_id("consent-yes").or_(page.get_by_test_id("discipline-continue"))
        await go.first.click()
        await expect(page.get_by_test_id("waiting")).to_be_visible()

    async def state(self) -> dict[str, Any]:
        """What the tab knows: the last view and the slots."""
        found: dict[str, Any] = await self.page.evaluate("JSON.parse(JSON.stringify(window.__yunting.state))")
        return found

    async def say(self, file: str) -> tuple[int, int]:
        """Say one line into the microphone; Unix milliseconds of its begin and end."""
        begun, ended = await self.page.evaluate(f"window.__say('{file}')")
        return begun, ended

    async def click(self, test_id: str) -> None:
        """Press what carries this test id."""
        await self.page.get_by_test_id(test_id).click()

    async def confirm(self, test_id: str, reason: str = "") -> None:
        """A two-step act."""
        await self.click(test_id)
        if reason:
            await self.page.get_by_test_id("reason").fill(reason)
        await self.click("confirm-yes")

    async def open_court(self) -> None:
        """Go through the stages before the opening, and open the court once nothing is missing."""
        await self.before_opening()
        await self.until_ready()
        await self.confirm("open-court")

    async def before_opening(self) -> None:
        """Note what check-in and the reading of the discipline must have on record."""
        await self.note_rest()
        if any(stage["key"] == "discipline" for stage in (await self.state())["view"]["stages"]):
            await self.click("stage-discipline")
            await expect(self.page.get_by_test_id("point-discipline_read")).to_be_visible()
            await self.note_rest()

    async def note_rest(self) -> None:
        """Note what the present stage has not on record yet."""
        shown = (await self.state())["view"]["points"]
        await self.note(*(point["item"] for point in shown if point["at"] is None))

    async def go(self, stage: str) -> None:
        """On to a stage, what the present one must have recorded noted."""
        await self.note_rest()
        await self.click(f"stage-{stage}")

    async def close_court(self, reason: str = "定期宣判") -> None:
        """Close the court; with a reason where something is skipped by it."""
        await self.click("close-court")
        if await self.page.get_by_test_id("close-skips").is_visible():
            await self.page.get_by_test_id("reason").fill(reason)
        await self.click("confirm-yes")

    async def until_ready(self) -> None:
        """Until nothing is missing for the opening."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.state())["view"]["missing"]:
                await asyncio.sleep(0.05)

    async def until_floor(self) -> None:
        """Until this tab knows that the court sits and that its own seat has the floor."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                view = (await self.state())["view"]
                mine = next(card for card in view["seats"] if card["seat"] == view["me"])
                if view["session"] == "in_session" and mine["has_floor"]:
                    return
                await asyncio.sleep(0.05)

    async def note(self, *points: str) -> None:
        """Note points of the stage's record; done when the court's log has them."""
        for point in points:
            await self.click(f"point-{point}")
        await self.until_noted(*points)

    async def until_noted(self, *points: str) -> None:
        """Until the court's log has these points."""
        async with asyncio.timeout(PATIENCE_S):
            while not set(points) <= await self._noted():
                await asyncio.sleep(0.05)

    async def _noted(self) -> set[str]:
        shown = (await self.state())["view"]["points"]
        return {point["item"] for point in shown if point["at"] is not None}

    async def write(self, test_id: str, text: str) -> None:
        """Write into a box and send it."""
        await self.page.get_by_test_id(f"{test_id}-text").fill(text)
        await self.click(test_id)

    async def ask(self, path: str) -> tuple[int, str]:
        """GET with this tab's own session: status and body."""
        status, body = await self.page.evaluate(
            """async (path) => {
              const key = Object.keys(sessionStorage).find((k) => k.includes('session'));
              const session = sessionStorage.getItem(key).replaceAll('"', '');
              const answer = await fetch(path, { headers: { Authorization: 'Bearer ' + session } });
              return [answer.status, await answer.text()];
            }""",
            path,
        )
        return status, body

    async def media(self) -> dict[str, float]:
        """Totals of this tab's inbound media (W3C webrtc-stats)."""
        found: dict[str, float] = await self.page.evaluate(
            """async () => {
              const pc = window.__yunting.peer;
              const sum = { packets: 0, frames: 0, audio: 0, concealed: 0, samples: 0 };
              if (!pc) return sum;
              for (const s of (await pc.getStats()).values()) {
                if (s.type !== 'inbound-rtp') continue;
                sum.packets += s.packetsReceived ?? 0;
                sum.frames += s.framesDecoded ?? 0;
                if (s.kind === 'audio') {
                  sum.audio += s.packetsReceived ?? 0;
                  sum.concealed += s.concealedSamples ?? 0;
                  sum.samples += s.totalSamplesReceived ?? 0;
                }
              }
              return sum;
            }"""
        )
        return found

    async def until_media(self, key: str, more_than: float, timeout_s: float = PATIENCE_S) -> float:
        """Wait until a total grows beyond a value; seconds it took."""
        begun = time.monotonic()
        async with asyncio.timeout(timeout_s):
            while (await self.media())[key] <= more_than:
                await asyncio.sleep(0.1)
        return time.monotonic() - begun


class Stage:
    """A browser full of people."""

    def __init__(self, house: House, browser: Browser, url: str = "") -> None:
        self.house = house
        self.url = url or house.url
        self.browser = browser
        self.people: dict[str, Person] = {}
        self.complaints: list[str] = []

    async def person(
        self, seat: str, *, size: dict[str, int] | None = None, lang: str = "zh-CN", key: str = ""
    ) -> Person:
        """A new person with a tab of its own."""
        context = await self.browser.new_context(
            viewport=size or DESKTOP,  # type: ignore[arg-type]
            locale=lang,
            is_mobile=size is PHONE,
            has_touch=size is PHONE,
            device_scale_factor=2 if size is PHONE else 1,
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        await context.add_init_script(_DEVICES)
        await context.route("**/__line/*", _serve_line)
        page = await context.new_page()
        page.on("request", self._watch)
        page.on("pageerror", lambda error: self.complaints.append(f"{seat}: {error}"))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{seat}: {message.text}")
                if _is_complaint(message.type, message.text)
                else None
            ),
        )
        person = Person(self.house, seat, context, page, self.url)
        page.on(
            "websocket", lambda line: line.on("framereceived", lambda data: person.told.append(str(data)))
        )
        self.people[key or seat] = person
        return person

    def _watch(self, request: Request) -> None:
        """Nothing outside the house may be asked for anything."""
        if not request.url.startswith((self.url, "data:", "blob:", "ws" + self.url.removeprefix("http"))):
            self.complaints.append(f"asked outside: {request.url}")

    async def everybody(self, seats: Iterable[str]) -> dict[str, Person]:
        """Bring people up to their waiting rooms, the court's own first."""
        for seat in seats:
            await (await self.person(seat)).arrive()
        return self.people


def _is_complaint(kind: str, text: str) -> bool:
    """Errors on the console, apart from a line that the test itself cut."""
    return kind == "error" and "net::ERR" not in text and "WebSocket" not in text


async def _serve_line(route: Route) -> None:
    await route.fulfill(path=SOUND / route.request.url.rsplit("/", 1)[-1], content_type="audio/ogg")


@contextlib.asynccontextmanager
async def chromium(house: House, extra: Iterable[str] = ()) -> AsyncIterator[Stage]:
    """A headless Chromium with fake devices."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *extra])
        try:
            yield Stage(house, browser)
        finally:
            await browser.close()


async def shoot(page: Page, folder: Path, name: str) -> None:
    """Keep a picture of a screen, to be looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=folder / f"{name}.png")


async def state_purpose(page: Page, purpose: str = "read_file") -> None:
    """Say what the record is needed for, as the case page asks before it plays."""
    await page.get_by_test_id(f"purpose-{purpose}").check(timeout=20_000)
    await page.get_by_test_id("purpose-go").click()


async def axe(page: Page) -> list[str]:
    """What axe-core finds on a screen: one line a violation."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.map(
          (v) => `${v.id}: ${v.help} ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`)"""
    )
    return found
