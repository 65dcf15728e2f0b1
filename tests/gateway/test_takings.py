"""Reading a record by HTTP: a right and a purpose first, a link for one reader, and a ledger of who read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from server.courtroom.ports import NewEntry
from server.store.readings import stream_of
from server.store.results import Artefact, UtteranceRow
from server.store.verify import verify_hearing
from tests.fakes.clock import NOON
from tests.gateway.asking import COPY, PLAY, TRANSCRIPT, Http, begin, finished, get, link, reason, transcript
from tests.gateway.door import CASE, HEARING, Door

if TYPE_CHECKING:
    from tests.gateway.conftest import OpenDoor

pytestmark = pytest.mark.service

RECORD = f"/api/hearings/{HEARING}/record"
READINGS = f"/api/hearings/{HEARING}/readings"


async def over(door: Door) -> None:
    """The hearing is over: parties read its record too."""
    await finished(door)
    last = await door.log.last_seq(HEARING)
    entries = [NewEntry(NOON, None, None, kind, 1, {}) for kind in ("court_opened", "court_closed")]
    await door.log.append(HEARING, last, entries)


async def readings(http: Http, door: Door, seat: str = "clerk") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await (await get(http, door, seat, READINGS)).json())["readings"]
    return found


async def test_without_a_purpose_nothing_has_an_address(door: Door, http: Http) -> None:
    await over(door)
    for seat in ("presiding", "clerk", "plaintiff"):
        record = await (await get(http, door, seat, RECORD)).json()
        assert [copy["url"] for copy in record["copies"]] == [""]
        assert record["reading"] is None
        assert record["viewer"]["seat"] == seat
    answer = await get(http, door, "clerk", f"/api/hearings/{HEARING}/transcript.txt")
    assert await reason(answer) == (403, "purpose_needed")
    assert await readings(http, door) == []


@pytest.mark.parametrize(
    "wish",
    [
        PLAY | {"purpose": ""},
        PLAY | {"purpose": "curiosity"},
        PLAY | {"purpose": "other"},
        PLAY | {"purpose": "other", "note": "   "},
        PLAY | {"note": "x" * 201},
    ],
)
async def test_a_purpose_must_be_stated(door: Door, http: Http, wish: dict[str, str]) -> None:
    await over(door)
    assert await reason(await begin(http, door, await door.bearer("clerk"), wish)) == (400, "purpose_needed")
    assert await readings(http, door) == []


async def test_management_is_no_purpose_of_a_party(door: Door, http: Http) -> None:
    await over(door)
    wish = PLAY | {"purpose": "management"}
    assert (await begin(http, door, await door.bearer("presiding"), wish)).status == 200
    answer = await begin(http, door, await door.bearer("plaintiff"), wish)
    assert await reason(answer) == (400, "purpose_needed")


@pytest.mark.parametrize(
    "body", [{"action": 1}, {"action": "play", "note": "a\nb"}, {"what": "../x"}, {"note": "\ud800"}, []]
)
async def test_nonsense_is_refused(door: Door, http: Http, body: Any) -> None:
    answer = await http.post(
        f"{door.url}{READINGS}",
        data=json.dumps(body),
        headers={"Authorization": f"Bearer {await door.bearer('clerk')}", "Origin": door.url},
    )
    assert await reason(answer) == (400, "bad_request")


async def test_an_act_is_in_the_ledger_before_its_first_byte(door: Door, http: Http) -> None:
    await over(door)
    wish = PLAY | {"purpose": "other", "note": "核对证人陈述"}
    number = (await (await begin(http, door, await door.bearer("plaintiff"), wish)).json())["reading"]
    (row,) = await readings(http, door)
    assert (row["number"], row["seat"], row["role"], row["name"]) == (
        number,
        "plaintiff",
        "plaintiff",
        "张伟",
    )
    assert (row["action"], row["purpose"], row["note"], row["files"]) == ("play", "other", "核对证人陈述", [])
    assert row["at"] == NOON
    assert "session" not in row


async def test_what_was_fetched_is_entered_in_coarse_spans(door: Door, http: Http) -> None:
    url = await link(http, door)
    for piece in ("bytes=0-9", "bytes=10-19", "bytes=500-"):
        await http.get(url, headers={"Range": piece})
    (row,) = await readings(http, door)
    assert row["files"] == [{"file": "plaintiff.webm", "megabytes": [[0, 1]]}]
    assert (await readings(http, door))[0]["files"] == row["files"], "asking enters nothing twice"


async def test_the_ledger_of_reading_is_chained_and_append_only(door: Door, http: Http) -> None:
    url = await link(http, door)
    await http.get(url)
    await readings(http, door)
    entries = await door.log.read(stream_of(HEARING))
    assert [entry.kind for entry in entries] == ["reading_begun", "reading_bytes"]
    assert (await door.log.verify(stream_of(HEARING))).ok
    assert (await verify_hearing(door.database.settings, HEARING)).ok
    assert (await door.log.side_streams(HEARING)) == [], "it is no caucus"


@pytest.mark.parametrize("seat", ["plaintiff", "plaintiff_agent", "witness", "observer", "expert"])
async def test_who_read_it_is_for_the_bench_and_the_clerk(door: Door, http: Http, seat: str) -> None:
    await over(door)
    assert await reason(await get(http, door, seat, READINGS)) == (403, "not_yours")
    for court in ("presiding", "judge", "assessor", "clerk"):
        assert (await get(http, door, court, READINGS)).status == 200


@pytest.mark.parametrize("seat", ["witness", "observer", "expert", "interpreter"])
async def test_who_may_not_read_states_a_purpose_in_vain(door: Door, http: Http, seat: str) -> None:
    await over(door)
    assert await reason(await begin(http, door, await door.bearer(seat), PLAY)) == (403, "not_yours")


# --- links ---


async def test_the_link_of_another_reader_is_refused(door: Door, http: Http) -> None:
    """Whoever has the address alone, and another reader with a cookie of his own."""
    url = await link(http, door)
    async with aiohttp.ClientSession() as stranger:
        assert await reason(await stranger.get(url)) == (403, "link_not_yours")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
        assert (await begin(other, door, await door.bearer("presiding"), PLAY)).status == 200
        answer = await other.get(url, headers={"Accept-Language": "en"})
        assert await reason(answer) == (403, "link_not_yours")
        assert "another reader" in (await answer.json())["message"]
    assert (await http.get(url)).status == 200


async def test_a_cookie_made_up_for_the_link_is_worth_nothing(door: Door, http: Http) -> None:
    url = await link(http, door)
    session = parse_qs(urlsplit(url).query)["r"][0]
    async with aiohttp.ClientSession() as stranger:
        for made_up in ("", session, "0" * 64, "é"):
            cookie = {"Cookie": f"yunting-reader-{session[:16]}={made_up}"}
            assert await reason(await stranger.get(url, headers=cookie)) == (403, "link_not_yours")


@pytest.mark.parametrize("field", ["e", "r", "g", "s"])
async def test_an_edited_link_is_worth_nothing(door: Door, http: Http, field: str) -> None:
    url = await link(http, door)
    value = parse_qs(urlsplit(url).query)[field][0]
    for other in ("", "x", "9" * 13, value[:-1] + ("0" if value[-1] != "0" else "1")):
        edited = url.replace(f"{field}={value}", f"{field}={other}")
        assert await reason(await http.get(edited)) == (403, "link_expired")
    assert (await http.get(url.replace("plaintiff.webm", "defendant.webm"))).status == 403


async def test_a_link_dies_with_the_session(door: Door, http: Http) -> None:
    url = await link(http, door, "judge")
    await door.cases.revoke_links(HEARING, "judge", door.clock.now_ms())
    assert await reason(await http.get(url)) == (401, "session_invalid")


async def test_an_act_of_another_session_gives_no_addresses(door: Door, http: Http) -> None:
    await over(door)
    number = (await (await begin(http, door, await door.bearer("presiding"), PLAY)).json())["reading"]
    for seat in ("presiding", "clerk"):  # the same person at another device states it there
        record = await (await get(http, door, seat, f"{RECORD}?reading={number}")).json()
        assert [copy["url"] for copy in record["copies"]] == [""]
    for odd in ("", "x", "0", "-1", "9" * 20, "²"):
        assert (await get(http, door, "clerk", f"{RECORD}?reading={odd}")).status == 200


async def test_the_cookie_is_for_the_media_alone_and_out_of_scripts_reach(door: Door, http: Http) -> None:
    await over(door)
    answer = await begin(http, door, await door.bearer("clerk"), PLAY)
    (cookie,) = answer.cookies.values()
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/media", True, "Strict")
    assert not cookie["secure"], "plain http on this machine"


@pytest.mark.parametrize(
    ("origins", "secure"),
    [
        ((), False),
        (("https://court.example",), True),
        (("https://court.example", "https://other.example"), True),
        (("https://court.example", "http://inside.example"), False),
    ],
)
async def test_the_cookie_of_a_house_of_tls_is_sent_by_tls_alone(
    open_door: OpenDoor, http: Http, origins: tuple[str, ...], secure: bool
) -> None:
    """A page's own GET carries no Origin, and not every proxy tells of its TLS."""
    door = await open_door(origins=origins)
    await over(door)
    bearer = {"Authorization": f"Bearer {await door.bearer('clerk')}"}
    origin = {"Origin": origins[0] if origins else door.url}
    begun = await http.post(f"{door.url}{READINGS}", json=PLAY, headers=bearer | origin)
    number = (await begun.json())["reading"]
    answer = await http.get(f"{door.url}{RECORD}?reading={number}", headers=bearer)
    (cookie,) = answer.cookies.values()
    assert bool(cookie["secure"]) is secure


