"""The WebSocket: who gets in, how it comes back, and that nonsense is answered and forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from server.courtroom.ports import Spoken
from server.gateway.wire import SERVER
from server.hearing.ids import SeatId
from tests.fakes.media import BAD_OFFER
from tests.gateway.door import HEARING, SLOTS, Door, Raw

if TYPE_CHECKING:
    from tests.gateway.conftest import OpenDoor
    from tests.seat import SeatClient

pytestmark = pytest.mark.service


async def told(socket: aiohttp.ClientWebSocketResponse) -> tuple[list[dict[str, Any]], int | None]:
    """Everything until the server closes, and the close code."""
    messages = []
    async with asyncio.timeout(15):
        while True:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                return messages, socket.close_code
            messages.append(json.loads(message.data))


def hello(session: str, **changes: Any) -> dict[str, Any]:
    return {"type": "hello", "v": 1, "session": session, "lang": "zh-CN"} | changes


# --- hello ---


async def test_a_seat_is_taken_with_a_bearer(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    welcome = judge.messages[0]
    assert welcome["type"] == "welcome"
    assert (welcome["v"], welcome["seat"], welcome["slots"], welcome["resumed"]) == (
        1,
        "presiding",
        SLOTS,
        False,
    )
    assert welcome["server_time"] == door.clock.now_ms()
    assert judge.messages[1]["type"] == "view"
    assert judge.view["me"] == "presiding"
    assert (await door.kinds())[1:3] == ["seat_arrived", "check_in_began"]


async def test_every_message_is_one_of_the_wires(door: Door) -> None:
    judge, clerk, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    await plaintiff.send({"type": "ping", "t": 1.5})
    await plaintiff.refused("open_court")
    await plaintiff.send({"type": "command", "id": "x", "name": "leave", "args": {}})
    await plaintiff.until(lambda: plaintiff.bye() == "left")
    for client in (judge, clerk, plaintiff):
        for message in client.messages:
            SERVER.validate_json(json.dumps(message))


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"type": "hello", "v": 2, "session": "x", "something": "new"}, "version"),
        ({"type": "hello", "v": "1", "session": "x"}, "version"),
        ({"type": "hello", "v": 1}, "bad_message"),
        ({"type": "hello", "v": 1, "session": "x" * 201}, "bad_message"),
        ({"type": "hello", "session": "x"}, "hello_expected"),
        ({"type": "ping", "t": 1}, "hello_expected"),
        ([], "hello_expected"),
        (None, "hello_expected"),
    ],
)
async def test_a_first_message_that_is_no_hello_ends_the_socket(door: Door, first: Any, reason: str) -> None:
    async with Raw(door) as socket:
        await socket.send_json(first)
        messages, code = await told(socket)
    assert [(m["type"], m["error"], m["reason"]) for m in messages] == [("problem", "malformed", reason)]
    assert code == aiohttp.WSCloseCode.POLICY_VIOLATION


@pytest.mark.parametrize("text", ["", "{", "\x00", "[" * 100_000, '{"type":"hello","v":' + "9" * 5000 + "}"])
async def test_a_first_message_that_is_no_json_ends_the_socket(door: Door, text: str) -> None:
    async with Raw(door) as socket:
        await socket.send_str(text)
        messages, _ = await told(socket)
    assert [m["reason"] for m in messages] == ["hello_expected"]


async def test_a_binary_first_frame_ends_the_socket(door: Door) -> None:
    async with Raw(door) as socket:
        await socket.send_bytes(b'{"type":"hello"}')
        messages, _ = await told(socket)
    assert [m["reason"] for m in messages] == ["hello_expected"]


async def test_who_says_nothing_is_not_waited_for(open_door: OpenDoor) -> None:
    door = await open_door(hello_timeout_s=0.05)
    async with Raw(door) as socket:
        messages, _ = await told(socket)
    assert [m["reason"] for m in messages] == ["hello_expected"]


@pytest.mark.parametrize("session", ["", "x", "0" * 43, "é", "a b"])
async def test_an_unknown_bearer_learns_only_that(door: Door, session: str) -> None:
    async with Raw(door) as socket:
        await socket.send_json(hello(session))
        messages, _ = await told(socket)
    assert [(m["type"], m["reason"]) for m in messages] == [("bye", "session_invalid")]
    assert await door.kinds() == ["hearing_scheduled"]


async def test_a_bearer_that_ran_out_or_was_revoked_opens_nothing(door: Door) -> None:
    bearer = await door.bearer("presiding")
    revoked = await door.bearer("clerk")
    await door.cases.revoke_links(HEARING, "clerk", door.clock.now_ms())
    door.clock.move(25 * 3_600_000)
    for session in (bearer, revoked):
        async with Raw(door) as socket:
            await socket.send_json(hello(session))
            messages, _ = await told(socket)
        assert [m["reason"] for m in messages] == ["session_invalid"]


async def test_a_ledger_that_is_away_is_said_so_and_nobody_is_seated(door: Door) -> None:
    bearer = await door.bearer("presiding")
    door.log.broken = True
    async with Raw(door) as socket:
        await socket.send_json(hello(bearer))
        messages, code = await told(socket)
    assert [(m["error"], m["reason"]) for m in messages] == [("unavailable", "ledger")]
    assert code == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    assert door.registry._of_connection == {}
    door.log.broken = False
    await door.enter("presiding")


async def test_too_many_sockets(open_door: OpenDoor, http: aiohttp.ClientSession) -> None:
    door = await open_door(sockets_max=1)
    async with Raw(door):
        answer = await http.get(f"{door.url}/ws", headers={"Origin": door.url})
        assert (answer.status, (await answer.json())["reason"]) == (503, "too_many_sockets")
    await door.until(lambda: not door.sockets._open)
    await door.enter("presiding")


# --- coming back ---


async def test_with_the_secret_a_cut_tab_is_the_same_connection_and_the_log_shows_nothing(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    entries, before = await door.kinds(), judge.connection
    await judge.cut()
    await judge.enter(resume=True)
    assert judge.connection == before
    assert [m["resumed"] for m in judge.messages if m["type"] == "welcome"] == [False, True]
    assert await door.kinds() == entries
    await judge.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")


@pytest.mark.parametrize("secret", ["", "x", "wrong" * 6, "é", "\u0000"])
async def test_with_a_wrong_secret_it_is_a_new_arrival(door: Door, secret: str) -> None:
    (judge,) = await door.enter("presiding")
    before = judge.connection
    await judge.cut()
    judge.resume = secret or None
    await judge.enter(resume=True)
    assert judge.connection != before
    arrived = [x for x in await door.log.read(HEARING) if x.kind == "seat_arrived"]
    assert [x.body["superseded"] for x in arrived] == [None, before]


async def test_another_seats_secret_is_worth_nothing(door: Door) -> None:
    judge, clerk = await door.enter("presiding", "clerk")
    await clerk.cut()
    clerk.resume = judge.resume
    await clerk.enter(resume=True)
    assert clerk.connection != judge.connection
    assert judge.bye() == ""


async def test_a_tab_that_resumes_while_its_old_socket_still_lives_replaces_it(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    async with Raw(door) as socket:
        await socket.send_json(hello(judge.session, resume=judge.resume))
        welcome = await socket.receive_json()
        assert (welcome["resumed"], welcome["connection"]) == (True, judge.connection)
        await judge.until(lambda: judge.bye() == "superseded")
        entries = await door.kinds()
        await socket.send_json(
            {"type": "command", "id": "1", "name": "set_self", "args": {"microphone": False, "camera": True}}
        )
        while (message := await socket.receive_json())["type"] != "done":
            pass
        assert message["seq"] == len(entries) + 1


async def test_two_tabs_of_a_seat_the_newer_one_stays(door: Door) -> None:
    (first,) = await door.enter("presiding")
    (second,) = await door.enter("presiding")
    await first.until(lambda: first.bye() == "superseded")
    await second.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
    assert first.connection in door.media.ended
    old = first.connection
    first.messages.clear()
    await first.enter(resume=True)
    assert first.connection != old, "the secret of a superseded connection brings nothing back"


async def test_after_the_grace_a_cut_line_is_a_lost_seat(open_door: OpenDoor) -> None:
    door = await open_door(grace_s=0.05)
    (judge,) = await door.enter("presiding")
    await judge.cut()

    async def lost() -> bool:
        return (await door.kinds())[-1] == "connection_ended"

    await door.until(lost)
    assert (await door.log.read(HEARING))[-1].body["cause"] == "connection_lost"
    assert judge.connection in door.media.ended
    assert (door.sockets._seats, door.registry._of_connection) == ({}, {})


async def test_an_absence_is_entered_when_the_ledger_is_back(open_door: OpenDoor) -> None:
    door = await open_door(grace_s=0.01)
    (judge,) = await door.enter("presiding")
    door.log.broken = True
    await judge.cut()
    await door.until(lambda: judge.connection in door.media.ended)
    door.log.broken = False

    async def lost() -> bool:
        return (await door.kinds())[-1] == "connection_ended"

    await door.until(lost)


async def test_a_page_that_says_it_goes_is_absent_at_once(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    assert judge._socket is not None
    await judge._socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    async def gone() -> bool:
        return (await door.kinds())[-1] == "connection_ended"

    await door.until(gone)
    assert (await door.log.read(HEARING))[-1].body["cause"] == "page_closed"


async def test_who_leaves_is_let_go_and_comes_back_as_a_new_arrival(door: Door) -> None:
    _, _, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    await plaintiff.send({"type": "command", "id": "x", "name": "leave", "args": {}})
    await plaintiff.until(lambda: plaintiff.bye() == "left")
    await door.until(lambda: plaintiff.connection not in door.sockets._seats)
    plaintiff.messages.clear()
    await plaintiff.enter(resume=True)
    assert plaintiff.card("plaintiff")["presence"] == "waiting"


async def test_the_end_of_the_house_is_no_absence(door: Door) -> None:
    """The next process enters it as its own restart; "page closed" would be false evidence."""
    judge, clerk = await door.enter("presiding", "clerk")
    entries = await door.kinds()
    await door.registry.close()
    await door.sockets.close()
    await judge.until(lambda: judge.bye() == "shutting_down")
    await clerk.until(lambda: clerk.bye() == "shutting_down")
    await door.until(lambda: not door.sockets._open)
    assert await door.kinds() == entries


async def test_a_silent_tab_is_told_why_it_is_closed(open_door: OpenDoor) -> None:
    door = await open_door(idle_timeout_s=0.1)
    (judge,) = await door.enter("presiding")
    await judge.until(lambda: judge.bye() == "idle")
    assert judge._socket is not None
    assert judge._socket.close_code == aiohttp.WSCloseCode.OK


# --- talking ---


async def test_commands_are_answered_by_their_id(door: Door) -> None:
    judge, clerk, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    done = await clerk.ask(
        {"type": "command", "name": "mute_and_lock", "args": {"seat": "plaintiff", "reason": "x"}}
    )
    assert (done["type"], done["seq"]) == ("done", len(await door.kinds()))
    refused = await plaintiff.ask({"type": "command", "name": "open_court", "args": {}})
    assert refused["type"] == "refused"
    assert (refused["reason"], refused["rule"]) == ("not_presiding", "CR 17")
    assert refused["message"] == "此操作由审判长（独任审判员）决定。"
    await judge.until(lambda: judge.card("plaintiff")["locked"])


async def test_a_person_is_spoken_to_in_the_language_they_asked_for(door: Door) -> None:
    client = door.client("observer")
    await client.join()
    async with Raw(door) as socket:
        await socket.send_json(hello(client.session, lang="en"))
        await socket.send_json({"type": "command", "id": "1", "name": "open_court", "args": {}})
        while (message := await socket.receive_json())["type"] != "refused":
            pass
    assert message["message"].isascii()


NONSENSE = [
    ("", None, "bad_message"),
    ("{", None, "bad_message"),
    ("null", None, "bad_message"),
    ("[" * 50_000, None, "bad_message"),
    ('{"type":"dance","id":"a"}', "a", "bad_message"),
    ('{"type":"hello","v":1,"session":"x"}', None, "bad_message"),
    ('{"type":"command","id":"a"}', "a", "bad_message"),
    ('{"type":"command","id":"\\ud800","name":"leave","args":{}}', None, "bad_message"),
    ('{"type":"command","id":"a b","name":"leave","args":{}}', None, "bad_message"),
    ('{"type":"command","id":"' + "a" * 65 + '","name":"leave","args":{}}', None, "bad_message"),
    ('{"type":"command","id":"a","name":"dance","args":{}}', "a", "bad_command"),
    ('{"type":"command","id":"a","name":"report_tape","args":{"state":"sealed"}}', "a", "bad_command"),
    ('{"type":"command","id":"a","name":"arrive","args":{"connection":"x"}}', "a", "bad_command"),
    ('{"type":"command","id":"a","name":"recess","args":{"reason":' + "9" * 5000 + "}}", None, "bad_message"),
    ('{"type":"command","id":"a","name":"recess","args":{"reason":"\\u0000"}}', "a", "bad_command"),
    ('{"type":"command","id":"a","name":"recess","args":{},"seat":"presiding"}', "a", "bad_message"),
    ('{"type":"ping","t":NaN}', None, "bad_message"),
    ('{"type":"tiles","widths":{"presiding":-1}}', None, "bad_message"),
    ('{"type":"tiles","widths":{"presiding":1e3}}', None, "bad_message"),
    ('{"type":"offer","id":"a","sdp":"' + BAD_OFFER + '"}', "a", "bad_offer"),
]


@pytest.mark.parametrize(("text", "asked", "reason"), NONSENSE, ids=[text[:40] for text, _, _ in NONSENSE])
async def test_nonsense_is_answered_and_the_tab_goes_on(
    door: Door, text: str, asked: str | None, reason: str
) -> None:
    (judge,) = await door.enter("presiding")
    entries = await door.kinds()
    await judge.send_text(text)
    await judge.until(lambda: any(m["type"] == "problem" for m in judge.messages))
    (problem,) = [m for m in judge.messages if m["type"] == "problem"]
    assert (problem["error"], problem["reason"], problem["id"]) == ("malformed", reason, asked)
    assert await door.kinds() == entries
    await judge.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")


async def test_a_binary_frame_is_answered_and_the_tab_goes_on(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    assert judge._socket is not None
    await judge._socket.send_bytes(b"\x00\xff")
    await judge.until(lambda: any(m.get("reason") == "not_json" for m in judge.messages))
    await judge.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")


async def test_an_oversized_frame_ends_the_socket_and_the_tab_comes_back(open_door: OpenDoor) -> None:
    door = await open_door(message_bytes_max=4096)
    (judge,) = await door.enter("presiding")
    before = judge.connection
    await judge.send_text(json.dumps({"type": "offer", "id": "a", "sdp": "x" * 5000}))
    assert judge._reader is not None
    await asyncio.wait({judge._reader}, timeout=15)
    assert judge._socket is not None
    assert judge._socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    await judge.enter(resume=True)
    assert judge.connection == before


async def test_a_flood_is_answered_busy_and_changes_nothing_for_the_others(door: Door) -> None:
    judge, clerk = await door.enter("presiding", "clerk")
    for number in range(1000):
        await clerk.send({"type": "command", "id": f"f{number}", "name": "set_self",
                          "args": {"microphone": number % 2 == 0, "camera": True}})  # fmt: skip
    await clerk.until(lambda: any(m.get("id") == "f999" for m in clerk.messages))
    answers = [m for m in clerk.messages if str(m.get("id")).startswith("f")]
    busy = [m for m in answers if m["type"] == "problem" and m["error"] == m["reason"] == "busy"]
    allowed = 2 * door.settings.commands_per_second_max
    assert (len(answers), len(busy)) == (1000, 1000 - sum(m["type"] == "done" for m in answers))
    assert sum(m["type"] == "done" for m in answers) <= allowed, "the clock stood still: a burst and no more"
    await judge.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
    door.clock.move(2000)
    await clerk.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")


def deaf(client: SeatClient) -> None:
    """The client reads nothing more; what is sent to it fills the sockets' own buffers and then waits."""
    assert client._reader is not None
    assert client._socket is not None
    client._reader.cancel()
    transport = client._socket._writer.transport  # type: ignore[union-attr]
    assert transport is not None
    transport.pause_reading()  # type: ignore[attr-defined]


