"""Cases, hearings, seats; who holds a link or a session may act as one seat, and for so long only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from server.store.cases import Case, Cases, Claim, HearingFile, HearingRow, SeatRow
from server.store.database import Database
from server.store.tables import LINKS, SESSIONS
from tests.store.ledgers import settings_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.service

HOUR = 3_600_000
SEATS = (
    SeatRow("presiding", "presiding_judge", "bench", "p1", "林晓"),
    SeatRow("plaintiff", "plaintiff", "plaintiff", "p2", "张伟"),
    SeatRow("plaintiff_agent", "agent", "plaintiff", "p3", "何敏", represents="plaintiff"),
)


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(await settings_for(request.param, tmp_path, session_hours=2))
    yield database
    await database.close()


@pytest.fixture
def cases(database: Database) -> Cases:
    return Cases(database)


@pytest.fixture
async def hearing(cases: Cases) -> str:
    case = await cases.create_case(
        case_no="（2026）粤0106民初1234号",
        cause="买卖合同纠纷",
        court="天河区人民法院",
        procedure="civil_ordinary",
        now_ms=5,
        case_id="case-1",
    )
    return await cases.create_hearing(
        case_id=case, public=True, procedure="civil_ordinary", scheduled_at=9 * HOUR, seats=SEATS, now_ms=6
    )


async def test_a_hearing_is_read_as_it_was_entered(cases: Cases, hearing: str) -> None:
    case = Case("case-1", "（2026）粤0106民初1234号", "买卖合同纠纷", "天河区人民法院", "civil_ordinary", 5)
    row = HearingRow(hearing, "case-1", True, "civil_ordinary", 9 * HOUR, 6)
    assert await cases.hearing(hearing) == HearingFile(case, row, SEATS)
    assert await cases.case("case-1") == case
    assert await cases.cases() == [case]
    assert await cases.hearings("case-1") == [row]


async def test_what_is_not_there_is_none(cases: Cases) -> None:
    assert await cases.hearing("nothing") is None
    assert await cases.case("nothing") is None
    assert await cases.hearings("nothing") == []
    assert await cases.cases() == []


async def test_hearings_of_a_case_stand_in_order_of_their_day(cases: Cases, hearing: str) -> None:
    earlier = await cases.create_hearing(
        case_id="case-1", public=False, procedure="civil_summary", scheduled_at=1, seats=(), now_ms=7
    )
    assert [row.id for row in await cases.hearings("case-1")] == [earlier, hearing]


async def test_a_court_has_each_case_number_once(cases: Cases, hearing: str) -> None:
    assert hearing
    with pytest.raises(IntegrityError):
        await cases.create_case(
            case_no="（2026）粤0106民初1234号", cause="x", court="天河区人民法院", procedure="x", now_ms=8
        )


async def test_a_hearing_of_no_case_or_with_a_seat_twice_leaves_nothing(cases: Cases, hearing: str) -> None:
    for case_id, seats in (("nothing", SEATS), ("case-1", (*SEATS, SEATS[0]))):
        with pytest.raises(IntegrityError):
            await cases.create_hearing(
                case_id=case_id, public=True, procedure="x", scheduled_at=1, seats=seats, now_ms=7
            )
    assert [row.id for row in await cases.hearings("case-1")] == [hearing]


async def test_a_link_gives_a_session_and_the_session_a_seat(cases: Cases, hearing: str) -> None:
    token = await cases.make_link(hearing, "plaintiff", 10)
    redeemed = await cases.redeem_link(token, 20)
    assert redeemed is not None
    bearer, claim = redeemed
    assert claim == Claim(hearing, "plaintiff")
    assert await cases.find_session(bearer, 21) == claim
    again = await cases.redeem_link(token, 30)
    assert again is not None
    assert again[0] != bearer
    assert await cases.find_session(bearer, 31) == claim


async def test_no_secret_lies_in_the_database(cases: Cases, hearing: str, database: Database) -> None:
    token = await cases.make_link(hearing, "plaintiff", 10)
    redeemed = await cases.redeem_link(token, 20)
    assert redeemed
    assert min(len(token), len(redeemed[0])) >= 43  # 256 bits in base64
    async with database.read() as connection:
        for table in (LINKS, SESSIONS):
            rows = (await connection.execute(table.select())).all()
            assert len(rows) == 1
            assert token not in str(rows)
            assert redeemed[0] not in str(rows)


async def test_a_session_runs_out(cases: Cases, hearing: str) -> None:
    token = await cases.make_link(hearing, "plaintiff", 0)
    redeemed = await cases.redeem_link(token, 100)
    assert redeemed
    assert await cases.find_session(redeemed[0], 100 + 2 * HOUR - 1) is not None
    assert await cases.find_session(redeemed[0], 100 + 2 * HOUR) is None


async def test_sessions_that_ran_out_are_swept_at_the_next_join(
    cases: Cases, hearing: str, database: Database
) -> None:
    token = await cases.make_link(hearing, "plaintiff", 0)
    for at in (0, HOUR, 5 * HOUR):
        await cases.redeem_link(token, at)
    async with database.read() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM sessions")).scalar_one() == 1


@pytest.mark.parametrize("guess", ["", "x", "林" * 10, "\udce5", "\x00", "a" * 10_000])
async def test_a_guess_opens_nothing(cases: Cases, hearing: str, guess: str) -> None:
    await cases.make_link(hearing, "plaintiff", 0)
    assert await cases.redeem_link(guess, 1) is None
    assert await cases.find_session(guess, 1) is None


async def test_a_link_is_no_session_and_a_session_no_link(cases: Cases, hearing: str) -> None:
    token = await cases.make_link(hearing, "plaintiff", 0)
    redeemed = await cases.redeem_link(token, 1)
    assert redeemed
    assert await cases.find_session(token, 2) is None
    assert await cases.redeem_link(redeemed[0], 2) is None


async def test_revoking_ends_a_seats_links_and_sessions_and_no_others(cases: Cases, hearing: str) -> None:
    mine, theirs = [await cases.make_link(hearing, seat, 0) for seat in ("plaintiff", "presiding")]
    my_session, their_session = await cases.redeem_link(mine, 1), await cases.redeem_link(theirs, 1)
    assert my_session
    assert their_session
    await cases.revoke_links(hearing, "plaintiff", 2)
    assert await cases.redeem_link(mine, 3) is None
    assert await cases.find_session(my_session[0], 3) is None
    assert await cases.find_session(their_session[0], 3) == Claim(hearing, "presiding")
    fresh = await cases.make_link(hearing, "plaintiff", 4)
    assert await cases.redeem_link(fresh, 5) is not None


async def test_a_link_needs_a_seat(cases: Cases, hearing: str) -> None:
    with pytest.raises(IntegrityError):
        await cases.make_link(hearing, "nobody", 0)