async def test_another_site_begins_nothing(door: Door, http: Http) -> None:
    bearer = await door.bearer("clerk")
    headers = {"Authorization": f"Bearer {bearer}", "Origin": "https://elsewhere.example"}
    answer = await http.post(f"{door.url}{READINGS}", json=PLAY, headers=headers)
    assert await reason(answer) == (403, "origin")


# --- copies and packages ---


async def test_the_transcript_is_a_copy_under_a_purpose(door: Door, http: Http) -> None:
    await over(door)
    answer = await transcript(http, door, "plaintiff")
    assert "请求判令被告付款" in await answer.text()
    (row,) = await readings(http, door)
    assert (row["action"], row["thing"], row["purpose"]) == ("copy", "transcript", "check_minutes")
    bearer = await door.bearer("plaintiff")
    playing = (await (await begin(http, door, bearer, PLAY)).json())["reading"]
    path = f"/api/hearings/{HEARING}/transcript.txt?reading={playing}"
    answer = await http.get(f"{door.url}{path}", headers={"Authorization": f"Bearer {bearer}"})
    assert await reason(answer) == (403, "purpose_needed"), "to look is not to copy"


async def test_an_act_opens_no_other_thing_than_its_own(door: Door, http: Http) -> None:
    await over(door)
    bearer = await door.bearer("clerk")
    wish = {"action": "copy", "thing": "picture", "what": "plaintiff", "purpose": "appeal"}
    number = (await (await begin(http, door, bearer, wish)).json())["reading"]
    path = f"/api/hearings/{HEARING}/transcript.txt?reading={number}"
    answer = await http.get(f"{door.url}{path}", headers={"Authorization": f"Bearer {bearer}"})
    assert await reason(answer) == (403, "purpose_needed")