async def test_a_tab_that_floods_and_does_not_read_is_cut_off(open_door: OpenDoor) -> None:
    door = await open_door(outbox_messages_max=8, idle_timeout_s=1.0)
    judge, clerk = await door.enter("presiding", "clerk")
    deaf(judge)

    async def flood() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await judge.send_text('{"type":"command","id":"' + "a" * 60 + '"}')

    flooding = asyncio.ensure_future(flood())
    async with asyncio.timeout(60):
        while len(door.sockets._open) > 1:
            await clerk.send({"type": "ping", "t": 1})
            await asyncio.sleep(0.1)
    flooding.cancel()
    await asyncio.wait({flooding})


async def test_a_tab_that_cannot_take_what_it_is_told_is_cut_off_and_holds_nobody_up(
    open_door: OpenDoor,
) -> None:
    door = await open_door(outbox_messages_max=8)
    judge, clerk, observer = await door.enter("presiding", "clerk", "observer")
    await clerk.do("set_self", microphone=True, camera=False)
    deaf(observer)
    number = 0
    async with asyncio.timeout(60):
        while len(door.sockets._open) > 2:
            number += 1
            now = door.clock.now_ms()
            door.instruments.ears[0].post(
                Spoken(f"u{number}", SeatId("presiding"), now, now + 1, "言" * 30_000, "", True)
            )
            await clerk.until(
                lambda: bool(clerk.captions) and clerk.captions[-1]["utterance"] == f"u{number}"
            )  # noqa: B023
    assert [c["utterance"] for c in clerk.captions] == [f"u{n + 1}" for n in range(number)]
    assert judge.bye() == clerk.bye() == ""


