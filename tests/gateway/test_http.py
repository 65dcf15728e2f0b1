"""HTTP: joining, who am I, the network test; denied unless the policy says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.fakes.clock import NOON
from tests.gateway.asking import Http, get, join, reason
from tests.gateway.door import CASE, HEARING, Door, Raw

if TYPE_CHECKING:
    from tests.gateway.conftest import OpenDoor

pytestmark = pytest.mark.service


# --- joining ---


async def test_a_link_gives_a_bearer_as_often_as_it_is_opened(door: Door, http: Http) -> None:
    sessions = set()
    for _ in range(2):
        answer = await join(http, door, {"token": door.links["presiding"]})
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        sessions.add((await answer.json())["session"])
    assert len(sessions) == 2
    for session in sessions:
        claim = await door.cases.find_session(session, NOON)
        assert claim is not None
        assert (claim.hearing_id, claim.seat) == (HEARING, "presiding")


@pytest.mark.parametrize("token", ["x", "0" * 43, "é", "\ud800", "' OR 1=1 --", "a" * 200])
async def test_a_wrong_token_says_nothing_of_what_exists(door: Door, http: Http, token: str) -> None:
    assert await reason(await join(http, door, {"token": token})) == (404, "link_invalid")


async def test_a_revoked_link_is_like_one_that_never_was(door: Door, http: Http) -> None:
    await door.cases.revoke_links(HEARING, "plaintiff", NOON)
    revoked = await join(http, door, {"token": door.links["plaintiff"]})
    unknown = await join(http, door, {"token": "never"})
    assert (revoked.status, await revoked.json()) == (unknown.status, await unknown.json())


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe\xfa", b"[" * 1000, {}, {"token": ""}, {"token": 1}, {"token": None},
     {"token": ["x"]}, {"token": "a" * 201}],
)  # fmt: skip
async def test_a_join_that_is_none_is_malformed(door: Door, http: Http, body: Any) -> None:
    assert await reason(await join(http, door, body)) == (400, "bad_request")


async def test_an_unknown_charset_is_no_trouble(door: Door, http: Http) -> None:
    answer = await join(http, door, b"{}", **{"Content-Type": "application/json; charset=klingon"})
    assert await reason(answer) == (400, "bad_request")


async def test_a_join_larger_than_any_link_is_refused(door: Door, http: Http) -> None:
    assert await reason(await join(http, door, b" " * 1025)) == (413, "message_too_large")

    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 65536

    answer = await http.post(f"{door.url}/api/join", data=endless(), headers={"Origin": door.url})
    assert await reason(answer) == (413, "message_too_large")


async def test_guessing_is_slowed_down_and_locks_nobody_out(open_door: OpenDoor, http: Http) -> None:
    """Behind a proxy all people have one address: a good link gets in whatever others try."""
    door = await open_door(joins_per_minute_max=3)
    for _ in range(10):
        assert (await join(http, door, {"token": door.links["presiding"]})).status == 200
    for _ in range(3):
        assert (await join(http, door, {"token": "guess"})).status == 404
    assert await reason(await join(http, door, {"token": "guess"})) == (429, "too_many_attempts")
    assert (await join(http, door, {"token": door.links["presiding"]})).status == 200
    door.clock.move(20_000)
    assert (await join(http, door, {"token": "guess"})).status == 404
    assert (await join(http, door, {"token": "guess"})).status == 429


async def test_one_link_is_not_redeemed_without_end(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(reads_per_second_max=1, reads_burst_max=2)
    link = {"token": door.links["presiding"]}
    assert [(await join(http, door, link)).status for _ in range(3)] == [200, 200, 429]
    assert (await join(http, door, {"token": door.links["clerk"]})).status == 200


async def test_one_session_reads_only_so_fast(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(reads_per_second_max=1, reads_burst_max=3)
    eager, calm = [{"Authorization": f"Bearer {await door.bearer(seat)}"} for seat in ("plaintiff", "clerk")]
    for _ in range(3):
        assert (await http.get(f"{door.url}/api/me", headers=eager)).status == 200
    assert await reason(await http.get(f"{door.url}/api/me", headers=eager)) == (429, "busy")
    assert (await http.get(f"{door.url}/api/me", headers=calm)).status == 200, "the others are not held up"
    door.clock.move(1000)
    assert (await http.get(f"{door.url}/api/me", headers=eager)).status == 200


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:{port}",
     "http://127.0.0.1:{port}.evil.example", "http://[", "ftp://127.0.0.1:{port}"],
)  # fmt: skip
async def test_another_page_can_neither_join_nor_connect(door: Door, http: Http, origin: str) -> None:
    headers = {"Origin": origin.format(port=door.port)}
    answer = await join(http, door, {"token": door.links["presiding"]}, **headers)
    assert await reason(answer) == (403, "origin")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with Raw(door, Origin=headers["Origin"]):
            pytest.fail("connected")
    assert refused.value.status == 403


async def test_no_origin_is_a_foreign_one(door: Door, http: Http) -> None:
    answer = await http.post(f"{door.url}/api/join", json={"token": door.links["presiding"]})
    assert await reason(answer) == (403, "origin")
    assert await reason(await http.get(f"{door.url}/ws")) == (403, "origin")


async def test_https_of_the_same_host_is_the_proxys(door: Door, http: Http) -> None:
    answer = await join(
        http, door, {"token": door.links["presiding"]}, Origin=f"https://127.0.0.1:{door.port}"
    )
    assert answer.status == 200


async def test_configured_origins_and_no_other(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(origins=("https://court.example",))
    body = {"token": door.links["presiding"]}
    assert (await join(http, door, body, Origin="https://court.example")).status == 200
    assert (await join(http, door, body)).status == 403


# --- the bearer ---

CLOSED_WITHOUT = ("/api/me", "/api/procedures/mediation", "/api/probe/10", f"/api/cases/{CASE}", f"/api/hearings/{HEARING}/record",
                  f"/api/hearings/{HEARING}/transcript.txt")  # fmt: skip


@pytest.mark.parametrize("path", CLOSED_WITHOUT)
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic x", "Bearer wrong", "Bearer \xe9", "x"]
)
async def test_without_a_good_bearer_nothing_is_shown(
    door: Door, http: Http, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    assert await reason(await http.get(f"{door.url}{path}", headers=headers)) == (401, "session_invalid")


@pytest.mark.parametrize("path", CLOSED_WITHOUT)
async def test_a_bearer_in_the_address_is_no_bearer(door: Door, http: Http, path: str) -> None:
    bearer = await door.bearer("presiding")
    assert (await http.get(f"{door.url}{path}?session={bearer}", cookies={"session": bearer})).status == 401


@pytest.mark.parametrize("path", CLOSED_WITHOUT)
async def test_a_bearer_that_ran_out_is_none(door: Door, http: Http, path: str) -> None:
    bearer = await door.bearer("presiding")
    door.clock.move(24 * 3_600_000)
    answer = await http.get(f"{door.url}{path}", headers={"Authorization": f"Bearer {bearer}"})
    assert await reason(answer) == (401, "session_invalid")


async def test_me_tells_the_seat_and_what_to_read(door: Door, http: Http) -> None:
    answer = await get(http, door, "plaintiff_agent", "/api/me")
    me = await answer.json()
    assert me["seat"] == {"id": "plaintiff_agent", "role": "agent", "side": "plaintiff", "name": "何晓晴"}
    assert (me["hearing"]["id"], me["hearing"]["case_id"], me["hearing"]["session"]) == (
        HEARING,
        CASE,
        "scheduled",
    )
    assert me["hearing"]["panel"] is True
    assert "服从审判长指挥" in me["discipline"]["zh-CN"][1], "one word for who presides"
    assert len(me["discipline"]["zh-CN"]) == len(me["discipline"]["en"])
    assert me["server_time"] == NOON
    assert "孙立" not in await answer.text(), "names of others are the court's to show"


# --- the network test ---


@pytest.mark.parametrize(("asked", "size"), [("0", 0), ("1", 1), ("5000", 5000), ("999999999", 65536)])
async def test_the_probe_gives_what_is_asked_up_to_its_limit(
    open_door: OpenDoor, http: Http, asked: str, size: int
) -> None:
    door = await open_door(probe_download_bytes_max=65536)
    answer = await get(http, door, "observer", f"/api/probe/{asked}")
    assert (answer.status, len(await answer.read())) == (200, size)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("asked", ["x", "-1", "1.5", "9999999999", "%C2%B2", "%EF%BC%91"])
async def test_a_probe_of_no_size_is_malformed(door: Door, http: Http, asked: str) -> None:
    assert await reason(await get(http, door, "observer", f"/api/probe/{asked}")) == (400, "bad_request")


async def test_the_probe_upwards_counts_and_stops(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(probe_upload_bytes_max=100_000)
    headers = {"Authorization": f"Bearer {await door.bearer('observer')}"}
    answer = await http.post(f"{door.url}/api/probe", data=b"x" * 100_000, headers=headers)
    assert (answer.status, await answer.json()) == (200, {"bytes": 100_000})
    answer = await http.post(f"{door.url}/api/probe", data=b"x" * 100_001, headers=headers)
    assert await reason(answer) == (413, "message_too_large")
    assert (await http.post(f"{door.url}/api/probe", data=b"x")).status == 401
