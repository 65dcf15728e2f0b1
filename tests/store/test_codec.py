"""Every event of the law survives the way into the log and back; what cannot be read is refused by name."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, Literal, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.courtroom.ports import Entry
from server.hearing import events
from server.hearing.ids import SeatId
from server.store.chain import canonical
from server.store.codec import UPCASTERS, EventCodec, UndecodableEvent, dump, hints, load
from tests.builders import scheduled

pytestmark = pytest.mark.pure

Label = NewType("Label", str)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    label: Label
    weight: float


@dataclass(frozen=True, slots=True)
class Everything:
    """Every shape that an event's field may have."""

    KIND: ClassVar[str] = "everything"
    VERSION: ClassVar[int] = 3
    flag: bool
    count: int
    text: str
    colour: Colour
    maybe: int | None
    inner: Inner
    many: tuple[Inner, ...]
    pair: tuple[int, str]
    group: frozenset[Colour]
    table: Mapping[Label, tuple[int, ...]]
    word: Literal["yes", "no"]
    either: Inner | int | None = None


PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=30),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    types.NoneType: st.none(),
}


def strategy(hint: Any) -> st.SearchStrategy[Any]:
    """Build values from type hints, as the codec reads them."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if typing.get_origin(hint) is not None:
        return generic_strategy(typing.get_origin(hint), typing.get_args(hint))
    if hasattr(hint, "__dataclass_fields__"):
        return st.builds(hint, **{name: strategy(inner) for name, inner in hints(hint).items()})
    return PLAIN[hint] if hint in PLAIN else st.sampled_from(list(hint))


def generic_strategy(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in {typing.Union, types.UnionType}:
        return st.one_of(*map(strategy, arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is frozenset:
        return st.frozensets(strategy(arguments[0]))
    if origin is not tuple:
        return st.dictionaries(*map(strategy, arguments), max_size=4)
    if arguments[-1] is Ellipsis:
        return st.lists(strategy(arguments[0]), max_size=4).map(tuple)
    return st.tuples(*map(strategy, arguments))


def stored(codec: EventCodec, event: Any) -> Entry:
    """Take an event through its canonical text, as the database does."""
    new = codec.to_entry(event, 7, "clerk", None)
    body = json.loads(canonical(new.body))
    return Entry("h", 1, new.at_ms, new.actor_seat, new.actor_connection, new.kind, new.version, body, "", "")


CODEC = EventCodec()
LOCAL = EventCodec({"everything": Everything})


@given(st.sampled_from(list(events.by_kind.values())).flatmap(strategy))
def test_every_event_of_the_law_comes_back_equal(event: Any) -> None:
    assert CODEC.to_event(stored(CODEC, event)) == event


def test_the_law_has_events_and_each_is_built_by_the_property_above() -> None:
    assert len(events.by_kind) > 20
    for cls in events.by_kind.values():
        strategy(cls).validate()


@given(strategy(Everything))
def test_every_shape_comes_back_equal(event: Everything) -> None:
    back: Any = LOCAL.to_event(stored(LOCAL, event))
    assert back == event


@given(st.frozensets(st.sampled_from(Colour)))
def test_a_set_has_one_spelling(group: frozenset[Colour]) -> None:
    assert dump(group) == sorted(dump(group))


def test_the_envelope_carries_kind_version_time_and_actor() -> None:
    event = events.SeatLocked(seat=typing.cast("Any", "plaintiff"), reason="扰乱法庭")
    new = CODEC.to_entry(event, 12, "presiding", "c1")
    assert (new.kind, new.version, new.at_ms, new.actor_seat, new.actor_connection) == (
        "seat_locked",
        1,
        12,
        "presiding",
        "c1",
    )
    assert new.body == {"seat": "plaintiff", "reason": "扰乱法庭"}


LOCKED = Entry("h", 4, 0, None, None, "seat_locked", 1, {"seat": "s", "reason": "r"}, "", "")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (replace(LOCKED, kind="seat_lokced"), "h 4: unknown kind seat_lokced"),
        (replace(LOCKED, version=2), "newer than this program"),
        (replace(LOCKED, version=0), "no upcaster for seat_locked version 0"),
        (replace(LOCKED, body={"seat": "s"}), r"fields \['reason', 'seat'\], found \['seat'\]"),
        (replace(LOCKED, body={"seat": "s", "reason": "r", "x": 1}), "SeatLocked has fields"),
        (replace(LOCKED, body={"seat": 1, "reason": "r"}), "expected str, found int"),
        (replace(LOCKED, body={"seat": None, "reason": "r"}), "expected str, found NoneType"),
    ],
)
def test_what_cannot_be_read_is_named_and_refused(changed: Entry, message: str) -> None:
    with pytest.raises(UndecodableEvent, match=message):
        CODEC.to_event(changed)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (bool, 1),
        (int, True),
        (int, 1.0),
        (str, None),
        (Colour, "green"),
        (int | None, "x"),
        (tuple[int, ...], "abc"),
        (tuple[int, str], [1]),
        (Mapping[str, int], [1]),
        (Literal["yes"], "no"),
        (Inner, [1]),
        (set[int], [1]),
    ],
)
def test_a_value_of_another_type_is_refused(hint: Any, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        load(hint, value)


def _without_authority(event: events.HearingScheduled) -> dict[str, Any]:
    body = dump(event)
    return {**body, "seats": [{k: v for k, v in seat.items() if k != "authority"} for seat in body["seats"]]}


def test_old_versions_are_lifted_step_by_step() -> None:
    codec = EventCodec(
        {"everything": Inner2},
        {
            ("everything", 1): lambda body: {"label": body["name"]},
            ("everything", 2): lambda body: {**body, "weight": 0.5},
        },
    )
    old = replace(LOCKED, kind="everything", version=1, body={"name": "x"})
    assert codec.to_event(old) == typing.cast("Any", Inner2(Label("x"), 0.5))


@pytest.mark.parametrize(
    ("kind", "body", "event"),
    [
        (
            "consent_answered",
            {"seat": "plaintiff", "agrees": True},
            events.ConsentAnswered(SeatId("plaintiff"), agrees=True, step="hearing", version=""),
        ),
        (
            "seat_admitted",
            {"seat": "plaintiff", "room": "courtroom"},
            events.SeatAdmitted(SeatId("plaintiff"), "courtroom"),
        ),
        ("court_opened", {}, events.CourtOpened()),
        (
            "hearing_scheduled",
            _without_authority(scheduled()),
            scheduled(),
        ),
        (
            "stage_entered",
            {"stage": "debate", "previous": "opening", "reason": "agreed"},
            events.StageEntered("debate", "opening", "agreed"),
        ),
    ],
)
def test_an_old_log_of_the_law_is_still_read(kind: str, body: dict[str, Any], event: Any) -> None:
    assert CODEC.to_event(replace(LOCKED, kind=kind, version=1, body=body)) == event


def test_every_older_version_of_an_event_has_its_upcaster() -> None:
    older = {(event.KIND, v) for event in events.by_kind.values() for v in range(1, event.VERSION)}
    assert older == set(UPCASTERS)


@dataclass(frozen=True, slots=True)
class Inner2:
    KIND: ClassVar[str] = "everything"
    VERSION: ClassVar[int] = 3
    label: Label
    weight: float


def test_an_object_that_is_no_known_event_is_not_written() -> None:
    stranger = typing.cast("Any", Inner2(Label("x"), 0.5))
    with pytest.raises(UndecodableEvent, match="Inner2"):
        CODEC.to_entry(stranger, 0, None, None)
