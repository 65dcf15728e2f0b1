"""Canonical text and the chain, without a database."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.courtroom.ports import Entry, NewEntry
from server.store.chain import GENESIS, Stored, Walk, canonical, link

pytestmark = pytest.mark.pure

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def stored(entry: Entry) -> Stored:
    fields = asdict(entry) | {"body": canonical(entry.body)}
    del fields["stream"]
    return Stored(**fields)


def chain(bodies: list[dict[str, Any]]) -> list[Stored]:
    new = [NewEntry(n, "s", None, "k", 1, body) for n, body in enumerate(bodies)]
    return [stored(entry) for entry in link("h", 0, GENESIS, new)]


@given(JSON)
def test_canonical_text_is_a_fixed_point(value: Any) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(st.dictionaries(st.text(), JSON, min_size=2))
def test_order_of_insertion_does_not_show(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(list(value.items())))) == canonical(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1: 1, "b": 2}, b"x"])
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        canonical(value)


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=5))
def test_a_chain_just_made_is_sound(bodies: list[dict[str, Any]]) -> None:
    entries = chain(bodies)
    walk = Walk("h")
    for entry in entries:
        assert walk.take([entry])
    verdict = walk.verdict()
    assert (verdict.ok, verdict.entries) == (True, len(bodies))
    assert verdict.head == (entries[-1].hash if entries else GENESIS)


OTHER: dict[str, Any] = {
    "seq": 9,
    "at_ms": 99,
    "actor_seat": None,
    "actor_connection": "c",
    "kind": "K",
    "version": 2,
    "body": '{"n":9}',
    "prev_hash": "f" * 64,
    "hash": "f" * 64,
}


@given(st.integers(0, 4), st.sampled_from(sorted(OTHER)))
def test_a_change_of_any_field_of_any_entry_is_found_there(at: int, field: str) -> None:
    entries = chain([{"n": n} for n in range(5)])
    entries[at] = replace(entries[at], **{field: OTHER[field]})
    walk = Walk("h")
    assert not walk.take(entries)
    assert walk.verdict().first_bad_seq == at + 1
    assert walk.verdict().head == (entries[at - 1].hash if at else GENESIS)


@given(st.integers(0, 4), st.integers(0, 4))
def test_two_entries_that_change_places_are_found(one: int, other: int) -> None:
    entries = chain([{"n": n} for n in range(5)])
    entries[one], entries[other] = entries[other], entries[one]
    assert Walk("h").take(entries) is (one == other)


def test_a_chain_moved_to_another_stream_is_found() -> None:
    walk = Walk("another")
    assert not walk.take(chain([{}]))
    assert walk.verdict().reason == "hash"


@pytest.mark.parametrize("kind", ["\udce5", b"k", None])
def test_text_that_is_no_text_is_a_fault_and_no_crash(kind: Any) -> None:
    (entry,) = chain([{}])
    for changed, reason in (
        (replace(entry, kind=kind), "hash"),
        (replace(entry, body=kind or "[" * 100_000), "body"),
    ):
        walk = Walk("h")
        assert not walk.take([changed])
        assert walk.verdict().reason == reason
