"""A film and a sound recording before the court by one clock, and an object before a second camera, in real Chromium."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from playwright.async_api import expect

from media.ids import Kind
from recording.reading import Tape
from server.demo import cast
from server.store.database import Database
from server.store.event_log import SqlEventLog
from tests.browser.conftest import SHOTS
from tests.browser.stage import PHONE, axe, chromium, shoot
from tests.house import House

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from playwright.async_api import Page

    from server.courtroom.ports import Entry
    from tests.browser.stage import Person, Stage

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

SEATS = (cast.PRESIDING, cast.CLERK, cast.PLAINTIFF, cast.DEFENDANT, cast.WITNESS)
CROWD = ("presiding", "plaintiff", "defendant")
PHONES = ("plaintiff", "witness")
LENGTH_S = 40
APART_S = 0.5
"""Positions of two screens may differ by so much: each is put right beyond 0.3 s, and looked at one after the other."""
REFUSED = "witness: Failed to load resource: the server responded with a status of 403 (Forbidden)"
"""What the witness's own browser says of a material that it asked for and did not get."""


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[House]:
    """A running server with one hearing of five seats."""
    house = House(tmp_path)
    await house.prepare(SEATS)
    await house.start()
    yield house
    await house.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()


async def open_court(stage: Stage, script: str = "") -> Person:
    """Two parties in court, the witness outside. script: put into each page before its own."""
    for seat in (*CROWD, "witness"):
        person = await stage.person(seat, size=PHONE if seat in PHONES else None)
        if script:
            await person.context.add_init_script(script)
        await person.arrive()
    judge = stage.people["presiding"]
    for seat in ("plaintiff", "defendant", "witness"):
        await judge.click(f"admit-{seat}")
    await judge.click("call-roll")
    await judge.click("suitability-confirm")
    await judge.open_court()
    return judge


async def log_of(house: House, kinds: Iterable[str]) -> list[Entry]:
    """Entries of these kinds as they stand in the ledger."""
    database = Database(house.store)
    try:
        return await SqlEventLog(database).read_kinds(house.hearing, set(kinds))
    finally:
        await database.close()


async def spilled(page: Page) -> int:
    """Pixels by which a page is wider than its window."""
    width: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


# --- a film, a sound ---


