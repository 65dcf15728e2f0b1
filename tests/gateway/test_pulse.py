"""Who is outside can count nothing that happens in the room: no message, no number, no answer tells it (OLR 26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from media.facts import SpeakersChanged
from media.ids import PeerId
from server.courtroom.ports import Spoken
from server.hearing.ids import HearingId, Instant, SeatId
from tests.gateway.door import HEARING

if TYPE_CHECKING:
    from tests.gateway.conftest import OpenDoor
    from tests.gateway.door import Door
    from tests.seat import SeatClient

pytestmark = pytest.mark.service

HAPPENINGS = 50
QUICK = {"commands_per_second_max": 1000}


async def sitting(door: Door) -> tuple[SeatClient, SeatClient, SeatClient, SeatClient]:
    """The court sits: judge, plaintiff, a witness in the witness room, and an observer who waits at the door."""
    judge, clerk, plaintiff, *_, witness = await door.enter(
        "presiding", "clerk", "plaintiff", "defendant", "judge", "assessor", "witness"
    )
    observer = door.client("observer")
    await observer.enter()
    await observer.prepare()
    await clerk.check_in()
    await judge.do("open_court", reason="x")
    room = door.registry.live()[HearingId(HEARING)]
    room.watch.step(
        room.state, room.state.opened_at or Instant(0)
    )  # the own line is told once, and is as it was
    for client in (witness, observer):
        await client.until(
            lambda client=client: bool(client.view["opened_at"]) and client.messages[-1]["type"] == "health"  # type: ignore[misc]
        )
    return judge, plaintiff, witness, observer


async def much_happens(door: Door, judge: SeatClient, plaintiff: SeatClient) -> None:
    """HAPPENINGS entries of the log and more, words, voices and a pointer."""
    before = len(await door.kinds())
    for n in range(HAPPENINGS // 2):
        await judge.do("grant_floor", seat="plaintiff", limit_s=n)
        await judge.do("close_floor")
    await judge.do("mute_and_lock", seat="plaintiff", reason="x")
    await judge.do("discipline", seat="defendant", measure="warn", reason="x")
    await judge.do("strike_gavel")
    await plaintiff.do("send_message", to="", text="a word")
    await judge.send({"type": "tiles", "widths": {"plaintiff": 99}})
    door.registry.media_fact(SpeakersChanged(HEARING, (PeerId(judge.connection),)))
    room = door.registry.live()[HearingId(HEARING)]
    now = door.clock.now_ms()
    room.spoken(Spoken("u1", SeatId("presiding"), now, now + 9, "现在开庭", "", final=True))
    await plaintiff.until(lambda: any(m["type"] == "caption" for m in plaintiff.messages))
    assert len(await door.kinds()) >= before + HAPPENINGS


async def echo(client: SeatClient) -> None:
    """Everything that was on its way to the client has come."""
    answers = sum(m["type"] == "pong" for m in client.messages)
    await client.send({"type": "ping", "t": 1})
    await client.until(lambda: sum(m["type"] == "pong" for m in client.messages) > answers)


def said(client: SeatClient) -> list[dict[str, Any]]:
    return [m for m in client.messages if m["type"] != "pong"]


async def test_who_is_outside_gets_no_message_and_no_number_moves(open_door: OpenDoor) -> None:
    door = await open_door(**QUICK)
    judge, plaintiff, witness, observer = await sitting(door)
    told = {client: (said(client), client.seq) for client in (witness, observer)}
    await much_happens(door, judge, plaintiff)
    for client, (messages, number) in told.items():
        await echo(client)
        assert said(client) == messages
        # what would have counted the log: the answer to a command of its own
        done = await client.do("set_self", microphone=False, camera=False) if client is witness else None
        assert done is None or done["seq"] == client.seq == number + 1
        again = await client.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
        assert again["seq"] == client.seq
        nothing = await client.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
        assert nothing["seq"] == again["seq"], "nothing has changed"


async def test_a_letter_from_outside_bears_a_number_of_its_own(open_door: OpenDoor) -> None:
    door = await open_door(**QUICK)
    judge, plaintiff, witness, _ = await sitting(door)
    for n in range(5):
        await plaintiff.do("send_message", to="", text=str(n))
    await judge.do("grant_floor", seat="plaintiff")
    await witness.do("send_message", to="", text="when?")
    (letter,) = witness.view["messages"]
    assert letter["message"] == "main-witness-1"


async def test_a_client_that_comes_back_is_told_and_counted_anew(open_door: OpenDoor) -> None:
    door = await open_door(**QUICK)
    judge, plaintiff, witness, _ = await sitting(door)
    await judge.do("grant_floor", seat="plaintiff")
    line = witness.connection
    await witness.cut()
    await much_happens(door, judge, plaintiff)
    witness.messages.clear()
    await witness.enter(resume=True)
    assert (witness.connection, witness.seq) == (line, 1)
    assert [m["type"] for m in witness.messages if m["type"] != "health"] == ["welcome", "view"]
    done = await witness.do("set_self", microphone=False, camera=True)
    assert (done["seq"], witness.seq) == (2, 2)
    assert not witness.card("witness")["microphone_on"], "the view that shows it is here"


async def test_every_own_command_is_settled_by_a_view_that_was_sent(open_door: OpenDoor) -> None:
    door = await open_door(**QUICK)
    judge, plaintiff, _, _ = await sitting(door)
    for n in range(6):
        await judge.do("grant_floor", seat="plaintiff", limit_s=n)
        done = await plaintiff.do("set_self", microphone=n % 2 == 1, camera=True)
        assert plaintiff.seq >= done["seq"] > 1
        assert plaintiff.card("plaintiff")["microphone_on"] is (n % 2 == 1)
    views = [m["seq"] for m in plaintiff.messages if m["type"] == "view"]
    assert views == sorted(set(views))
