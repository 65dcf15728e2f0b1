"""The WebSocket's part in exhibits: the pointer, and a second offer for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.gateway.door import Door
    from tests.seat import SeatClient

pytestmark = pytest.mark.service


def pointers(client: SeatClient) -> list[dict[str, Any]]:
    return [message for message in client.messages if message["type"] == "pointer"]


async def test_where_the_bench_points_is_seen_by_all_and_entered_nowhere(door: Door) -> None:
    judge, _, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    await judge.do("show_source", source="camera", seat="plaintiff")
    before = await door.kinds()
    await judge.send({"type": "pointer", "x": 1200, "y": 9000})
    await judge.send({"type": "pointer", "x": None, "y": None})
    await plaintiff.until(lambda: bool(pointers(plaintiff)) and pointers(plaintiff)[-1]["x"] is None)
    assert all(one["seat"] == "presiding" for one in pointers(plaintiff))
    assert pointers(judge) == []
    assert await door.kinds() == before


async def test_a_pointer_that_moves_too_fast_is_thinned_and_costs_no_command(door: Door) -> None:
    judge, _, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    await judge.do("show_source", source="camera", seat="plaintiff")
    for n in range(500):
        await judge.send({"type": "pointer", "x": n, "y": 0})
    await judge.do(
        "stop_showing"
    )  # the clock of the test stands still: had they counted, this would be "busy"
    await plaintiff.until(lambda: plaintiff.view["showing"] is None)
    assert 1 <= len(pointers(plaintiff)) <= door.settings.pointers_per_second_max


@pytest.mark.parametrize(
    "bad", [{"x": 10_001, "y": 0}, {"x": 1.5, "y": 0}, {"x": 1}, {"x": 1, "y": 1, "z": 1}]
)
async def test_a_pointer_outside_the_page_is_malformed(door: Door, bad: dict[str, Any]) -> None:
    (judge,) = await door.enter("presiding")
    await judge.send({"type": "pointer", **bad})
    await judge.until(
        lambda: any(m["type"] == "problem" and m["reason"] == "bad_message" for m in judge.messages)
    )


async def test_a_screen_is_offered_beside_the_main_connection_and_with_leave_only(door: Door) -> None:
    judge, _, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    offer = {"type": "offer", "sdp": "v=0", "source": "screen"}
    refused = await plaintiff.ask(offer)
    assert (refused["type"], refused["reason"]) == ("refused", "presenting_not_permitted")
    await judge.do("permit_presenting", seat="plaintiff", on=True)
    assert (await plaintiff.ask(offer))["type"] == "answer"
    peer, _ = door.media.offers[-1]
    assert str(peer).endswith(".screen")
    assert (await plaintiff.ask({"type": "offer", "sdp": "v=0", "source": "window"}))["type"] == "problem"
