"""A real Chromium goes on with its connection: ICE restarts and slots are added while sound and picture flow."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from media.ids import PeerId
from media.transport import Connected
from tests.media.browsers import PAGE, inbound
from tests.media.test_chromium_slots import CHROMIUM
from tests.media.wire_port import Port, open_port, until
from tests.peers.client import rtp_packet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

pytestmark = pytest.mark.media

SILENCE = b"\xf8\xff\xfe"  # one Opus packet of 20 ms
AGAIN = """async (more) => {
  for (let i = 0; i < more; i++) for (const kind of ['audio', 'video']) pc.addTransceiver(kind, {direction: 'recvonly'});
  if (!more) pc.restartIce();
  await pc.setLocalDescription(await pc.createOffer());
  const r = await fetch('/offer/a', {method: 'POST', body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await r.text()});
  return pc.remoteDescription.sdp;
}"""


async def house(port: Port) -> tuple[web.AppRunner, str]:
    async def offer(request: web.Request) -> web.Response:
        return web.Response(text=port.admit(request.match_info["peer"], await request.text()))

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/offer/{peer}", offer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/"


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    async for one in open_port():
        yield one


class Sound:
    """Silence into every slot there is, 50 packets a second, from the server."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._sequence = 0
        self._timer = asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._sequence += 1
        for slot in self._port.agreed["a"].slots:
            self._port.speak(
                "a", rtp_packet(111, SILENCE, self._sequence, 960 * self._sequence, slot.audio.ssrc)
            )
        self._timer = asyncio.get_running_loop().call_later(0.02, self._next)

    def stop(self) -> None:
        self._timer.cancel()


async def heard(page: Page, ssrc: int) -> int:
    rows: dict[Any, dict[str, Any]] = inbound(await page.evaluate("stats()"))
    return next((row["packetsReceived"] for row in rows.values() if row["ssrc"] == ssrc), 0)


async def until_more(page: Page, port: Port, ssrc: int) -> None:
    """Wait for more of the client's packets here, and more of this slot's there."""
    here, there = len(port.rtp), await heard(page, ssrc)
    await until(lambda: len(port.rtp) > here + 20)
    for _ in range(100):
        if await heard(page, ssrc) > there + 20:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"nothing more arrives in the slot of {ssrc}")


async def test_ice_restarts_and_slots_are_added_while_media_flows(port: Port) -> None:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here")
    runner, url = await house(port)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=[
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--allow-loopback-in-peer-connection",
            ],
        )
        page = await browser.new_page()
        await page.goto(url)
        await page.evaluate("publish()")
        await page.evaluate("slots(1)")
        assert await page.evaluate("connect('a')") == "connected"
        transport = port.admission.by_peer[PeerId("a")]
        # The browser may be through before its nominating check has come.
        await until(lambda: transport.connected)
        first, keys, old = port.agreed["a"].slots[0], transport.srtp, transport.credentials
        sound = Sound(port)
        await until_more(page, port, first.audio.ssrc)

        added = await page.evaluate(AGAIN, 2)
        assert [slot.index for slot in port.agreed["a"].slots] == [0, 1, 2]
        assert port.agreed["a"].slots[0] == first
        assert transport.credentials is old
        for slot in port.agreed["a"].slots:
            await until_more(page, port, slot.audio.ssrc)

        restarted = await page.evaluate(AGAIN, 0)
        assert transport.credentials != old
        await until(lambda: list(transport.ufrags) == [transport.credentials.ufrag])
        for slot in port.agreed["a"].slots:
            await until_more(page, port, slot.audio.ssrc)
        assert [re.findall(r"o=- \d+ (\d+)", text) for text in (added, restarted)] == [["2"], ["3"]]
        assert transport.srtp is keys
        assert port.facts == [("a", Connected())]
        assert await page.evaluate("pc.connectionState") == "connected"
        senders = [row for row in json.loads(await page.evaluate("stats()")) if row["type"] == "outbound-rtp"]
        assert {row.get("rid") for row in senders if row["kind"] == "video"} == {"q", "h", "f"}
        sound.stop()
        await browser.close()
    await runner.cleanup()
