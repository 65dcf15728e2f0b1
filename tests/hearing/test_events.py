"""Events are plain, named once, and complete."""

from __future__ import annotations

import dataclasses
import json
import typing

import pytest

from server.hearing import (
    events,
    events_archive,
    events_care,
    events_checkin,
    events_doors,
    events_exhibits,
    events_order,
    events_rooms,
)
from server.hearing.events import Event, SeatPlan, by_kind
from server.hearing.ids import ConnectionId, HearingId, Instant, PersonId, SeatId
from tests.builders import scheduled

pytestmark = pytest.mark.pure

AREAS = (
    events,
    events_archive,
    events_care,
    events_checkin,
    events_doors,
    events_exhibits,
    events_order,
    events_rooms,
)

PLAIN = {
    str,
    int,
    bool,
    str | None,
    int | None,
    tuple[str, ...],
    SeatId,
    HearingId,
    PersonId,
    Instant,
    ConnectionId,
    SeatId | None,
    ConnectionId | None,
    Instant | None,
    tuple[SeatId, ...],
    tuple[SeatPlan, ...],
}


def test_every_dataclass_of_the_module_with_a_kind_is_in_the_union():
    defined = {
        x
        for area in AREAS
        for x in vars(area).values()
        if isinstance(x, type) and dataclasses.is_dataclass(x) and hasattr(x, "KIND")
    }
    assert defined == set(typing.get_args(Event)) == set(by_kind.values())


def test_kinds_are_the_snake_case_of_the_names():
    for kind, event in by_kind.items():
        assert "".join(part.title() for part in kind.split("_")) == event.__name__
        assert event.VERSION >= 1


@pytest.mark.parametrize("event", [*by_kind.values(), SeatPlan])
def test_fields_are_plain_json(event):
    hints = typing.get_type_hints(event)
    assert {hints[field.name] for field in dataclasses.fields(event)} <= PLAIN


def test_an_event_survives_json():
    event = scheduled()
    again = json.loads(json.dumps(dataclasses.asdict(event)))
    assert [SeatPlan(**plan) for plan in again["seats"]] == list(event.seats)


def test_events_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        scheduled().public = False  # type: ignore[misc]
