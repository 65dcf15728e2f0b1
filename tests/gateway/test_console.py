"""The officer's console: one court and no other, no seat's key, every act in the hearing's log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from media.figures import LineFigures, PeerFigures, StreamFigures
from media.health import PeerHealth
from media.ids import Kind, PeerId, TrackId
from server.gateway.console_rows import day_of
from server.hearing.ids import HearingId
from tests.gateway.asking import Http, reason
from tests.gateway.door import HEARING, OTHER_HEARING, Door

if TYPE_CHECKING:
    from tests.gateway.conftest import OpenDoor

pytestmark = pytest.mark.service

OURS, THEIRS = "广州市天河区人民法院", "广州市越秀区人民法院"
HOUR = 3_600_000
ROUTES = (
    ("GET", "/api/console"),
    ("GET", f"/api/console/hearings/{HEARING}/people"),
    ("GET", f"/api/console/hearings/{HEARING}/people/plaintiff"),
    ("GET", f"/api/console/hearings/{HEARING}/lines.csv"),
    ("POST", f"/api/console/hearings/{HEARING}/message"),
    ("POST", f"/api/console/hearings/{HEARING}/join"),
)


async def officer(door: Door, court: str = OURS, name: str = "何工") -> dict[str, str]:
    """An officer's session as a request carries it."""
    redeemed = await door.officers.redeem(
        await door.officers.make_link(court, name, door.clock.now_ms()), door.clock.now_ms()
    )
    assert redeemed is not None
    return {"Authorization": f"Bearer {redeemed[0]}"}


async def listed(http: Http, door: Door, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    answer = await http.get(f"{door.url}/api/console{query}", headers=headers)
    assert answer.status == 200
    found: dict[str, Any] = await answer.json()
    return found


async def write(
    http: Http, door: Door, headers: dict[str, str], body: Any, hearing: str = HEARING
) -> aiohttp.ClientResponse:
    return await http.post(
        f"{door.url}/api/console/hearings/{hearing}/message", headers=headers, data=json.dumps(body)
    )


# --- who gets in ---


async def test_a_console_link_gives_an_officers_session(door: Door, http: Http) -> None:
    token = await door.officers.make_link(OURS, "何工", door.clock.now_ms())
    answer = await http.post(
        f"{door.url}/api/console/join", json={"token": token}, headers={"Origin": door.url}
    )
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = await answer.json()
    assert (body["court"], body["name"]) == (OURS, "何工")
    found = await listed(http, door, {"Authorization": f"Bearer {body['session']}"})
    assert (found["court"], found["officer"], found["total"]) == (OURS, "何工", 2)


async def test_another_page_does_not_join(door: Door, http: Http) -> None:
    token = await door.officers.make_link(OURS, "何工", door.clock.now_ms())
    answer = await http.post(f"{door.url}/api/console/join", json={"token": token})
    assert await reason(answer) == (403, "origin")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"token": "x" * 43}, (404, "link_invalid")),
        ({"token": ""}, (400, "bad_request")),
        ({"token": 1}, (400, "bad_request")),
        ([], (400, "bad_request")),
        ({"token": "x" * 5000}, (413, "message_too_large")),
    ],
)
async def test_a_join_that_is_none(door: Door, http: Http, body: Any, expected: tuple[int, str]) -> None:
    answer = await http.post(f"{door.url}/api/console/join", json=body, headers={"Origin": door.url})
    assert await reason(answer) == expected


