"""Files of materials in the ledger: entered, found in their own hearing only, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from server.store.cases import Cases, SeatRow
from server.store.database import Database
from server.store.materials import Material, Materials
from tests.store.ledgers import settings_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.service

CONTRACT = Material("x1", "h1", "plaintiff", "买卖合同", ".pdf", 3, 0, 9000, "a" * 64, 7)


@pytest.fixture(params=["sqlite", "postgres"])
async def materials(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Materials]:
    database = Database(await settings_for(request.param, tmp_path))
    cases = Cases(database)
    case = await cases.create_case(case_no="1", cause="c", court="c", procedure="p", now_ms=0)
    await cases.create_hearing(
        case_id=case,
        public=True,
        procedure="p",
        scheduled_at=0,
        seats=(SeatRow("plaintiff", "plaintiff", "plaintiff", "person-1", "陈立"),),
        now_ms=0,
        hearing_id="h1",
    )
    yield Materials(database)
    await database.close()


async def test_a_file_is_found_in_its_own_hearing_only(materials: Materials) -> None:
    await materials.add(CONTRACT)
    assert await materials.find("h1", "x1") == CONTRACT
    assert await materials.find("h2", "x1") is None
    assert await materials.find("h1", "x2") is None


async def test_a_file_that_was_taken_back_is_gone(materials: Materials) -> None:
    await materials.add(CONTRACT)
    await materials.remove("x1")
    assert await materials.find("h1", "x1") is None
    await materials.remove("x1")


async def test_a_file_has_one_name_and_a_seat_that_handed_it_in(materials: Materials) -> None:
    await materials.add(CONTRACT)
    with pytest.raises(IntegrityError):
        await materials.add(CONTRACT)
    with pytest.raises(IntegrityError):
        await materials.add(Material("x2", "h1", "nobody", "t", ".pdf", 1, 0, 1, "a" * 64, 7))
