"""The contract of ports.EventLog, kept by the fake and by both real databases."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from server.courtroom.ports import EventLog, NewEntry, SeqConflict
from server.store.database import Database
from server.store.event_log import SqlEventLog
from tests.fakes.event_log import MemoryEventLog
from tests.store.ledgers import settings_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.service


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventLog]:
    if request.param == "memory":
        yield MemoryEventLog()
        return
    database = Database(await settings_for(request.param, tmp_path, page_entries=2))
    yield SqlEventLog(database)
    await database.close()


def entry(n: int, **changes: object) -> NewEntry:
    fields: dict[str, object] = {
        "at_ms": 1_000 + n,
        "actor_seat": "presiding",
        "actor_connection": f"c{n}",
        "kind": "floor_granted",
        "version": 1,
        "body": {
            "seat": "证人",
            "n": n,
            "limit": None,
            "list": [1, {"b": 2, "a": 1}],
            "odd": "\x00\u2028\U0001f600",
        },
    }
    return NewEntry(**(fields | changes))  # type: ignore[arg-type]


async def test_what_was_appended_is_read_in_order_and_numbered_from_one(log: EventLog) -> None:
    assert await log.append("a", 0, [entry(1), entry(2)]) == 2
    assert await log.append("a", 2, [entry(3, actor_seat=None, actor_connection=None)]) == 3
    read = await log.read("a")
    assert [e.seq for e in read] == [1, 2, 3]
    assert [NewEntry(e.at_ms, e.actor_seat, e.actor_connection, e.kind, e.version, e.body) for e in read] == [
        entry(1),
        entry(2),
        entry(3, actor_seat=None, actor_connection=None),
    ]
    assert {e.stream for e in read} == {"a"}
    assert [e.seq for e in await log.read("a", after_seq=2)] == [3]


async def test_streams_are_strangers(log: EventLog) -> None:
    await log.append("a", 0, [entry(1)])
    await log.append("b", 0, [entry(1)])
    (a,), (b,) = await log.read("a"), await log.read("b")
    assert a.prev_hash == b.prev_hash == "0" * 64
    assert a.hash != b.hash
    assert await log.read("c") == []


async def test_the_chain_is_sha256_over_canonical_bytes_as_documented(log: EventLog) -> None:
    """Recomputed by hand: anyone can check a log with a JSON library and a hash."""
    await log.append("a", 0, [entry(1), entry(2)])
    prev = "0" * 64
    for e in await log.read("a"):
        envelope = {
            "stream": "a",
            "seq": e.seq,
            "at": e.at_ms,
            "actor": {"seat": e.actor_seat, "connection": e.actor_connection},
            "kind": e.kind,
            "version": e.version,
            "body": e.body,
            "prev": prev,
        }
        text = json.dumps(envelope, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert e.prev_hash == prev
        assert e.hash == hashlib.sha256(text.encode()).hexdigest()
        prev = e.hash


@pytest.mark.parametrize("expected", [0, 1, 3])
async def test_a_writer_who_is_not_at_the_end_is_refused_and_nothing_is_written(
    log: EventLog, expected: int
) -> None:
    await log.append("a", 0, [entry(1), entry(2)])
    with pytest.raises(SeqConflict):
        await log.append("a", expected, [entry(9)])
    assert [e.body["n"] for e in await log.read("a")] == [1, 2]


async def test_one_bad_entry_refuses_them_all(log: EventLog) -> None:
    for body in ({"x": float("nan")}, {"x": object()}):
        with pytest.raises((ValueError, TypeError)):
            await log.append("a", 0, [entry(1), entry(2, body=body)])
    assert await log.read("a") == []
    assert await log.append("a", 0, [entry(1)]) == 1


async def test_of_many_writers_at_one_place_exactly_one_wins(log: EventLog) -> None:
    results = await asyncio.gather(
        *(log.append("a", 0, [entry(n), entry(n)]) for n in range(8)), return_exceptions=True
    )
    assert sorted(map(str, (r for r in results if not isinstance(r, SeqConflict)))) == ["2"]
    read = await log.read("a")
    assert len(read) == 2
    assert read[0].body == read[1].body
    assert (await log.verify("a")).ok


async def test_writers_of_different_streams_all_win(log: EventLog) -> None:
    results = await asyncio.gather(*(log.append(f"s{n}", 0, [entry(n)]) for n in range(8)))
    assert results == [1] * 8


async def test_appending_nothing_changes_nothing(log: EventLog) -> None:
    await log.append("a", 0, [entry(1)])
    assert await log.append("a", 1, []) == 1
    assert len(await log.read("a")) == 1


async def test_a_sound_chain_verifies_and_names_its_head(log: EventLog) -> None:
    verdict = await log.verify("a")
    assert (verdict.ok, verdict.entries, verdict.head) == (True, 0, "0" * 64)
    await log.append("a", 0, [entry(n) for n in range(5)])
    verdict = await log.verify("a")
    assert (verdict.ok, verdict.entries, verdict.first_bad_seq) == (True, 5, None)
    assert verdict.head == (await log.read("a"))[-1].hash


async def test_what_a_reader_does_to_a_body_does_not_reach_the_log(log: EventLog) -> None:
    await log.append("a", 0, [entry(1)])
    (mine,) = await log.read("a")
    mine.body["list"].append("forged")
    assert (await log.read("a"))[0].body == entry(1).body
    assert (await log.verify("a")).ok


async def test_several_streams_are_written_together_each_with_its_own_chain(log: EventLog) -> None:
    await log.append("a", 0, [entry(1)])
    assert await log.append_all({"a": (1, [entry(2)]), "a#b": (0, [entry(3), entry(4)])}) == {
        "a": 2,
        "a#b": 2,
    }
    assert [e.seq for e in await log.read("a#b")] == [1, 2]
    assert (await log.verify("a")).entries == (await log.verify("a#b")).entries == 2
    assert (await log.verify("a#b")).ok


async def test_where_one_of_several_streams_has_moved_on_nothing_is_written(log: EventLog) -> None:
    await log.append("a", 0, [entry(1)])
    await log.append("a#b", 0, [entry(2)])
    with pytest.raises(SeqConflict):
        await log.append_all({"a": (1, [entry(3)]), "a#b": (0, [entry(4)])})
    assert len(await log.read("a")) == len(await log.read("a#b")) == 1
