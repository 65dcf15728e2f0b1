"""HTTP: the record of a hearing, role by role, and its files, by signed link only."""

from __future__ import annotations

from typing import Any

import pytest

from server.courtroom.line_log import LineStep, SeatLine
from server.courtroom.outputs import SeatHealth
from server.courtroom.ports import NewEntry
from server.gateway.access import may_read_record
from server.hearing.ids import HearingId, Instant, SeatId
from tests.gateway.asking import COPY, ROUTES, Http, finished, get, link, reason, transcript
from tests.gateway.door import CASE, HEARING, OTHER_CASE, OTHER_HEARING, PEOPLE, Door

pytestmark = pytest.mark.service


# --- the record: role x route ---


@pytest.mark.parametrize("seat", PEOPLE, ids=lambda seat: seat.seat)
async def test_each_role_reads_what_it_may_on_every_route(door: Door, http: Http, seat: Any) -> None:
    await finished(door)
    for path in ROUTES:
        answer = await get(http, door, seat.seat, path)
        if may_read_record(seat.role) and path.endswith("transcript.txt"):
            assert await reason(answer) == (403, "purpose_needed"), path
        elif may_read_record(seat.role):
            assert answer.status == 200, path
        else:
            assert await reason(answer) == (403, "not_yours"), path


@pytest.mark.parametrize("seat", PEOPLE, ids=lambda seat: seat.seat)
async def test_the_series_of_the_lines_is_for_the_bench_and_the_clerk(
    door: Door, http: Http, seat: Any
) -> None:
    await finished(door)
    line = SeatLine(SeatHealth(SeatId("plaintiff"), 0.25, None, 480, 31, "poor"), 900)
    door.lines.note(HearingId(HEARING), LineStep(Instant(1000), (line,)))
    answer = await get(http, door, seat.seat, f"/api/hearings/{HEARING}/lines.csv")
    bench = {"presiding", "judge", "assessor", "clerk", "mediator", "enforcement_officer"}
    if seat.role in bench:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert (await answer.text()).splitlines()[1:] == ["1000,0,plaintiff,poor,25.00,,480,31,900,0,,0,0,0"]
    else:  # not even a party's own: it would be a way to learn of the others' by what is left out
        assert await reason(answer) == (403, "not_yours")
    record = await get(http, door, seat.seat, f"/api/hearings/{HEARING}/record")
    if record.status == 200:
        assert (await record.json())["line_series"] is (seat.role in bench)


@pytest.mark.parametrize("path", [f"/api/hearings/{OTHER_HEARING}/lines.csv", f"/api/cases/{OTHER_CASE}", f"/api/hearings/{OTHER_HEARING}/record",
                                  f"/api/hearings/{OTHER_HEARING}/transcript.txt", "/api/cases/none",
                                  "/api/hearings/none/record", "/api/hearings/none/transcript.txt"])  # fmt: skip
async def test_another_case_is_like_one_that_does_not_exist(door: Door, http: Http, path: str) -> None:
    assert await reason(await get(http, door, "presiding", path)) == (404, "not_found")


async def test_the_case_page_lists_its_hearings(door: Door, http: Http) -> None:
    await finished(door)
    await door.schedule(CASE, "hearing-2")
    page = await (await get(http, door, "plaintiff", f"/api/cases/{CASE}")).json()
    assert page["case"]["id"] == CASE
    assert [party["role"] for party in page["case"]["parties"]] == ["plaintiff", "defendant", "third_party"]
    assert [(h["id"], h["session"]) for h in page["hearings"]] == [
        (HEARING, "scheduled"),
        ("hearing-2", "scheduled"),
    ]
    assert page["hearings"][0]["recording"]["state"] == "ready"
    assert page["hearings"][1]["recording"]["state"] == "none"


async def test_another_hearing_of_the_own_case_may_be_read(door: Door, http: Http) -> None:
    await door.schedule(CASE, "hearing-2")
    record = await get(http, door, "plaintiff", "/api/hearings/hearing-2/record")
    assert (record.status, (await record.json())["hearing"]["id"]) == (200, "hearing-2")


async def test_the_record_vouches_for_its_chain(door: Door, http: Http) -> None:
    await door.enter("presiding", "clerk")
    record = await (await get(http, door, "clerk", f"/api/hearings/{HEARING}/record")).json()
    verdict = await door.log.verify(HEARING)
    assert record["verified"] == {"chain": True, "entries": verdict.entries, "head": verdict.head}
    assert len(record["events"]) == verdict.entries


async def test_who_waits_outside_does_not_read_along(door: Door, http: Http) -> None:
    await finished(door)
    judge, _ = await door.enter("presiding", "clerk")
    path = f"/api/hearings/{HEARING}/record"
    party, bench = [await (await get(http, door, seat, path)).json() for seat in ("plaintiff", "judge")]
    await judge.do("set_self", microphone=False, camera=False)
    assert await (await get(http, door, "plaintiff", path)).json() == party, (
        "not even that something happened"
    )
    assert (await (await get(http, door, "judge", path)).json())["verified"] != bench["verified"]
    assert (party["events"], party["copies"]) == ([], [])
    assert bench["events"]
    assert bench["copies"]
    assert party.keys() == bench.keys()