async def test_ping_is_answered_with_the_servers_time(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    await judge.send({"type": "ping", "t": 12.5})
    await judge.until(lambda: any(m["type"] == "pong" for m in judge.messages))
    (pong,) = [m for m in judge.messages if m["type"] == "pong"]
    assert (pong["t"], pong["server_time"]) == (12.5, door.clock.now_ms())


async def test_an_offer_is_answered(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    answer = await judge.ask({"type": "offer", "sdp": "v=0"})
    assert (answer["type"], answer["sdp"]) == ("answer", "v=0 answer")


async def test_a_defect_behind_an_offer_is_said_and_ends_nothing(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    (judge,) = await door.enter("presiding")
    door.media.refuses = KeyError("a bug of ours")
    answer = await judge.ask({"type": "offer", "sdp": "v=0"})
    assert (answer["type"], answer["error"], answer["reason"]) == ("problem", "unavailable", "internal")
    door.media.refuses = None
    assert (await judge.ask({"type": "offer", "sdp": "v=0"}))["type"] == "answer"
    caplog.clear()


async def test_tiles_are_obeyed_without_an_answer(door: Door) -> None:
    _, clerk = await door.enter("presiding", "clerk")
    await clerk.send({"type": "tiles", "widths": {"presiding": 77}})
    await door.until(lambda: 77 in {s.width_px for s in door.media.plans[HEARING].receive[clerk.connection]})


async def test_a_log_that_is_away_is_said_to_the_asker(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    door.log.broken = True
    answer = await judge.ask(
        {"type": "command", "name": "set_self", "args": {"microphone": False, "camera": False}}
    )
    assert (answer["type"], answer["error"], answer["reason"]) == ("problem", "unavailable", "ledger")
    door.log.broken = False


async def test_the_isolated_witness_learns_no_name_and_no_speaker(door: Door) -> None:
    from media.facts import SpeakersChanged  # noqa: PLC0415  used here alone
    from media.ids import PeerId  # noqa: PLC0415  same

    clients = await door.enter("presiding", "clerk", "plaintiff", "defendant", "third_party", "witness")
    judge, witness = clients[0], clients[-1]
    await judge.do("open_court")
    await judge.do("grant_floor", seat="plaintiff")
    door.registry.media_fact(SpeakersChanged(HEARING, (PeerId(judge.connection),)))
    await judge.until(lambda: any(m["type"] == "speaking" for m in judge.messages))
    await judge.do("close_floor")
    await witness.until(lambda: witness.seq == judge.seq)
    said = json.dumps(witness.messages, ensure_ascii=False)
    for other in clients[:-1]:
        assert f'"{other.seat}"' not in said
        assert door_name(other) not in said
    assert {m["type"] for m in witness.messages} <= {"welcome", "view", "done"}


def door_name(client: SeatClient) -> str:
    return str(client.card(client.seat)["name"])
