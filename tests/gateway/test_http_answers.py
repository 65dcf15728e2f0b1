"""HTTP: what is on every answer, and what an error shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from server.gateway.pages import HEADERS, SCREENS
from tests.gateway.asking import ROUTES, Http, join, link, reason
from tests.gateway.door import CASE, HEARING, PEOPLE, Door, Raw

if TYPE_CHECKING:
    import aiohttp

pytestmark = pytest.mark.service


# --- every answer ---


async def everywhere(http: Http, door: Door) -> list[aiohttp.ClientResponse]:
    url = await link(http, door)
    bearer = {"Authorization": f"Bearer {await door.bearer('clerk')}"}
    paths = [path.replace("{token}", "x").replace("{case_id}", "x") for path in SCREENS]
    paths += [
        "/favicon.svg",
        "/assets/index.js",
        "/assets/none.js",
        "/assets/",
        "/assets",
        "/assets/..%2f..%2fx",
        "/no",
    ]
    paths += [
        "/healthz",
        "/metrics",
        "/api/me",
        "/api/probe/5",
        "/api/probe/x",
        *ROUTES,
        f"/media/{HEARING}/x.webm",
    ]
    answers = [await http.get(f"{door.url}{path}", headers=bearer) for path in paths]
    answers += [await http.get(url), await http.get(url, headers={"Range": "bytes=0-3"})]
    answers += [await http.get(url, headers={"Range": "bytes=999-"}), await http.get(f"{door.url}/assets/index.js",
                headers={"Range": "bytes=99999-"})]  # fmt: skip
    answers += [
        await http.post(f"{door.url}/api/me"),
        await http.put(f"{door.url}/"),
        await http.head(f"{door.url}/"),
    ]
    answers += [await join(http, door, {"token": "x"}), await join(http, door, b" " * 2_000_000)]
    return [
        *answers,
        await http.get(f"{door.url}/ws"),
        await http.get(f"{door.url}/ws", headers={"Origin": door.url}),
    ]


async def test_the_headers_of_the_house_are_on_every_answer(door: Door, http: Http) -> None:
    answers = await everywhere(http, door)
    bare = [
        (a.method, a.url.path, a.status) for a in answers if not HEADERS.items() <= dict(a.headers).items()
    ]
    assert bare == []
    assert {200, 206, 400, 401, 403, 404, 405, 413, 416} - {401} <= {answer.status for answer in answers}


async def test_the_policy_lets_in_nothing_from_elsewhere() -> None:
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert not re.search(r"\*|https?:|unsafe", HEADERS["Content-Security-Policy"])
    assert HEADERS["Referrer-Policy"] == "no-referrer"


async def test_errors_are_json_with_a_sentence_in_the_readers_language(door: Door, http: Http) -> None:
    for language, chinese in (("en-GB,en;q=0.9", False), ("zh-CN", True), ("fr", True), ("", True)):
        answer = await http.get(f"{door.url}/api/none", headers={"Accept-Language": language})
        body = await answer.json()
        assert (answer.status, body["error"], body["reason"]) == (404, "refused", "not_found")
        assert (not body["message"].isascii()) is chinese


async def test_a_defect_shows_nothing_of_itself(
    door: Door, http: Http, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(door.cases, "find_session", broken)
    answer = await http.get(f"{door.url}/api/me", headers={"Authorization": "Bearer x"})
    assert await reason(answer) == (500, "internal")
    assert "secret detail" not in await answer.text()
    assert "a request broke" in caplog.text
    async with Raw(door) as socket:
        await socket.send_json({"type": "hello", "v": 1, "session": "x"})
        problem = await socket.receive_json()
    assert (problem["type"], problem["error"], problem["reason"]) == ("problem", "unavailable", "internal")
    caplog.clear()


async def test_health_is_that_the_ledger_answers(
    door: Door, http: Http, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await (await http.get(f"{door.url}/healthz")).json() == {"ok": True}
    bearer = await door.bearer("presiding")

    class Gone:
        def connect(self) -> Any:
            raise OSError("gone")

    async def heavy() -> Any:
        pytest.fail("anybody may ask for health, as often as they like: it must not read the calendar")

    monkeypatch.setattr(door.cases, "cases", heavy)
    assert (await http.get(f"{door.url}/healthz")).status == 200
    monkeypatch.setattr(door.database, "_readers", Gone())
    assert await reason(await http.get(f"{door.url}/healthz")) == (503, "ledger")
    async with Raw(door) as socket:
        await socket.send_json({"type": "hello", "v": 1, "session": bearer})
        problem = await socket.receive_json()
    assert (problem["type"], problem["error"], problem["reason"]) == ("problem", "unavailable", "ledger")
    caplog.clear()


async def test_metrics_are_counts(door: Door, http: Http) -> None:
    text = await (await http.get(f"{door.url}/metrics")).text()
    assert "python_info" in text
    assert not any(seat.name in text for seat in PEOPLE)


async def test_every_screen_is_the_one_document(door: Door, http: Http) -> None:
    for path in SCREENS:
        answer = await http.get(door.url + path.replace("{token}", "secret").replace("{case_id}", CASE))
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert "云庭" in await answer.text()


async def test_no_token_is_in_the_log(door: Door, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "server")
    await door.enter("presiding", "clerk")
    await http.get(f"{door.url}/j/{door.links['presiding']}")
    await join(http, door, {"token": door.links["presiding"]})
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("server"))
    assert not any(token in said for token in door.links.values())
    assert not any(client.session in said for client in door.clients)
