"""A hearing that is over, seen before its copies are made: by the rules of the record, under a purpose."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import av
import pytest

from server.courtroom.ports import NewEntry
from server.store.readings import Reading
from server.store.results import Artefact
from tests.fakes.clock import NOON
from tests.gateway.asking import PLAY, Http, begin, reason
from tests.gateway.door import HEARING, OTHER_HEARING, Door
from tests.recording.senders import T0, Sender
from tests.recording.test_viewing import on_tape

if TYPE_CHECKING:
    import aiohttp

pytestmark = pytest.mark.service

assert T0 == NOON * 1_000_000, "the senders' time is the clock's"
LENGTH_S = 100
TAPED_S = 10


async def over(door: Door, *, ended: bool = True) -> None:
    """A hearing of a hundred seconds, of which the first ten are on the tape, of two people."""
    last = await door.log.last_seq(HEARING)
    entries = [NewEntry(NOON, None, None, "court_opened", 1, {})]
    entries += [NewEntry(NOON + LENGTH_S * 1000, None, None, "court_closed", 1, {})] if ended else []
    await door.log.append(HEARING, last, entries)
    packets = Sender("p1").tone(500, 0, TAPED_S) + Sender("p2").tone(900, 0, TAPED_S)
    packets.sort(key=lambda one: one.arrival_ns)
    await on_tape(door.tapes(HEARING), packets, {"p1": "plaintiff", "p2": "defendant"})


async def look(
    http: Http, door: Door, seat: str, body: Any = None, *, hearing: str = HEARING, purpose: bool = True
) -> aiohttp.ClientResponse:
    bearer = await door.bearer(seat)
    reading = 0
    if purpose:
        reading = (await (await begin(http, door, bearer, PLAY, hearing)).json()).get("reading", 0)
    return await http.post(
        f"{door.url}/api/hearings/{hearing}/look?reading={reading}",
        json={"from": 0, "seconds": 60} if body is None else body,
        headers={"Authorization": f"Bearer {bearer}"},
    )


@pytest.mark.parametrize("seat", ["presiding", "clerk", "plaintiff", "plaintiff_agent"])
async def test_whoever_may_play_the_record_sees_it_at_once(door: Door, http: Http, seat: str) -> None:
    await over(door)
    seen = await (await look(http, door, seat)).json()
    assert (seen["from"], seen["to"]) == (NOON, NOON + 60_000)
    assert {one["seat"] for one in seen["copies"]} == {"plaintiff", "defendant"}
    answer = await http.get(f"{door.url}{seen['copies'][0]['url']}")
    assert (answer.status, answer.content_type) == (200, "video/webm")
    opened: Any = av.open(io.BytesIO(await answer.read()))
    with opened as container:
        assert container.duration / av.time_base == pytest.approx(60, abs=0.1)


async def test_a_purpose_is_needed_and_stands_in_the_ledger(door: Door, http: Http) -> None:
    await over(door)
    assert await reason(await look(http, door, "clerk", purpose=False)) == (403, "purpose_needed")
    seen = await (await look(http, door, "clerk")).json()
    await (await http.get(f"{door.url}{seen['copies'][0]['url']}")).read()
    bearer = {"Authorization": f"Bearer {await door.bearer('clerk')}"}
    told = await (await http.get(f"{door.url}/api/hearings/{HEARING}/readings", headers=bearer)).json()
    assert [one["file"] for one in told["readings"][0]["files"]] == [
        seen["copies"][0]["url"].partition("?")[0].rpartition("/")[2]
    ]


async def test_who_may_not_read_the_record_does_not(door: Door, http: Http) -> None:
    await over(door)
    for seat in ("witness", "observer", "expert"):
        assert await reason(await look(http, door, seat)) == (403, "not_yours"), seat
    assert await reason(await look(http, door, "clerk", hearing=OTHER_HEARING)) == (404, "not_found")


async def test_nobody_sees_whom_they_must_not_meet(door: Door, http: Http) -> None:
    await over(door)
    last = await door.log.last_seq(HEARING)
    body = {"one": "plaintiff", "other": "defendant", "reason": "fear"}
    await door.log.append(HEARING, last, [NewEntry(NOON + 1, None, None, "seats_screened", 1, body)])
    for seat, others in (("plaintiff", {"plaintiff"}), ("clerk", {"plaintiff", "defendant"})):
        seen = await (await look(http, door, seat)).json()
        assert {one["seat"] for one in seen["copies"]} == others


async def test_only_when_it_is_over_and_until_the_copies_are_there(door: Door, http: Http) -> None:
    await over(door, ended=False)
    assert await reason(await look(http, door, "clerk")) == (403, "not_yours")
    last = await door.log.last_seq(HEARING)
    ended = NewEntry(NOON + LENGTH_S * 1000, None, None, "court_closed", 1, {})
    await door.log.append(HEARING, last, [ended])
    assert (await look(http, door, "clerk")).status == 200
    detail = {"seat": "plaintiff", "kind": "av", "duration_ms": 100_000}
    copy = Artefact(HEARING, "copy", "plaintiff.webm", "x/plaintiff.webm", detail, "ab" * 32, NOON)
    await door.results.save_artefact(copy)
    assert await reason(await look(http, door, "clerk")) == (409, "copies_are_there")


async def test_when_the_copies_are_purged_the_tape_is_looked_at_until_it_goes_too(
    door: Door, http: Http
) -> None:
    await over(door)
    detail = {"seat": "plaintiff", "kind": "av", "duration_ms": 100_000}
    copy = Artefact(HEARING, "copy", "plaintiff.webm", "x/plaintiff.webm", detail, "ab" * 32, NOON)
    await door.results.save_artefact(copy)
    for kind, status in (("copies", 200), ("tape", 404)):
        body = {
            "by": "b",
            "reason": "r",
            "class_id": "c",
            "artefacts": [kind],
            "files": [],
            "part": 1,
            "parts": 1,
        }
        purged = NewEntry(NOON, None, None, "record_purged", 1, body)
        await door.log.append(HEARING, await door.log.last_seq(HEARING), [purged])
        assert (await look(http, door, "clerk")).status == status, kind


async def test_an_act_of_another_thing_opens_no_look(door: Door, http: Http) -> None:
    """As a replay of the last minutes while the hearing was on, entered by the house."""
    await over(door)
    bearer = await door.bearer("clerk")
    session = hashlib.sha256(bearer.encode()).hexdigest()
    reading = Reading("play", "replay", "", "hearing", "", HEARING, "clerk", "clerk", "n", session)
    number = await door.takings.readings.begin(HEARING, reading, NOON)
    answer = await http.post(
        f"{door.url}/api/hearings/{HEARING}/look?reading={number}",
        json={"from": 0, "seconds": 60},
        headers={"Authorization": f"Bearer {bearer}"},
    )
    assert await reason(answer) == (403, "purpose_needed")


async def test_only_within_the_hearing_and_no_nonsense(door: Door, http: Http) -> None:
    await over(door)
    last = await (await look(http, door, "clerk", {"from": 90_000, "seconds": 60})).json()
    assert (last["from"], last["to"]) == (NOON + 90_000, NOON + 100_000)
    wrong: tuple[Any, ...] = (
        {"from": 100_000, "seconds": 60},
        {"from": -1, "seconds": 60},
        {"from": 0, "seconds": 61},
        {"from": True, "seconds": 60},
        {"from": 0},
        [],
    )
    for body in wrong:
        assert await reason(await look(http, door, "clerk", body)) == (400, "bad_request"), body


async def test_a_link_is_of_one_reader(door: Door, http: Http) -> None:
    await over(door)
    seen = await (await look(http, door, "clerk")).json()
    url = seen["copies"][0]["url"]
    http.cookie_jar.clear()
    assert await reason(await http.get(f"{door.url}{url}")) == (403, "link_not_yours")