async def test_the_transcript_is_a_file_to_keep(door: Door, http: Http) -> None:
    await finished(door)
    answer = await transcript(http, door, "clerk")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="transcript-{HEARING}.txt"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "[00:00:01] 原告 张伟：请求判令被告付款" in await answer.text()


# --- files ---


async def test_a_copy_is_played_by_its_signed_link_alone(door: Door, http: Http) -> None:
    url = await link(http, door)
    answer = await http.get(url)
    assert (answer.status, await answer.read()) == (200, COPY)
    assert "no-store" not in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
    bearer = {"Authorization": f"Bearer {await door.bearer('presiding')}"}
    bare = await http.get(url.partition("?")[0], headers=bearer)
    assert await reason(bare) == (403, "link_expired"), "not even the bench by its bearer"


async def test_a_player_asks_for_pieces(door: Door, http: Http) -> None:
    url = await link(http, door)
    answer = await http.get(url, headers={"Range": "bytes=10-19"})
    assert (answer.status, await answer.read()) == (206, COPY[10:20])
    assert answer.headers["Content-Range"] == f"bytes 10-19/{len(COPY)}"
    answer = await http.get(url, headers={"Range": f"bytes={len(COPY)}-"})
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(COPY)}")


async def test_a_link_that_ran_out_is_refused(door: Door, http: Http) -> None:
    url = await link(http, door)
    door.clock.move(3_700_000)
    assert await reason(await http.get(url)) == (403, "link_expired")


@pytest.mark.parametrize(
    "name",
    ["../secret.webm", "..%2Fsecret.webm", "%2e%2e%2fsecret.webm", "..%5Csecret.webm", "plaintiff.webm%00.mp4",
     "plaintiff.webm%0A", ".webm", "plaintiff.exe", "plaintiff", "x" * 65 + ".webm", "other.webm"],
)  # fmt: skip
async def test_no_name_leads_out_of_the_folder(door: Door, http: Http, name: str) -> None:
    """Neither with a link of another file nor, were the key lost, with a good signature."""
    url = await link(http, door)
    query = url.partition("?")[2]
    stolen = await http.get(f"{door.url}/media/{HEARING}/{name}?{query}")
    assert stolen.status in {403, 404}
    from yarl import URL  # noqa: PLC0415  used here alone

    target = URL(f"{door.url}/media/{HEARING}/{name}", encoded=True)
    session = URL(url).query["r"]
    signed = door.auth.links.sign(target.path, session, 1).rpartition("?")[2]
    forged = await http.get(URL(f"{target}?{signed}", encoded=True))
    assert forged.status in {403, 404}
    assert b"not yours" not in await forged.read()


async def a_mediation(door: Door) -> None:
    """The plaintiff and the defendant of the case before a mediator; over, with a word in the caucus of the plaintiff."""
    file = await door.cases.hearing(HEARING)
    assert file is not None
    seats = tuple(seat for seat in file.seats if seat.role in {"plaintiff", "defendant"})
    await door.cases.create_hearing(
        case_id=CASE,
        public=False,
        procedure="mediation",
        scheduled_at=1,
        seats=seats,
        now_ms=1,
        hearing_id="mediation-1",
    )
    word = {
        "room": "caucus:plaintiff",
        "proposal": "p",
        "by": "plaintiff",
        "to": "plaintiff",
        "text": "a third",
    }
    await door.log.append("mediation-1", 0, [NewEntry(2, None, None, "court_closed", 1, {})])
    aside = NewEntry(1, None, None, "proposal_made", 1, word)
    await door.log.append("mediation-1#caucus.plaintiff", 0, [aside])


async def test_the_bench_of_the_trial_opens_nothing_of_a_mediation_of_its_case(
    door: Door, http: Http
) -> None:
    await a_mediation(door)
    for seat in ("presiding", "judge", "clerk"):
        for path in ("record", "transcript.txt"):
            answer = await get(http, door, seat, f"/api/hearings/mediation-1/{path}")
            assert await reason(answer) == (403, "not_yours")


async def test_a_caucus_is_in_the_record_of_its_own_side_alone(door: Door, http: Http) -> None:
    await a_mediation(door)
    own = await (await get(http, door, "plaintiff", "/api/hearings/mediation-1/record")).json()
    assert [(one["room"], one["events"][0]["body"]["text"]) for one in own["caucuses"]] == [
        ("caucus:plaintiff", "a third")
    ]
    other = await (await get(http, door, "defendant", "/api/hearings/mediation-1/record")).text()
    assert "a third" not in other
