"""A real Chromium against the plane: simulcast in, two slots out, sources swapped with no renegotiation."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from media.facts import PeerConnected, TrackStarted
from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from media.plane import MediaPlane
from media.settings import MediaSettings
from media.taps import TapPacket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

    from media.facts import MediaFact
    from media.taps import TapReport

pytestmark = pytest.mark.media

CHROMIUM = Path("/usr/bin/chromium")
BOTH = frozenset({Kind.AUDIO, Kind.VIDEO})
A, B, VIEWER, EAR = PeerId("a"), PeerId("b"), PeerId("viewer"), PeerId("ear")

PAGE = """<!doctype html><meta charset=utf-8><script>
const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
pc.ontrack = e => { const v = document.createElement(e.track.kind); v.autoplay = true; v.muted = true;
  v.srcObject = new MediaStream([e.track]); document.documentElement.append(v); };
async function publish() {
  const s = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 1280, height: 720}});
  pc.addTransceiver(s.getAudioTracks()[0], {direction: 'sendonly'});
  pc.addTransceiver(s.getVideoTracks()[0], {direction: 'sendonly', sendEncodings: [
    {rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000},
    {rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500000}, {rid: 'f', maxBitrate: 1200000}]});
}
function slots(n) { for (let i = 0; i < n; i++) for (const kind of ['audio', 'video'])
  pc.addTransceiver(kind, {direction: 'recvonly'}); }
async function connect(peer) {
  await pc.setLocalDescription(await pc.createOffer());
  const r = await fetch('/offer/' + peer, {method: 'POST', body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await r.text()});
  for (let i = 0; i < 200 && pc.connectionState != 'connected'; i++) await new Promise(k => setTimeout(k, 50));
  return pc.connectionState;
}
async function stats() {
  const out = [];
  for (const v of (await pc.getStats()).values()) if (v.type == 'inbound-rtp' || v.type == 'outbound-rtp') out.push(v);
  return JSON.stringify(out);
}</script>"""


class Ear:
    """A tap that counts."""

    def __init__(self) -> None:
        self.packets: list[TapPacket] = []
        self.reports = 0

    def offer(self, item: TapPacket | TapReport) -> bool:
        if isinstance(item, TapPacket):
            self.packets.append(item)
        else:
            self.reports += 1
        return True


@pytest.fixture
async def house() -> AsyncIterator[tuple[MediaPlane, list[MediaFact], str]]:
    facts: list[MediaFact] = []
    plane = MediaPlane(MediaSettings(udp_port=0, announce_addresses=("127.0.0.1",)), facts.append)
    await plane.start()

    async def offer(request: web.Request) -> web.Response:
        return web.Response(text=plane.answer(PeerId(request.match_info["peer"]), await request.text()))

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/offer/{peer}", offer)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield plane, facts, f"http://127.0.0.1:{port}/"
    await runner.cleanup()
    await plane.close()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here")
    from playwright.async_api import async_playwright  # noqa: PLC0415  only where a browser is

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


async def inbound(page: Page) -> dict[tuple[str, int], dict[str, Any]]:
    """Inbound statistics by (kind, slot index): mids come in the order of the m-lines."""
    rows = [row for row in json.loads(await page.evaluate("stats()")) if row["type"] == "inbound-rtp"]
    return {(row["kind"], int(row["mid"]) // 2): row for row in rows}


async def until_decoding(
    page: Page, slot: int, more_than: int, width: int, limit_s: float = 30.0
) -> dict[str, Any]:
    """Wait until the slot's picture has decoded more frames than that, at that width."""
    row: dict[str, Any] = {}
    for _ in range(int(limit_s / 0.25)):
        row = (await inbound(page)).get(("video", slot), {})
        if row.get("framesDecoded", 0) > more_than and row.get("frameWidth") == width:
            return row
        await asyncio.sleep(0.25)
    raise AssertionError(f"slot {slot} does not decode: {row}")


def plan(first: PeerId, second: PeerId, width_px: int = 320) -> RoutePlan:
    """The viewer wants two publishers; the ear hears the first of them."""
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


async def test_two_publishers_two_slots_swapped_without_renegotiation(
    house: tuple[MediaPlane, list[MediaFact], str], chromium: Browser
) -> None:
    plane, facts, url = house
    ear = Ear()
    plane.add_tap(EAR, ear)
    used = plane.apply("hearing", plan(A, B))
    assert [use.publisher for use in used[VIEWER]] == [A, B]
    pages = {}
    for peer, script in ((A, "publish()"), (B, "publish()"), (VIEWER, "slots(2)")):
        pages[peer] = page = await chromium.new_page()
        await page.goto(url)
        await page.evaluate(script)
        assert await page.evaluate(f"connect('{peer}')") == "connected"
    viewer = pages[VIEWER]
    for slot in (0, 1):
        await until_decoding(viewer, slot, 40, 320)
    # The same slots, other people in them: A leaves both, B moves nowhere, then A takes a slot again.
    before = await inbound(viewer)
    plane.apply("hearing", RoutePlan(publish={A: BOTH, B: BOTH}, receive={}))
    plane.apply("hearing", plan(B, A))
    assert [use.publisher for use in plane.slot_use(VIEWER)] == [B, A]
    for slot in (0, 1):
        await until_decoding(viewer, slot, before["video", slot]["framesDecoded"] + 40, 320)
    # A wider tile: a higher layer, in place.
    before = await inbound(viewer)
    plane.apply("hearing", plan(B, A, width_px=640))
    for slot in (0, 1):
        await until_decoding(viewer, slot, before["video", slot]["framesDecoded"] + 20, 640)
    after = await inbound(viewer)
    print(
        json.dumps(
            {
                f"{k}": v
                for k, v in (
                    (
                        key,
                        {
                            n: row.get(n)
                            for n in (
                                "framesDecoded",
                                "keyFramesDecoded",
                                "packetsLost",
                                "nackCount",
                                "pliCount",
                                "freezeCount",
                                "concealedSamples",
                                "totalSamplesReceived",
                                "retransmittedPacketsReceived",
                                "estimatedPlayoutTimestamp",
                            )
                        },
                    )
                    for key, row in after.items()
                )
            },
            indent=1,
        )
    )
    print(plane.stats())
    for slot in (0, 1):
        sound = after["audio", slot]
        assert sound["totalSamplesReceived"] > 48_000
        assert (
            sound["concealedSamples"] - sound.get("silentConcealedSamples", 0)
            < 0.05 * sound["totalSamplesReceived"]
        )
        assert after["video", slot]["packetsLost"] <= 0.01 * after["video", slot]["packetsReceived"]
    assert {fact.peer for fact in facts if isinstance(fact, PeerConnected)} == {A, B, VIEWER}
    assert {fact.track.peer for fact in facts if isinstance(fact, TrackStarted)} == {A, B}
    kinds = Counter((item.track.kind, item.codec) for item in ear.packets)
    assert set(kinds) == {(Kind.AUDIO, "opus"), (Kind.VIDEO, "vp8")}
    assert {item.track.peer for item in ear.packets} == {A}
    assert ear.reports > 2
    assert next(item for item in ear.packets if item.track.kind is Kind.VIDEO).keyframe
    assert plane.stats()["totals"].get("contained", 0) == 0