async def test_the_transcript_to_keep_names_whom_the_page_names(door: Door, http: Http) -> None:
    await over(door)
    lines = [
        UtteranceRow(f"u-{seat}", seat, NOON + 1000, NOON + 2000, "我有话说", 0.9)
        for seat in ("plaintiff", "defendant", "observer")
    ]
    await door.results.replace_utterances(HEARING, lines)
    screen = {"one": "plaintiff", "other": "defendant", "reason": "x"}
    entry = NewEntry(NOON, "presiding", None, "seats_screened", 1, screen)
    await door.log.append(HEARING, await door.log.last_seq(HEARING), [entry])
    file = await door.cases.hearing(HEARING)
    assert file is not None
    names = {seat.seat: seat.name for seat in file.seats}
    for reader, unnamed in (
        ("plaintiff", {"defendant", "observer"}),
        ("clerk", set()),
        ("third_party", {"observer"}),
    ):
        text = await (await transcript(http, door, reader)).text()
        assert {seat for seat in ("plaintiff", "defendant", "observer") if names[seat] not in text} == unnamed
        assert text.count("我有话说") == 3
        page = await (await get(http, door, reader, RECORD)).json()
        said = {line["seat"] for line in page["transcript"]["lines"] if not line["name"]}
        assert said == unnamed


async def test_a_copy_of_the_picture_is_for_the_court(door: Door, http: Http) -> None:
    await over(door)
    wish = {"action": "copy", "thing": "picture", "what": "plaintiff", "purpose": "appeal"}
    found = await (await begin(http, door, await door.bearer("clerk"), wish)).json()
    answer = await http.get(f"{door.url}{found['url']}")
    assert (answer.status, await answer.read()) == (200, COPY)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{HEARING}-plaintiff.webm"'
    piece = await http.get(f"{door.url}{found['url']}", headers={"Range": "bytes=10-19"})
    assert (piece.status, await piece.read()) == (206, COPY[10:20])
    assert await reason(await begin(http, door, await door.bearer("plaintiff"), wish)) == (403, "not_for_you")
    missing = await begin(http, door, await door.bearer("clerk"), wish | {"what": "nobody"})
    assert await reason(missing) == (404, "not_found")
    assert len(await readings(http, door)) == 1, "what was refused is no reading"


