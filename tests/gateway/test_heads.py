"""Heads of the log by HTTP: at recess and close, to who may read the record, and nothing that tells more than the moment."""

from __future__ import annotations

import pytest

from server.courtroom.ports import TapeFact
from server.hearing.commands import TapeState
from tests.gateway.asking import Http, get, reason
from tests.gateway.door import HEARING, OTHER_HEARING, Door

pytestmark = pytest.mark.service

PATH = f"/api/hearings/{HEARING}/heads"


async def sat(door: Door) -> None:
    """The court opens, recesses, resumes, and closes."""
    judge, *_ = await door.enter("presiding", "clerk", "judge", "assessor", "plaintiff", "defendant")
    door.instruments.recorders[-1].post(TapeFact(TapeState.IDLE))
    await door.until(lambda: "tape_not_ready" not in judge.view["missing"])
    await judge.do("open_court", reason="the third party has been excused")
    await judge.do("recess", reason="")
    await judge.do("resume")
    await judge.do("adjourn", reason="another day")


async def test_a_party_gets_the_head_of_each_recess_and_of_the_end(door: Door, http: Http) -> None:
    before = await (await get(http, door, "plaintiff", PATH)).json()
    assert before == {"heads": []}
    await sat(door)
    told = (await (await get(http, door, "plaintiff", PATH)).json())["heads"]
    entries = await door.log.read(HEARING)
    recess, end = (
        next(e for e in entries if e.kind == kind) for kind in ("court_recessed", "court_adjourned")
    )
    assert told == [
        {"moment": "recess", "at": recess.at_ms, "head": recess.hash},
        {"moment": "close", "at": end.at_ms, "head": end.hash},
    ]


@pytest.mark.parametrize(
    ("seat", "status"), [("clerk", 200), ("defendant", 200), ("witness", 403), ("observer", 403)]
)
async def test_who_may_not_read_the_record_gets_none(door: Door, http: Http, seat: str, status: int) -> None:
    assert (await get(http, door, seat, PATH)).status == status


async def test_another_hearings_heads_are_not_given(door: Door, http: Http) -> None:
    answer = await get(http, door, "plaintiff", f"/api/hearings/{OTHER_HEARING}/heads")
    assert await reason(answer) == (404, "not_found")
