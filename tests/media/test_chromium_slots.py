"""A real Chromium against the plane: simulcast in, two slots out, sources swapped with no renegotiation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import async_playwright

from media.facts import PeerConnected, TrackStarted
from media.ids import Kind, PeerId, TrackId
from media.plan import RoutePlan, Subscription
from media.taps import TapPacket, TapReport
from tests.media.browsers import inbound, page_house
from tests.media.rig import BOTH, Ear

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.media

CHROMIUM = Path("/usr/bin/chromium")
A, B, VIEWER, EAR = PeerId("a"), PeerId("b"), PeerId("viewer"), PeerId("ear")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=[
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--allow-loopback-in-peer-connection",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        yield browser
        await browser.close()


async def read(page: Page) -> dict[tuple[str, int], dict[str, Any]]:
    return inbound(await page.evaluate("stats()"))


async def until_decoding(page: Page, slot: int, more_than: int, width: int) -> None:
    """Wait until the slot's picture has decoded more frames than that, at that width."""
    row: dict[str, Any] = {}
    for _ in range(160):
        row = (await read(page)).get(("video", slot), {})
        if row.get("framesDecoded", 0) > more_than and row.get("frameWidth") == width:
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"slot {slot} does not decode: {row}")


async def in_step(page: Page, slot: int) -> None:
    """Sound and picture play within half a second of each other, by the sender reports.

    Waits until Chromium has had enough of them, and for a machine that decodes late to come after: a wrong clock stays wrong.
    """
    apart = None
    for _ in range(80):
        rows = await read(page)
        sound = rows["audio", slot].get("estimatedPlayoutTimestamp")
        picture = rows["video", slot].get("estimatedPlayoutTimestamp")
        if sound is not None and picture is not None:
            apart = float(sound - picture)
            if abs(apart) < 500:
                return
        await asyncio.sleep(0.25)
    raise AssertionError(f"slot {slot}: apart by {apart} ms (None: no sender reports reach it)")


def plan(first: PeerId, second: PeerId, width_px: int = 320) -> RoutePlan:
    """The viewer wants two publishers; the ear hears A."""
    return RoutePlan(
        publish={A: BOTH, B: BOTH},
        receive={
            VIEWER: (
                Subscription(first, audio=True, video=True, width_px=width_px),
                Subscription(second, audio=True, video=True, width_px=width_px),
            ),
            EAR: (Subscription(A, audio=True, video=True, width_px=1280),),
        },
    )


async def test_two_publishers_two_slots_swapped_without_renegotiation(chromium: Browser) -> None:
    async with page_house("127.0.0.1") as (plane, facts, url):
        ear = Ear()
        plane.add_tap(EAR, ear)
        used = plane.apply("hearing", plan(A, B))
        assert [use.publisher for use in used[VIEWER]] == [A, B]
        pages: dict[PeerId, Page] = {}
        for peer, script in ((A, "publish()"), (B, "publish()"), (VIEWER, "slots(2)")):
            pages[peer] = page = await chromium.new_page()
            await page.goto(url)
            await page.evaluate(script)
            assert await page.evaluate(f"connect('{peer}')") == "connected"
        viewer = pages[VIEWER]
        for slot in (0, 1):
            await until_decoding(viewer, slot, 40, 320)
        # The same slots, the other way round.
        before = await read(viewer)
        plane.apply("hearing", RoutePlan(publish={A: BOTH, B: BOTH}, receive={}))
        plane.apply("hearing", plan(B, A))
        assert [use.publisher for use in plane.slot_use(VIEWER)] == [B, A]
        for slot in (0, 1):
            await until_decoding(viewer, slot, before["video", slot]["framesDecoded"] + 40, 320)
        # A wider tile: a higher layer, in place.
        before = await read(viewer)
        plane.apply("hearing", plan(B, A, width_px=640))
        for slot in (0, 1):
            await until_decoding(viewer, slot, before["video", slot]["framesDecoded"] + 20, 640)
        after = await read(viewer)
        for slot in (0, 1):
            sound, picture = after["audio", slot], after["video", slot]
            assert sound["totalSamplesReceived"] > 48_000
            audible = sound["concealedSamples"] - sound.get("silentConcealedSamples", 0)
            assert audible < 0.05 * sound["totalSamplesReceived"]
            assert picture["packetsLost"] <= 0.01 * picture["packetsReceived"]
            await in_step(viewer, slot)
        assert {fact.peer for fact in facts if isinstance(fact, PeerConnected)} == {A, B, VIEWER}
        assert {fact.track.peer for fact in facts if isinstance(fact, TrackStarted)} == {A, B}
        heard = [item for item in ear.items if isinstance(item, TapPacket)]
        assert {(item.track, item.codec) for item in heard} == {
            (TrackId(A, Kind.AUDIO), "opus"),
            (TrackId(A, Kind.VIDEO), "vp8"),
        }
        assert any(isinstance(item, TapReport) for item in ear.items)
        assert next(item for item in heard if item.track.kind is Kind.VIDEO).keyframe
        assert plane.stats()["totals"].get("contained", 0) == 0
