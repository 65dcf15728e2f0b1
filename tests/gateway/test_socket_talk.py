"""The WebSocket: what a tab says and is told; nonsense is answered and forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
from typing import TYPE_CHECKING

import aiohttp
import pytest

from media.facts import SpeakersChanged
from media.ids import PeerId
from server.courtroom.ports import Spoken
from server.hearing.ids import SeatId
from tests.fakes.media import BAD_OFFER
from tests.gateway.asking import deaf, hello
from tests.gateway.door import HEARING, Door, Raw

if TYPE_CHECKING:
    from tests.gateway.conftest import OpenDoor
    from tests.seat import SeatClient

pytestmark = pytest.mark.service


# --- talking ---


async def test_commands_are_answered_by_their_id(door: Door) -> None:
    judge, clerk, plaintiff = await door.enter("presiding", "clerk", "plaintiff")
    done = await clerk.ask(
        {"type": "command", "name": "mute_and_lock", "args": {"seat": "plaintiff", "reason": "x"}}
    )
    assert (done["type"], done["seq"]) == ("done", clerk.seq), "the view that shows it is here already"
    assert clerk.card("plaintiff")["locked"]
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
    ('{"type":"candidate","candidate":"of nothing"}', None, "bad_candidate"),
    ('{"type":"candidate","candidate":"' + "c" * 513 + '"}', None, "bad_message"),
    ('{"type":"candidate","id":"a","candidate":""}', "a", "bad_message"),
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


async def test_candidates_of_a_tab_are_taken_in_silence(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    before = len([m for m in judge.messages if m["type"] != "view"])
    for candidate in ("candidate:1 1 udp 2113937151 3f1b.local 50000 typ host generation 0", ""):
        await judge.send({"type": "candidate", "candidate": candidate})
        await judge.send({"type": "candidate", "candidate": candidate, "source": "screen"})
    await judge.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
    others = [m["type"] for m in judge.messages if m["type"] not in {"view", "health"}]
    assert others[before:] == ["done"]


@pytest.mark.parametrize(("version", "goes_on"), [(1, False), (2, True), (31, True)])
async def test_an_answer_says_whether_the_transport_goes_on(
    door: Door, monkeypatch: pytest.MonkeyPatch, version: int, goes_on: bool
) -> None:
    (judge,) = await door.enter("presiding")
    text = f"v=0\r\no=- 7 {version} IN IP4 0.0.0.0\r\ns=-\r\n"
    monkeypatch.setattr(type(door.media), "answer", lambda *_: text)
    await judge.send({"type": "offer", "id": "o", "sdp": "v=0"})
    await judge.until(lambda: any(m["type"] == "answer" for m in judge.messages))
    (said,) = [m for m in judge.messages if m["type"] == "answer"]
    assert (said["id"], said["sdp"], said["continued"]) == ("o", text, goes_on)


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


async def test_a_tab_that_floods_and_does_not_read_is_cut_off(open_door: OpenDoor) -> None:
    door = await open_door(outbox_messages_max=8, stall_timeout_s=1.0)
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


def read(client: SeatClient, number: int) -> bool:
    return bool(client.captions) and client.captions[-1]["utterance"] == f"u{number}"


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
            await clerk.until(functools.partial(read, clerk, number))
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
    await door.until(
        lambda: 77 in {s.width_px for s in door.media.plans[HEARING].receive[PeerId(clerk.connection)]}
    )


async def test_a_log_that_is_away_is_said_to_the_asker(door: Door) -> None:
    (judge,) = await door.enter("presiding")
    door.log.broken = True
    answer = await judge.ask(
        {"type": "command", "name": "set_self", "args": {"microphone": False, "camera": False}}
    )
    assert (answer["type"], answer["error"], answer["reason"]) == ("problem", "unavailable", "ledger")
    door.log.broken = False


async def test_the_isolated_witness_learns_no_name_and_no_speaker(door: Door) -> None:
    clients = await door.enter(
        "presiding", "clerk", "judge", "assessor", "plaintiff", "defendant", "third_party", "witness"
    )
    judge, witness = clients[0], clients[-1]
    await judge.check_in()
    await judge.do("open_court")
    await witness.until(lambda: bool(witness.view["opened_at"]))
    views = [m for m in witness.messages if m["type"] == "view"]
    await judge.do("grant_floor", seat="plaintiff")
    door.registry.media_fact(SpeakersChanged(HEARING, (PeerId(judge.connection),)))
    await judge.until(lambda: any(m["type"] == "speaking" for m in judge.messages))
    await judge.do("close_floor")
    await witness.send({"type": "ping", "t": 1})
    await witness.until(lambda: any(m["type"] == "pong" for m in witness.messages))
    assert [m for m in witness.messages if m["type"] == "view"] == views, "not even that something happened"
    said = json.dumps(witness.messages, ensure_ascii=False)
    for other in clients[:-1]:
        assert f'"{other.seat}"' not in said
        assert door_name(other) not in said
    assert {m["type"] for m in witness.messages} <= {"welcome", "view", "done", "pong"}


def door_name(client: SeatClient) -> str:
    return str(client.card(client.seat)["name"])