def made(path: Path) -> Path:
    """A clock's face and a tone that rises with time, as a telephone would have recorded them."""
    coded = {".mp4": ("libx264", "aac"), ".ogg": ("", "libopus")}[path.suffix]
    with av.open(str(path), "w") as out:
        picture: Any = (
            out.add_stream(coded[0], rate=10, options={"preset": "ultrafast"}) if coded[0] else None
        )
        voice: Any = out.add_stream(coded[1], rate=48000)
        voice.layout = "mono"
        if picture:
            picture.width, picture.height, picture.pix_fmt = 320, 240, "yuv420p"
            for n in range(10 * LENGTH_S):
                shade = np.zeros((240, 320, 3), np.uint8)
                shade[:, : 1 + 319 * n // (10 * LENGTH_S)] = (40, 120, 220)
                out.mux(picture.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
            out.mux(picture.encode(None))
        for n in range(50 * LENGTH_S):
            at = np.arange(n * 960, (n + 1) * 960) / 48000
            wave = (np.sin(2 * np.pi * (200 * at + 5 * at**2)) * 6000).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48000, n * 960
            out.mux(voice.encode(frame))
        out.mux(voice.encode(None))
    return path


class Clip:
    """The video or sound that is shown, as each screen plays it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.worst = 0.0

    async def look(self) -> dict[str, dict[str, Any]]:
        """Of each screen: where its player stands, whether it stands still, and the clock of this machine."""
        reads = """() => {
          const player = document.querySelector("[data-testid='exhibit-clip'] :is(video, audio)");
          if (!player) return null;
          const { currentTime, paused, duration, seeking, readyState, muted, volume } = player;
          return { at: currentTime, paused, duration, seeking, readyState, sounds: !muted && volume > 0, now: Date.now() / 1000 };
        }"""
        found = await asyncio.gather(*(self.stage.people[seat].page.evaluate(reads) for seat in CROWD))
        return dict(zip(CROWD, found, strict=True))

    async def until(self, paused: bool, least: float, most: float = LENGTH_S) -> dict[str, dict[str, Any]]:
        """Until every screen's player runs, or stands, within these seconds and has what it shows."""
        found: dict[str, dict[str, Any]] = {}
        try:
            async with asyncio.timeout(20):
                while True:
                    found = await self.look()
                    if all(
                        one
                        and one["paused"] == paused
                        and one["readyState"] >= 2
                        and not one["seeking"]
                        and least <= one["at"] <= most
                        for one in found.values()
                    ):
                        return found
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"paused={paused} {least}..{most}: {found}") from None

    async def together(self, what: str, least: float, most: float) -> None:
        """Running on all screens, and never far from one another: looked at several times."""
        await self.until(False, least, most)
        apart = []
        for _ in range(6):
            found = await self.look()
            starts = [one["now"] - one["at"] for one in found.values()]
            apart.append(max(starts) - min(starts))
            assert not any(one["paused"] for one in found.values()), found
            await asyncio.sleep(0.4)
        self._said(what, apart)

    async def stands(self, what: str, least: float, most: float) -> float:
        """Standing on all screens at one place, and staying there."""
        await self.until(True, least, most)
        await asyncio.sleep(0.6)
        first, second = await self.look(), await self.look()
        assert {seat: one["at"] for seat, one in first.items()} == {
            seat: one["at"] for seat, one in second.items()
        }
        places: list[float] = [one["at"] for one in second.values()]
        self._said(what, [max(places) - min(places)])
        return max(places)

    def _said(self, what: str, apart: list[float]) -> None:
        worst = max(apart)
        print(f"{what}: at most {worst * 1000:.0f} ms apart ({', '.join(f'{a * 1000:.0f}' for a in apart)})")
        assert worst < APART_S, what


async def hand_in(person: Person, file: Path, title: str) -> str:
    """A material is handed in and shown; its id."""
    await person.click("exhibits-open")
    await person.page.get_by_test_id("exhibit-upload").set_input_files(file)
    await person.page.get_by_test_id("exhibit-title").fill(title)
    await person.click("exhibit-send")
    row = person.page.locator("[data-testid^='exhibit-present-']")
    await expect(row).to_have_count(1, timeout=30_000)
    name = (await row.get_attribute("data-testid") or "").removeprefix("exhibit-present-")
    await row.click()
    return name


@pytest.mark.parametrize(
    ("file", "title"), [("film.mp4", "验货现场录像"), ("call.ogg", "双方电话录音")], ids=["film", "sound"]
)
async def test_it_runs_by_one_clock_on_every_screen(
    quiet: House, tmp_path: Path, file: str, title: str
) -> None:
    source = await asyncio.to_thread(made, tmp_path / file)
    async with chromium(quiet) as stage:
        judge = await open_court(stage)
        plaintiff, defendant, witness = (stage.people[s] for s in ("plaintiff", "defendant", "witness"))
        await judge.click("floor-plaintiff")
        name = await hand_in(plaintiff, source, title)
        clip = Clip(stage)
        assert await clip.stands("before it runs", 0, 0) == 0
        found = await clip.look()
        assert all(abs(one["duration"] - LENGTH_S) < 0.5 for one in found.values()), found

        await plaintiff.click("exhibit-play")
        await clip.together("runs", 0.3, 10)
        assert all(one["sounds"] for one in (await clip.look()).values())
        for seat in CROWD:
            await shoot(stage.people[seat].page, SHOTS, f"{source.stem}-{seat}")
            assert await axe(stage.people[seat].page) == []
            assert await spilled(stage.people[seat].page) == 0

        await judge.click("exhibit-play")
        stood = await clip.stands("paused by the judge", 1, 25)
        shown = (await defendant.state())["view"]["showing"]
        assert shown["playing"] is False
        assert abs(shown["position_ms"] / 1000 - stood) < APART_S

        await plaintiff.page.get_by_test_id("exhibit-seek").fill("30000")
        await clip.stands("sought while it stands", 29.5, 30.5)
        await plaintiff.page.get_by_test_id("exhibit-seek").fill("12000")
        await clip.stands("sought back", 11.5, 12.5)
        await plaintiff.click("exhibit-play")
        await clip.together("runs again", 12, 20)

        await defendant.page.reload()
        await expect(defendant.page.get_by_test_id("exhibit-clip")).to_be_visible(timeout=20_000)
        await clip.together("after a reload", 13, 35)

        await judge.page.get_by_test_id("exhibit-seek").fill("5000")
        await clip.together("sought while it runs", 5, 12)

        assert name not in str(await witness.state())
        status, _ = await witness.ask(f"/api/hearings/{quiet.hearing}/exhibits/{name}/link")
        assert status == 403
        await judge.click("exhibit-stop")
        for seat in CROWD:
            await expect(stage.people[seat].page.get_by_test_id("exhibit-clip")).to_have_count(0)
            assert (await stage.people[seat].state())["view"]["showing"] is None
        assert [complaint for complaint in stage.complaints if complaint != REFUSED] == []
    entries = await log_of(quiet, ("exhibit_presented", "exhibit_played", "showing_stopped"))
    told = [
        (e.kind, e.actor_seat, e.body.get("playing"), e.body.get("position_ms", 0) // 1000) for e in entries
    ]
    assert told == [
        ("exhibit_presented", "plaintiff", None, 0),
        ("exhibit_played", "plaintiff", True, 0),
        ("exhibit_played", "presiding", False, int(shown["position_ms"] / 1000)),
        ("exhibit_played", "plaintiff", False, 30),
        ("exhibit_played", "plaintiff", False, 12),
        ("exhibit_played", "plaintiff", True, 12),
        ("exhibit_played", "presiding", True, 5),
        ("showing_stopped", "presiding", None, 0),
    ]
    assert {e.body["exhibit"] for e in entries} == {name}


# --- an object before a second camera ---

# A telephone in the hand: the third of the browser's fake cameras is the one at its back. (The second is a camera of depth,
# whose pictures WebRTC does not send.)
_AT_BACK = """
(() => {
  const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const real = MediaDevices.prototype.getUserMedia.bind(navigator.mediaDevices);
  window.__back = [];
  navigator.mediaDevices.getUserMedia = async (wish) => {
    if (wish.video?.facingMode?.exact !== 'environment') return own(wish);
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === 'videoinput');
    const size = { width: 640, height: 480, frameRate: 10 };
    const got = await real({ video: { deviceId: { exact: cameras[2].deviceId }, ...size } });
    window.__back.push(...got.getVideoTracks());
    return got;
  };
})();
"""


async def frames(person: Person, seat: str, source: str) -> int | None:
    """Pictures that this tab has decoded of a seat's source; None where it gets nothing of it."""
    slots = (await person.state())["slots"]
    slot = next(
        (s for s in slots if s["seat"] == seat and s.get("source", "main") == source and s["video"]), None
    )
    if slot is None:
        return None
    decoded: int = await person.page.evaluate(
        """async (index) => {
          const line = window.__yunting.peer.getTransceivers()[3 + 2 * index];
          for (const s of (await line.receiver.getStats()).values())
            if (s.type === 'inbound-rtp') return s.framesDecoded ?? 0;
          return 0;
        }""",
        slot["index"],
    )
    return decoded


async def flows(person: Person, seat: str, source: str) -> None:
    """Until fifteen more pictures of it have come."""
    async with asyncio.timeout(20):
        while (first := await frames(person, seat, source)) is None:
            await asyncio.sleep(0.1)
        while (now := await frames(person, seat, source)) is None or now < first + 15:
            await asyncio.sleep(0.1)


async def ended(stage: Stage) -> None:
    """The object is on no screen and in no slot, and its camera is off; the person is still there."""
    plaintiff = stage.people["plaintiff"]
    for seat in CROWD:
        await expect(stage.people[seat].page.get_by_test_id("showing")).to_be_hidden()
    for seat in ("presiding", "defendant"):
        assert await frames(stage.people[seat], "plaintiff", "screen") is None
        await flows(stage.people[seat], "plaintiff", "main")
    async with asyncio.timeout(10):
        while await plaintiff.page.evaluate("window.__back.some((track) => track.readyState === 'live')"):
            await asyncio.sleep(0.1)


async def show_object(stage: Stage) -> None:
    """The plaintiff takes the camera at the back; the court sees it beside the plaintiff."""
    plaintiff, judge = stage.people["plaintiff"], stage.people["presiding"]
    await plaintiff.click("exhibits-open")
    await plaintiff.click("share-camera")
    for seat in ("presiding", "defendant"):
        person = stage.people[seat]
        await expect(person.page.get_by_test_id("showing")).to_have_attribute("data-source", "camera")
        await flows(person, "plaintiff", "screen")
        await flows(person, "plaintiff", "main")
        picture = person.page.get_by_test_id("showing").locator("video")
        assert await picture.evaluate("(v) => v.videoWidth / v.videoHeight") == pytest.approx(4 / 3, abs=0.01)
    for person in (judge, plaintiff):
        await asyncio.sleep(0.5)
        await shoot(person.page, SHOTS, f"object-{person.seat}")
        assert await axe(person.page) == []
        assert await spilled(person.page) == 0


async def test_an_object_before_a_second_camera(quiet: House) -> None:
    async with chromium(quiet, ["--use-fake-device-for-media-stream=device-count=3"]) as stage:
        judge, plaintiff = await open_court(stage, _AT_BACK), stage.people["plaintiff"]
        await plaintiff.click("exhibits-open")
        await expect(plaintiff.page.get_by_test_id("share-camera")).to_have_count(0)
        await plaintiff.click("exhibits-close")
        await judge.click("more-plaintiff")
        await judge.click("present-plaintiff")

        await show_object(stage)
        assert (await stage.people["witness"].media())["packets"] == 0
        await plaintiff.click("exhibit-stop")
        await ended(stage)

        await show_object(stage)
        await judge.click("present-plaintiff")
        await ended(stage)
        await plaintiff.click("exhibits-open")
        await expect(plaintiff.page.get_by_test_id("share-camera")).to_have_count(0)
        assert stage.complaints == []
    spans = [e.at_ms for e in await log_of(quiet, ("source_shown", "showing_stopped"))]
    assert len(spans) == 4
    tape = Tape(quiet.folder / "var" / "hearings" / quiet.hearing / "tape")
    assert {"plaintiff", "plaintiff~screen"} <= set(tape.labels)
    for begun, over in (spans[:2], spans[2:]):
        for label in ("plaintiff", "plaintiff~screen"):
            taped = list(tape.between(label, Kind.VIDEO, begun * 1_000_000, over * 1_000_000))
            assert len(taped) > 30, f"{label}: {len(taped)} packets while the object was shown"
    between = list(
        tape.between("plaintiff~screen", Kind.VIDEO, (spans[1] + 500) * 1_000_000, spans[2] * 1_000_000)
    )
    assert between == [], "nothing of the object while it was not shown"
