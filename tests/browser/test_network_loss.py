"""The network goes away and comes back: the same seat, role, floor and mute, with media, by itself.

Packets of this test's own two ports on the loopback are dropped for a while; nothing else is touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SHOTS
from tests.browser.stage import chromium, shoot
from tests.house import WORKERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.house import House

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("iptables") is None,
        reason="dropping packets needs root and iptables",
    ),
]

CUT_S = 9


async def iptables(*words: str) -> None:
    """Run iptables."""
    process = await asyncio.create_subprocess_exec("iptables", "-w", *words)
    assert await process.wait() == 0


@contextlib.asynccontextmanager
async def cut(house: House) -> AsyncIterator[None]:
    """No packet of this house gets through."""
    ports = [("tcp", house.port), *(("udp", house.udp_port + index) for index in range(WORKERS))]
    rules = [
        ["-i", "lo", "-p", protocol, side, str(port), "-j", "DROP"]
        for protocol, port in ports
        for side in ("--dport", "--sport")
    ]
    for rule in rules:
        await iptables("-I", "INPUT", *rule)
    try:
        yield
    finally:
        for rule in rules:
            await iptables("-D", "INPUT", *rule)


async def test_the_network_goes_and_comes_back(house: House) -> None:
    async with chromium(house) as stage:
        people = await stage.everybody(["presiding", "plaintiff", "defendant"])
        judge, plaintiff, defendant = people["presiding"], people["plaintiff"], people["defendant"]
        for seat in ("plaintiff", "defendant"):
            await judge.click(f"admit-{seat}")
        await judge.click("call-roll")
        await judge.click("suitability-confirm")
        await judge.open_court()
        await judge.click("floor-plaintiff")
        await judge.confirm("lock-defendant", "插话")
        await plaintiff.until_floor()
        await plaintiff.until_media("frames", 10)
        before = await plaintiff.state()
        async with cut(house):
            await asyncio.sleep(CUT_S)
            await shoot(plaintiff.page, SHOTS, "network-lost")
            await expect(plaintiff.page.get_by_test_id("connection-lost")).to_be_visible()
        back = time.monotonic()
        frames = (await plaintiff.media())["frames"]
        await expect(plaintiff.page.get_by_test_id("connection-lost")).to_be_hidden()
        line_s = time.monotonic() - back
        await plaintiff.until_media("frames", 0 if (await plaintiff.media())["frames"] < frames else frames)
        print(
            f"network back: line after {line_s:.2f} s, picture after {time.monotonic() - back:.2f} s (goal 5)"
        )
        for person in (judge, plaintiff, defendant):
            await expect(person.page.get_by_test_id("connection-lost")).to_be_hidden()
        after = await plaintiff.state()
        assert after["view"]["floor"] == before["view"]["floor"]
        cards = {card["seat"]: card for card in after["view"]["seats"]}
        assert cards["plaintiff"]["presence"] == cards["defendant"]["presence"] == "present"
        assert cards["defendant"]["locked"]
        assert cards["plaintiff"]["has_floor"]
        heard = (await judge.media())["audio"]
        await judge.until_media("audio", heard + 25)
        assert await defendant.page.get_by_test_id("silent-reason").is_visible()