async def test_nobody_copies_the_voice_of_whom_he_must_not_meet(door: Door, http: Http) -> None:
    await over(door)
    await door.results.save_artefact(
        Artefact(HEARING, "copy", "defendant.webm", f"hearings/{HEARING}/copies/defendant.webm",
                 {"kind": "av", "duration_ms": 200, "seat": "defendant"}, "cd" * 32, NOON)
    )  # fmt: skip
    (door.copies(HEARING) / "defendant.webm").write_bytes(COPY)
    screen = NewEntry(
        NOON,
        "presiding",
        None,
        "seats_screened",
        1,
        {"one": "plaintiff", "other": "defendant", "reason": "x"},
    )
    await door.log.append(HEARING, await door.log.last_seq(HEARING), [screen])
    wish = {"action": "copy", "thing": "sound", "what": "defendant", "purpose": "read_file"}
    answer = await begin(http, door, await door.bearer("plaintiff"), wish)
    assert await reason(answer) == (404, "not_found")


async def test_a_record_whose_copies_were_purged_says_so(door: Door, http: Http) -> None:
    await over(door)
    body = {
        "by": "档案室",
        "reason": "期满",
        "class_id": "short",
        "artefacts": ["copies", "tape"],
        "files": [],
        "part": 1,
        "parts": 1,
    }
    purged = NewEntry(NOON, None, None, "record_purged", 1, body)
    await door.log.append(HEARING, await door.log.last_seq(HEARING), [purged])
    for seat in ("clerk", "plaintiff"):
        record = await (await get(http, door, seat, RECORD)).json()
        assert (record["copies"], record["purged"]) == ([], ["copies", "tape"])
        assert (seat == "clerk") is ("record_purged" in [event["kind"] for event in record["events"]])
        page = await (await get(http, door, seat, f"/api/cases/{CASE}")).json()
        assert page["hearings"][0]["recording"] == record["recording"]
        assert record["recording"]["state"] == "none"


async def test_a_transcript_that_was_purged_is_not_called_ready(door: Door, http: Http) -> None:
    await over(door)
    await door.results.save_artefact(Artefact(HEARING, "transcript", "", "x", {}, "ab" * 32, NOON))
    for purged, state in ((["copies"], "ready"), (["transcript"], "none")):
        body = {
            "by": "b",
            "reason": "r",
            "class_id": "c",
            "artefacts": purged,
            "files": [],
            "part": 1,
            "parts": 1,
        }
        entry = NewEntry(NOON, None, None, "record_purged", 1, body)
        await door.log.append(HEARING, await door.log.last_seq(HEARING), [entry])
        record = await (await get(http, door, "clerk", RECORD)).json()
        page = await (await get(http, door, "clerk", f"/api/cases/{CASE}")).json()
        assert record["transcript"]["state"] == state
        assert page["hearings"][0]["transcript"]["state"] == state


async def test_there_is_no_way_to_delete(door: Door, http: Http) -> None:
    """AVR 15: whatever is asked with DELETE, the answer is that there is nothing of the kind."""
    await over(door)
    bearer = {"Authorization": f"Bearer {await door.bearer('presiding')}", "Origin": door.url}
    for path in (RECORD, READINGS, f"/media/{HEARING}/plaintiff.webm", f"/api/hearings/{HEARING}"):
        assert (await http.delete(f"{door.url}{path}", headers=bearer)).status in {404, 405}
    routes = [route.method for route in door._runner.app.router.routes()]  # type: ignore[union-attr]
    assert "DELETE" not in routes
    assert TRANSCRIPT["action"] == "copy"


async def test_nobody_fills_the_ledger(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(readings_per_minute_max=3)
    await over(door)
    bearer = await door.bearer("plaintiff")
    answers = [await begin(http, door, bearer, PLAY) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert (await begin(http, door, await door.bearer("clerk"), PLAY)).status == 200, "others are not held up"
    door.clock.move(60_000)
    assert (await begin(http, door, bearer, PLAY)).status == 200
