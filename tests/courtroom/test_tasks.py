"""Background tasks: a dead one is reported, a living one ended with the house."""

from __future__ import annotations

import asyncio
import logging

import pytest

from server.courtroom.tasks import Tasks

pytestmark = pytest.mark.pure


async def test_a_task_that_dies_is_named_in_the_log_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()
    deaths: list[BaseException] = []

    async def work() -> None:
        raise KeyError("x")

    with caplog.at_level(logging.ERROR):
        tasks.start(work(), "the clerk's pen", deaths.append)
        tasks.start(work(), "nobody's")
        for _ in range(5):
            await asyncio.sleep(0)
    assert [type(death) for death in deaths] == [KeyError]
    assert "the clerk's pen died" in caplog.text
    assert "nobody's died" in caplog.text
    await tasks.close()


async def test_the_end_of_the_house_cancels_and_waits(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("in good order")

    tasks.start(work(), "one")
    tasks.start(work(), "two", lambda _: ended.append("reported"))
    await asyncio.sleep(0)
    await tasks.close()
    assert ended == ["in good order", "in good order"]
    assert caplog.text == ""
