"""A real Firefox against the plane: it publishes with simulcast and decodes what a slot brings."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from media.ids import PeerId
from media.plan import RoutePlan, Subscription
from tests.media.browsers import FIREFOX, firefox, inbound, page_house
from tests.media.rig import BOTH

pytestmark = pytest.mark.media

A, VIEWER = PeerId("a"), PeerId("viewer")


def default_route() -> bool:
    """Say whether there is one: without it Firefox gathers no candidate at all."""
    rows = Path("/proc/net/route").read_text().splitlines()[1:]
    return any(row.split()[1] == "00000000" for row in rows)


@pytest.mark.skipif(
    not FIREFOX.exists() or not default_route(), reason="no Firefox, or no default route for it"
)
async def test_simulcast_up_and_a_slot_down() -> None:
    def plan(width_px: int) -> RoutePlan:
        wanted = Subscription(A, audio=True, video=True, width_px=width_px)
        return RoutePlan(publish={A: BOTH}, receive={VIEWER: (wanted,)})

    async with page_house() as (plane, _, url), firefox() as fox:
        plane.apply("hearing", plan(320))
        sender, viewer = await fox.open(url), await fox.open(url)
        await fox.run(sender, "publish()")
        assert await fox.run(sender, "connect('a')") == "connected"
        await fox.run(viewer, "slots(1)")
        assert await fox.run(viewer, "connect('viewer')") == "connected"
        decoded = 0
        for width in (320, 640):
            plane.apply("hearing", plan(width))
            decoded = await until_decoding(fox, viewer, decoded + 30, width)
        rows = inbound(await fox.run(viewer, "stats()"))
        assert rows["audio", 0]["packetsReceived"] > 100
        assert rows["video", 0]["packetsLost"] <= 0.01 * rows["video", 0]["packetsReceived"]
        assert plane.stats()["totals"].get("contained", 0) == 0


async def until_decoding(fox: Any, viewer: str, more_than: int, width: int) -> int:
    """Wait until the slot's picture has decoded more frames than that, at that width; give how many."""
    row: dict[str, Any] = {}
    for _ in range(160):
        row = inbound(await fox.run(viewer, "stats()")).get(("video", 0), {})
        if row.get("framesDecoded", 0) > more_than and row.get("frameWidth") == width:
            return int(row["framesDecoded"])
        await asyncio.sleep(0.25)
    raise AssertionError(f"the slot does not decode: {row}")
