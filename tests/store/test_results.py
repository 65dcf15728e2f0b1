"""Artefacts, transcripts and jobs: replaced whole, claimed once, taken up again after a crash."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from server.store.cases import Cases
from server.store.database import Database
from server.store.results import Artefact, Results, UtteranceRow
from tests.store.ledgers import settings_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.service

COPY = Artefact("h1", "copy", "plaintiff", "h1/copy/plaintiff.webm", {"时长": 1.5, "gaps": []}, "a" * 64, 7)
WORDS = [
    UtteranceRow("u2", "clerk", 2000, 2500, "请坐。"),
    UtteranceRow("u1", "presiding", 1000, 1900, "现在开庭。", 0.9, ({"t0": 1000, "word": "现在"},)),
]


@pytest.fixture(params=["sqlite", "postgres"])
async def results(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Results]:
    database = Database(await settings_for(request.param, tmp_path))
    cases = Cases(database)
    case = await cases.create_case(case_no="1", cause="c", court="c", procedure="p", now_ms=0)
    for hearing in ("h1", "h2"):
        await cases.create_hearing(
            case_id=case,
            public=True,
            procedure="p",
            scheduled_at=0,
            seats=(),
            now_ms=0,
            hearing_id=hearing,
        )
    yield Results(database)
    await database.close()


async def test_an_artefact_takes_the_place_of_the_one_before_it(results: Results) -> None:
    transcript = replace(COPY, kind="transcript", label="zh")
    await results.save_artefact(COPY)
    await results.save_artefact(transcript)
    assert await results.artefacts("h1") == [COPY, transcript]
    newer = replace(COPY, path="h1/copy/plaintiff-2.webm", sha256="b" * 64)
    await results.save_artefact(newer)
    assert await results.artefacts("h1") == [newer, transcript]
    assert await results.artefacts("h2") == []


async def test_a_file_is_entered_once_and_two_files_of_a_seat_both(results: Results) -> None:
    await results.save_artefact(COPY)
    named = replace(COPY, label="plaintiff.webm", detail={"seat": "plaintiff"})
    second = replace(named, label="plaintiff-h264.mp4", path="h1/copy/plaintiff-h264.mp4")
    await results.save_artefact(named)
    await results.save_artefact(second)
    assert await results.artefacts("h1") == [second, named]
    words = [replace(COPY, kind="transcript", label=label, path="") for label in ("en", "zh")]
    for item in words:
        await results.save_artefact(item)
    assert await results.artefacts("h1") == [second, named, *words]


async def test_an_artefact_that_is_refused_leaves_the_old_one(results: Results) -> None:
    await results.save_artefact(COPY)
    with pytest.raises(IntegrityError):
        await results.save_artefact(replace(COPY, kind="minutes"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="JSON"):
        await results.save_artefact(replace(COPY, detail={"x": float("nan")}))
    assert await results.artefacts("h1") == [COPY]


async def test_a_transcript_is_replaced_whole_and_read_in_order_of_time(results: Results) -> None:
    await results.replace_utterances("h1", WORDS)
    await results.replace_utterances("h2", WORDS[:1])
    assert await results.utterances("h1") == [WORDS[1], WORDS[0]]
    await results.replace_utterances("h1", [replace(WORDS[0], text="请起立。")])
    assert [row.text for row in await results.utterances("h1")] == ["请起立。"]
    assert await results.utterances("h2") == WORDS[:1]
    await results.replace_utterances("h1", [])
    assert await results.utterances("h1") == []


async def test_a_transcript_that_is_refused_leaves_the_old_one(results: Results) -> None:
    await results.replace_utterances("h1", WORDS)
    with pytest.raises(IntegrityError):
        await results.replace_utterances("h1", [WORDS[0], WORDS[0]])
    assert len(await results.utterances("h1")) == 2


async def test_a_job_is_asked_for_once_claimed_once_and_done(results: Results) -> None:
    job_id = await results.add_job("h1", "finish", 1)
    assert await results.add_job("h1", "finish", 2) == job_id
    job = await results.claim_job(3)
    assert job is not None
    assert (job.id, job.hearing_id, job.state, job.created_at, job.updated_at) == (
        job_id,
        "h1",
        "running",
        1,
        3,
    )
    assert await results.claim_job(4) is None
    await results.set_job(job_id, state="running", progress=0.5, now_ms=5)
    await results.set_job(job_id, state="done", progress=1.0, now_ms=6)
    assert await results.add_job("h1", "finish", 7) == job_id
    done = await results.job("h1", "finish")
    assert done is not None
    assert (done.state, done.progress, done.updated_at) == ("done", 1.0, 6)
    assert await results.claim_job(8) is None
    assert await results.job("h2", "finish") is None


async def test_the_oldest_job_is_claimed_first_by_exactly_one_taker(results: Results) -> None:
    await results.add_job("h2", "finish", 1)
    await results.add_job("h1", "finish", 2)
    first = await results.claim_job(3)
    assert first is not None
    assert first.hearing_id == "h2"
    claims = await asyncio.gather(*(results.claim_job(4) for _ in range(4)))
    assert [job.hearing_id for job in claims if job] == ["h1"]


async def test_work_a_dead_process_left_is_taken_up_again(results: Results) -> None:
    await results.add_job("h1", "finish", 1)
    await results.add_job("h2", "finish", 2)
    job = await results.claim_job(3)
    assert job is not None
    await results.set_job(job.id, state="running", progress=0.7, now_ms=4)
    assert await results.reopen_jobs(5) == 1
    again = await results.claim_job(6)
    assert again is not None
    assert (again.id, again.progress, again.state) == (job.id, 0.0, "running")


async def test_a_job_that_failed_is_reopened_at_a_start_and_one_that_is_done_is_not(results: Results) -> None:
    done = await results.add_job("h1", "finish", 1)
    failed = await results.add_job("h2", "finish", 2)
    await results.set_job(done, state="done", progress=1.0, now_ms=3)
    await results.set_job(failed, state="failed", progress=0.3, now_ms=3, reason="internal")
    assert await results.claim_job(4) is None
    assert await results.reopen_jobs(5) == 1
    again = await results.claim_job(6)
    assert again is not None
    assert (again.id, again.progress, again.reason) == (failed, 0.0, "")


async def test_a_failed_job_says_why_and_may_be_asked_for_again(results: Results) -> None:
    job_id = await results.add_job("h1", "finish", 1)
    await results.claim_job(2)
    await results.set_job(job_id, state="failed", progress=0.2, now_ms=3, reason="tape_unreadable")
    failed = await results.job("h1", "finish")
    assert failed is not None
    assert (failed.state, failed.reason) == ("failed", "tape_unreadable")
    assert await results.claim_job(4) is None
    assert await results.add_job("h1", "finish", 5) == job_id
    again = await results.claim_job(6)
    assert again is not None
    assert (again.id, again.reason) == (job_id, "")
