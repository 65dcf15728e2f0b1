"""The officers' keys open the console and nothing else; the day's list is of one court and one day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from server.courtroom.ports import NewEntry
from server.store.cases import Cases, Claim, SeatRow
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.officers import Officer, Officers
from server.store.tables import OFFICER_SESSIONS, OFFICERS
from tests.store.ledgers import settings_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.service

HOUR = 3_600_000
OURS, THEIRS = "天河区人民法院", "越秀区人民法院"
MOVES = ("court_opened", "court_closed")


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(await settings_for(request.param, tmp_path, session_hours=2, console_link_hours=10))
    yield database
    await database.close()


@pytest.fixture
def officers(database: Database) -> Officers:
    return Officers(database)


async def hearing(database: Database, name: str, court: str, at: int) -> str:
    cases = Cases(database)
    case = await cases.create_case(
        case_no=name, cause="买卖合同纠纷", court=court, procedure="p", now_ms=1, case_id=f"c-{name}"
    )
    seats = [
        SeatRow("presiding", "presiding", "bench", "p1", "林静"),
        SeatRow("clerk", "clerk", "court", "p2", "周敏"),
    ]
    return await cases.create_hearing(
        case_id=case, public=True, procedure="p", scheduled_at=at, seats=seats, now_ms=1, hearing_id=name
    )


async def test_a_link_gives_sessions_until_it_runs_out(officers: Officers) -> None:
    token = await officers.make_link(OURS, "技术保障", 0)
    redeemed = await officers.redeem(token, HOUR)
    assert redeemed is not None
    bearer, officer = redeemed
    assert (officer.court, officer.name) == (OURS, "技术保障")
    assert await officers.find_session(bearer, 3 * HOUR - 1) == officer
    assert await officers.find_session(bearer, 3 * HOUR) is None
    late = await officers.redeem(token, 9 * HOUR)
    assert late is not None
    assert await officers.find_session(late[0], 10 * HOUR) is None, "no session outlives its link"
    assert await officers.redeem(token, 10 * HOUR) is None


@pytest.mark.parametrize("token", ["", "x", "\ud800", "' OR 1=1 --"])
async def test_what_is_no_link_is_none(officers: Officers, token: str) -> None:
    await officers.make_link(OURS, "a", 0)
    assert await officers.redeem(token, 1) is None
    assert await officers.find_session(token, 1) is None


async def test_only_digests_are_kept(database: Database, officers: Officers) -> None:
    token = await officers.make_link(OURS, "a", 0)
    redeemed = await officers.redeem(token, 1)
    assert redeemed is not None
    async with database.read() as connection:
        rows = [
            *await connection.execute(sa.select(OFFICERS)),
            *await connection.execute(sa.select(OFFICER_SESSIONS)),
        ]
    assert not any(secret in str(row) for row in rows for secret in (token, redeemed[0]))


async def test_an_officers_keys_and_a_seats_are_different_keys(
    database: Database, officers: Officers
) -> None:
    await hearing(database, "h", OURS, 5)
    cases = Cases(database)
    seat_link, console_link = await cases.make_link("h", "clerk", 0), await officers.make_link(OURS, "a", 0)
    assert await officers.redeem(seat_link, 1) is None
    assert await cases.redeem_link(console_link, 1) is None
    seat, console = await cases.redeem_link(seat_link, 1), await officers.redeem(console_link, 1)
    assert seat is not None
    assert console is not None
    assert await officers.find_session(seat[0], 1) is None
    assert await cases.find_session(console[0], 1) is None


async def test_an_officer_is_entered_as_a_seat_once(database: Database, officers: Officers) -> None:
    await hearing(database, "h", OURS, 5)
    mine = SeatRow("technician-1", "technician", "court", "officer-1", "技术保障")
    bearers = {await officers.seat("h", mine, 0) for _ in range(2)}
    assert len(bearers) == 2
    cases = Cases(database)
    for bearer in bearers:
        assert await cases.find_session(bearer, 1) == Claim("h", "technician-1")
        assert await cases.find_session(bearer, 2 * HOUR) is None
    file = await cases.hearing("h")
    assert file is not None
    assert [seat.seat for seat in file.seats] == ["presiding", "clerk", "technician-1"]


async def test_revoking_ends_everything_of_one_court(database: Database, officers: Officers) -> None:
    await hearing(database, "h", OURS, 5)
    ours, theirs = await officers.make_link(OURS, "a", 0), await officers.make_link(THEIRS, "b", 0)
    kept, ended = await officers.redeem(theirs, 1), await officers.redeem(ours, 1)
    assert kept is not None
    assert ended is not None
    seat = await officers.seat("h", SeatRow("t", "technician", "court", ended[1].id, "a"), 1)
    assert await officers.revoke(OURS, 2) == 1
    assert await officers.redeem(ours, 3) is None
    assert await officers.find_session(ended[0], 3) is None
    assert await Cases(database).find_session(seat, 3) is None
    assert await officers.find_session(kept[0], 3) == Officer(kept[1].id, THEIRS, "b")
    assert await officers.revoke(OURS, 4) == 0


async def test_the_days_list_is_of_one_court_and_day_and_of_what_goes_on(
    database: Database, officers: Officers
) -> None:
    for name, court, at in (
        ("before", OURS, 9), ("first", OURS, 10), ("last", OURS, 19), ("after", OURS, 20),
        ("old", OURS, 1), ("foreign", THEIRS, 15), ("foreign-live", THEIRS, 1),
    ):  # fmt: skip
        await hearing(database, name, court, at)
    log = SqlEventLog(database)
    kinds = ("court_opened", "seat_arrived", "court_closed")
    await log.append("first", 0, [NewEntry(100 + n, None, None, kind, 1, {}) for n, kind in enumerate(kinds)])
    found = await officers.day(OURS, (10, 20), ["old", "foreign-live"], MOVES, 50)
    assert [one.hearing.id for one in found] == ["old", "first", "last"]
    assert {one.case.court for one in found} == {OURS}
    assert found[1].moves == (("court_opened", 100), ("court_closed", 102))
    assert [seat.seat for seat in found[1].seats] == ["presiding", "clerk"]
    assert found[2].moves == ()
    assert len(await officers.day(OURS, (10, 20), [], MOVES, 1)) == 1
    assert await officers.day("nowhere", (0, 99), ["old"], MOVES, 50) == []
