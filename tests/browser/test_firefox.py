"""Firefox takes a seat beside Chromium: it hears and sees the court, and the court hears and sees it."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SHOTS
from tests.browser.firefox import PROGRAM, firefox
from tests.browser.stage import chromium

if TYPE_CHECKING:
    from tests.house import House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

INBOUND = """
  const pc = window.__yunting.peer; let frames = 0, audio = 0;
  if (pc) for (const s of (await pc.getStats()).values()) if (s.type === 'inbound-rtp') {
    frames += s.framesDecoded ?? 0; if (s.kind === 'audio') audio += s.packetsReceived ?? 0; }
  return [frames, audio];
"""


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="Firefox is not installed")
@pytest.mark.parametrize("hide_addresses", [False, True])
async def test_firefox_takes_a_seat(house: House, hide_addresses: bool) -> None:
    """With its addresses hidden behind mDNS names as well."""
    hidden = {"media.peerconnection.ice.obfuscate_host_addresses": hide_addresses}
    async with chromium(house) as stage, firefox(**hidden) as tab:
        people = await stage.everybody(["presiding", "clerk"])
        await tab.go(house.join_url("plaintiff"))
        for test_id in ("join-go", "device-continue", "discipline-accept", "consent-yes"):
            await tab.press(test_id)
        await people["clerk"].click("admit-plaintiff")
        judge = people["presiding"]
        await expect(judge.page.get_by_test_id("floor-plaintiff")).to_be_visible(timeout=20_000)
        await judge.click("floor-plaintiff")
        async with asyncio.timeout(30):
            while True:
                frames, audio = await tab.run(INBOUND)
                if frames > 10 and audio > 50:
                    break
                await asyncio.sleep(0.3)
        slot = await judge.page.evaluate("window.__yunting.state.slots.find((s) => s.seat === 'plaintiff')")
        assert slot["audio"]
        assert slot["video"]
        before = (await judge.media())["audio"]
        await judge.until_media("audio", before + 50)
        await tab.picture(SHOTS / f"firefox-{'mdns' if hide_addresses else 'plain'}.png")
        assert stage.complaints == []