async def test_guessing_is_slowed_down(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(joins_per_minute_max=2)
    answers = [
        await http.post(f"{door.url}/api/console/join", json={"token": f"g{n}"}, headers={"Origin": door.url})
        for n in range(3)
    ]
    assert [answer.status for answer in answers] == [404, 404, 429]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_seats_session_opens_the_console(door: Door, http: Http, method: str, path: str) -> None:
    for seat in ("presiding", "clerk", "plaintiff"):
        headers = {"Authorization": f"Bearer {await door.bearer(seat)}"}
        assert await reason(await http.request(method, f"{door.url}{path}", headers=headers)) == (
            401,
            "session_invalid",
        )
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Basic x"}):
        assert (await http.request(method, f"{door.url}{path}", headers=headers)).status == 401


async def test_no_officers_session_opens_a_seats_door(door: Door, http: Http) -> None:
    headers = await officer(door)
    for path in ("/api/me", "/api/cases/case-1", f"/api/hearings/{HEARING}/record"):
        assert await reason(await http.get(f"{door.url}{path}", headers=headers)) == (401, "session_invalid")


async def test_a_session_ends_with_its_time_and_when_it_is_revoked(door: Door, http: Http) -> None:
    headers = await officer(door)
    await door.officers.revoke(OURS, door.clock.now_ms())
    assert (await http.get(f"{door.url}/api/console", headers=headers)).status == 401
    headers = await officer(door)
    door.clock.move(24 * HOUR)
    assert (await http.get(f"{door.url}/api/console", headers=headers)).status == 401


async def test_one_console_reads_only_so_fast(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(reads_per_second_max=1, reads_burst_max=2)
    headers = await officer(door)
    answers = [(await http.get(f"{door.url}/api/console", headers=headers)).status for _ in range(3)]
    assert answers == [200, 200, 429]


# --- one court and no other ---


async def test_an_officer_of_another_court_sees_nothing_and_does_nothing(door: Door, http: Http) -> None:
    await door.enter("clerk")
    before = await door.kinds()
    headers = await officer(door, THEIRS)
    found = await listed(http, door, headers)
    assert (found["hearings"], found["total"], found["tasks"]) == ([], 0, 0)
    for method, path in ROUTES[1:]:
        answer = await http.request(
            method, f"{door.url}{path}", headers=headers, json={"seat": "clerk", "text": "x"}
        )
        assert await reason(answer) == (404, "not_found"), path
    unknown = await http.get(f"{door.url}/api/console/hearings/nowhere/people", headers=headers)
    assert await reason(unknown) == (404, "not_found"), "as if it were not there"
    assert await door.kinds() == before


async def test_a_live_hearing_is_listed_whatever_its_day(door: Door, http: Http) -> None:
    await door.enter("clerk", "presiding")
    await door.until(lambda: door.registry.live()[HearingId(HEARING)].state.session == "checking_in")
    door.clock.move(day_of(door.clock.now_ms())[1] - door.clock.now_ms() + HOUR)
    found = await listed(http, door, await officer(door))
    assert [one["id"] for one in found["hearings"]] == [HEARING]
    assert (await listed(http, door, await officer(door, THEIRS)))["total"] == 0


# --- looking ---


async def test_the_list_shows_people_lines_tape_and_what_waits(door: Door, http: Http) -> None:
    await door.enter("clerk", "presiding", "plaintiff")
    held = next(held for held in door.sockets._seats.values() if held.seat == "plaintiff")
    door.media.healths[PeerId(held.connection)] = PeerHealth(uplink_loss=0.3, rtt_ms=50)
    found = await listed(http, door, await officer(door))
    live, other = sorted(found["hearings"], key=lambda one: one["id"] != HEARING)
    people = {one["seat"]: one for one in live["people"]}
    assert people["plaintiff"]["presence"] == "present"
    assert people["plaintiff"]["health"]["verdict"] == live["network"] == "poor"
    assert people["defendant"]["presence"] == "expected"
    assert live["tape"]["state"] == "idle"
    assert (other["id"], other["session"], other["tape"]) == (OTHER_HEARING, "scheduled", None)
    assert found["hearings"][0]["id"] == HEARING, "what goes on comes first"


async def test_a_long_list_comes_in_pages(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(console_page_max=2)
    for number in range(3):
        await door.schedule("case-1", f"more-{number}")
    headers = await officer(door)
    first = await listed(http, door, headers)
    assert (len(first["hearings"]), first["total"], first["next"]) == (2, 5, 2)
    rest = await listed(http, door, headers, "?offset=2&limit=99")
    last = await listed(http, door, headers, "?offset=4")
    assert (len(last["hearings"]), last["next"]) == (1, None)
    assert len({one["id"] for page in (first, rest, last) for one in page["hearings"]}) == 5
    assert (await listed(http, door, headers, "?offset=99"))["hearings"] == []
    for query in ("?limit=-1", "?offset=x", "?limit=1.5", "?limit=99999999"):
        answer = await http.get(f"{door.url}/api/console{query}", headers=headers)
        assert await reason(answer) == (400, "bad_request")


async def test_ten_minutes_of_each_line(door: Door, http: Http) -> None:
    headers = await officer(door)
    path = f"{door.url}/api/console/hearings/{HEARING}/people"
    assert (await (await http.get(path, headers=headers)).json()) == {"hearing": HEARING, "people": []}
    await door.enter("clerk")
    room = await door.registry.room(HearingId(HEARING))
    for _ in range(3):
        door.clock.move(5000)
        room.watch.step(room.state, door.clock.now_ms())
    people = {one["seat"]: one for one in (await (await http.get(path, headers=headers)).json())["people"]}
    stamps = [one["at"] for one in people["clerk"]["samples"]]
    assert len(stamps) >= 3
    assert stamps[-1] == door.clock.now_ms()


async def test_one_persons_streams_and_lines(door: Door, http: Http) -> None:
    headers = await officer(door)
    path = f"{door.url}/api/console/hearings/{HEARING}/people"
    assert await reason(await http.get(f"{path}/clerk", headers=headers)) == (404, "not_found")
    await door.enter("clerk", "presiding")
    room = await door.registry.room(HearingId(HEARING))
    here = {str(held.seat): PeerId(held.connection) for held in door.sockets._seats.values()}
    for packets in (0, 100):
        sent = StreamFigures(
            TrackId(here["clerk"], Kind.AUDIO),
            "",
            "opus",
            True,
            packets,
            packets * 250,
            0,
            0.061,
            1,
            0,
            0,
            1.0,
        )
        got = LineFigures(
            0, Kind.VIDEO, packets, packets * 625, here["presiding"], "f", 0.0, 0.04, 2, 1, packets // 100, 3
        )
        door.media.counted[here["clerk"]] = PeerFigures((sent,), (got,))
        door.clock.move(5000)
        room.watch.step(room.state, door.clock.now_ms())
    found = await (await http.get(f"{path}/clerk", headers=headers)).json()
    (up,), (down,) = found["streams"], found["lines"]
    assert (up["kind"], up["packets"], up["bps"], up["loss"], up["jitter_ms"], up["verdict"]) == (
        "audio", 100, 40_000, 0.0, 61, "fair",
    )  # fmt: skip
    assert (down["of"], down["layer"], down["bps"], down["rtt_ms"], down["freezes"], down["verdict"]) == (
        "presiding", "f", 100_000, 40, 1, "poor",
    )  # fmt: skip
    silent = await (await http.get(f"{path}/presiding", headers=headers)).json()
    assert (silent["streams"], silent["lines"]) == ([], [])
    assert await reason(await http.get(f"{path}/nobody", headers=headers)) == (404, "not_found")
    table = await http.get(f"{door.url}/api/console/hearings/{HEARING}/lines.csv", headers=headers)
    assert (table.status, table.content_type) == (200, "text/csv")


# --- acting ---


async def test_a_word_to_a_person_reaches_it_and_is_in_the_log_under_the_officers_name(
    door: Door, http: Http
) -> None:
    _, plaintiff = await door.enter("clerk", "plaintiff")
    headers = await officer(door)
    for text in ("请检查麦克风", "请重新插拔耳机"):
        answer = await write(http, door, headers, {"seat": "plaintiff", "text": text})
        assert answer.status == 200
    await plaintiff.until(lambda: len(plaintiff.view["messages"]) == 2)
    assert [one["text"] for one in plaintiff.view["messages"]] == ["请检查麦克风", "请重新插拔耳机"]
    entries = await door.log.read(HEARING)
    (added,) = [one for one in entries if one.kind == "technician_added"]
    sent = [one for one in entries if one.kind == "message_sent"]
    assert added.body["name"] == "何工"
    assert {one.actor_seat for one in sent} == {added.body["seat"]}
    assert await answer.json() == {"ok": True}, "no position of the log: an officer is outside"


@pytest.mark.parametrize(
    "body",
    [{}, [], {"seat": "clerk"}, {"seat": 1, "text": "x"}, {"seat": "clerk", "text": ""},
     {"seat": "clerk", "text": "x" * 501}, {"seat": "clerk", "text": "\ud800"}, {"seat": "clerk", "text": "a\0"}],
)  # fmt: skip
async def test_a_word_that_is_none_seats_nobody(door: Door, http: Http, body: Any) -> None:
    assert await reason(await write(http, door, await officer(door), body)) == (400, "bad_request")
    assert "technician_added" not in await door.kinds()


async def test_what_the_law_refuses_is_refused_with_its_own_sentence(door: Door, http: Http) -> None:
    headers = await officer(door) | {"Accept-Language": "en"}
    answer = await write(http, door, headers, {"seat": "clerk", "text": "x"})
    body = await answer.json()
    assert (answer.status, body["error"], body["reason"]) == (409, "refused", "message_to_person_only")
    assert body["message"].isascii()


async def test_a_technicians_seat_is_a_seat_like_any_and_hears_nothing_until_let_in(
    door: Door, http: Http
) -> None:
    clerk, plaintiff = await door.enter("clerk", "plaintiff")
    headers = await officer(door)
    path = f"{door.url}/api/console/hearings/{HEARING}/join"
    answers = [await (await http.post(path, headers=headers)).json() for _ in range(2)]
    assert len({one["session"] for one in answers}) == 2
    (seat,) = {one["seat"] for one in answers}
    assert (await door.kinds()).count("technician_added") == 1
    me = await http.get(f"{door.url}/api/me", headers={"Authorization": f"Bearer {answers[0]['session']}"})
    assert (await me.json())["seat"] == {"id": seat, "role": "technician", "side": "court", "name": "何工"}
    technician = door.client(seat)
    technician.session = answers[0]["session"]
    technician._http = aiohttp.ClientSession(headers={"Origin": door.url})
    await technician.enter()
    cards = {card["seat"]: card for card in technician.view["seats"]}
    assert not technician.view["in_room"]
    assert cards["plaintiff"]["name"] == plaintiff.card("plaintiff")["name"]
    record = await http.get(
        f"{door.url}/api/hearings/{HEARING}/record",
        headers={"Authorization": f"Bearer {answers[0]['session']}"},
    )
    assert await reason(record) == (403, "not_yours")
    await technician.do("acknowledge_discipline", version=technician.view["discipline_version"])
    await clerk.do("admit", seat=seat)
    await technician.until(lambda: bool(technician.view["in_room"]))


async def test_each_officer_has_a_seat_of_its_own_and_there_are_not_too_many(door: Door, http: Http) -> None:
    path = f"{door.url}/api/console/hearings/{HEARING}/join"
    seats = []
    for number in range(4):
        answer = await http.post(path, headers=await officer(door, name=f"工程师{number}"))
        seats.append((await answer.json())["seat"])
    assert len(set(seats)) == 4
    answer = await http.post(path, headers=await officer(door))
    assert await reason(answer) == (409, "technicians_enough")
