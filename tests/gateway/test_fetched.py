"""What was fetched, in coarse spans: nothing that was fetched is left out, and the list stays short."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.courtroom.ports import Unavailable
from server.gateway.fetched import MEGABYTE, SPANS_MAX, Fetched, spans_of

pytestmark = pytest.mark.pure


@given(st.sets(st.integers(0, 5000), max_size=300), st.integers(1, SPANS_MAX))
def test_spans_cover_what_was_fetched_in_order_and_are_few(numbers: set[int], most: int) -> None:
    spans = spans_of(numbers, most)
    assert len(spans) <= most or not numbers
    covered = {number for first, end in spans for number in range(first, end)}
    assert numbers <= covered
    assert all(a[1] < b[0] for a, b in itertools.pairwise(spans))
    if len(spans) < most:
        assert covered == numbers, "exact as long as there is room"


class Ledger:
    """Keeps what is entered; refuses while it is away."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.away = False
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def note_bytes(self, hearing: str, rows: Any, now_ms: int) -> None:
        self.asked += 1
        await self.gate.wait()
        if self.away:
            raise Unavailable("ledger")
        self.rows += [(hearing, *row, now_ms) for row in rows]


async def test_pieces_are_gathered_and_entered_once() -> None:
    ledger: Any = Ledger()
    fetched = Fetched(ledger, lambda: 7, interval_s=1.0, keys_max=10)
    for at in range(0, 3 * MEGABYTE, MEGABYTE // 4):
        await fetched.note("h", 1, "a.webm", at, at + MEGABYTE // 4 - 1)
    await fetched.note("h", 1, "a.webm", 9 * MEGABYTE, 9 * MEGABYTE)
    await fetched.drain()
    await fetched.drain()
    assert ledger.rows == [("h", 1, "a.webm", [[0, 3], [9, 10]], 7)]


async def test_a_ledger_that_is_away_costs_nothing() -> None:
    ledger: Any = Ledger()
    fetched = Fetched(ledger, lambda: 7, interval_s=1.0, keys_max=10)
    ledger.away = True
    await fetched.note("h", 1, "a.webm", 0, 1)
    await fetched.drain()
    await fetched.note("h", 1, "a.webm", MEGABYTE, MEGABYTE)
    ledger.away = False
    await fetched.drain()
    assert ledger.rows == [("h", 1, "a.webm", [[0, 2]], 7)]


async def test_more_files_than_fit_are_entered_at_once() -> None:
    ledger: Any = Ledger()
    fetched = Fetched(ledger, lambda: 7, interval_s=1.0, keys_max=2)
    for number in range(5):
        await fetched.note("h", number, "a.webm", 0, 1)
    assert len(ledger.rows) == 4


async def test_a_hearings_files_are_one_entry_of_the_ledger() -> None:
    ledger: Any = Ledger()
    fetched = Fetched(ledger, lambda: 7, interval_s=1.0, keys_max=100)
    for number in range(20):
        await fetched.note(f"h{number % 2}", number, "a.webm", 0, 1)
    await fetched.drain()
    assert (len(ledger.rows), ledger.asked) == (20, 2)


async def test_what_cannot_be_remembered_is_not_given_out_and_a_ledger_that_is_away_is_left_alone() -> None:
    ledger: Any = Ledger()
    ledger.away = True
    fetched = Fetched(ledger, lambda: 7, interval_s=1.0, keys_max=2)
    for number in range(10):
        try:
            await fetched.note("h", number, "a.webm", 0, 1)
        except Unavailable as failure:
            assert (failure.reason, number > 1) == ("ledger", True)
        else:
            assert number < 2
    assert ledger.asked == 1, "not once a request"
    await fetched.note("h", 1, "a.webm", MEGABYTE, MEGABYTE)
    ledger.away = False
    await fetched.drain()
    assert ledger.rows == [("h", 0, "a.webm", [[0, 1]], 7), ("h", 1, "a.webm", [[0, 2]], 7)]
    await fetched.note("h", 9, "a.webm", 0, 1)


async def test_who_cancels_an_entry_loses_nothing_and_what_comes_meanwhile_is_kept() -> None:
    ledger: Any = Ledger()
    ledger.gate.clear()
    fetched = Fetched(ledger, lambda: 7, interval_s=1.0, keys_max=10)
    for hearing in ("h", "i"):
        await fetched.note(hearing, 1, "a.webm", 0, 1)
    async with asyncio.TaskGroup() as group:
        draining = group.create_task(fetched.drain())
        while not ledger.asked:
            await asyncio.sleep(0)
        await fetched.note("h", 1, "a.webm", MEGABYTE, MEGABYTE)
        draining.cancel()
    async with asyncio.TaskGroup() as group:
        group.create_task(fetched.drain())
        while ledger.asked < 2:
            await asyncio.sleep(0)
        await fetched.note("h", 1, "a.webm", 2 * MEGABYTE, 2 * MEGABYTE)
        ledger.gate.set()
    assert ledger.rows == [("h", 1, "a.webm", [[0, 2]], 7), ("i", 1, "a.webm", [[0, 1]], 7)]
    await fetched.drain()
    assert ledger.rows[2:] == [("h", 1, "a.webm", [[2, 3]], 7)]
