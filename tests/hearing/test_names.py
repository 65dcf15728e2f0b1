"""Wire names, and arguments from hostile clients."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.hearing import commands as c
from server.hearing.ids import SeatId
from server.hearing.names import (
    _READERS,
    DELEGATED_BY_DEFAULT,
    LIST_LIMIT,
    TEXT_LIMIT,
    MalformedCommand,
    command_names,
    name_of,
    parse_command,
)
from tests.cast import PLAINTIFF
from tests.hearing.samples import commands_about, plain_commands

pytestmark = pytest.mark.pure


def test_every_command_of_a_seat_has_one_name():
    assert set(command_names.values()) == set(c.SeatCommand.__args__)
    assert {command_names[name_of[kind]] for kind in name_of} == set(c.SeatCommand.__args__)
    assert set(DELEGATED_BY_DEFAULT) <= set(command_names)


def test_every_field_has_a_reader():
    assert {str(f.type) for kind in command_names.values() for f in dataclasses.fields(kind)} <= set(_READERS)


@pytest.mark.parametrize(
    "command", [x for x in plain_commands() + commands_about(PLAINTIFF) if type(x) in name_of]
)
def test_a_command_is_read_back_from_its_arguments(command):
    args = {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(command).items()}
    assert parse_command(name_of[type(command)], args) == command


def test_defaults_may_be_left_out():
    assert parse_command("request_floor", {}) == c.RequestFloor("")
    assert parse_command("grant_floor", {"seat": "plaintiff"}) == c.GrantFloor(PLAINTIFF, 0)


@pytest.mark.parametrize(
    "name, args, reason",
    [
        ("arrive", {"connection": "c"}, "unknown_command"),
        ("", {}, "unknown_command"),
        ("leave", {"now": True}, "unknown_argument"),
        ("recess", {}, "missing_argument"),
        ("recess", {"reason": 7}, "bad_type"),
        ("recess", {"reason": None}, "bad_type"),
        ("consent", {"agrees": 1}, "bad_type"),
        ("consent", {"agrees": "true"}, "bad_type"),
        ("grant_floor", {"seat": "a", "limit_s": True}, "bad_type"),
        ("grant_floor", {"seat": "a", "limit_s": 1.5}, "bad_type"),
        ("grant_floor", {"seat": ["a"]}, "bad_type"),
        ("open_floor", {"seats": "plaintiff"}, "bad_type"),
        ("open_floor", {"seats": [1]}, "bad_type"),
        ("open_floor", {"seats": {"a": 1}}, "bad_type"),
        ("open_floor", {"seats": ["a"] * (LIST_LIMIT + 1)}, "too_long"),
        ("recess", {"reason": "x" * (TEXT_LIMIT + 1)}, "too_long"),
        ("recess", {"reason": "\ud800"}, "bad_text"),
        ("recess", {"reason": "a\0b"}, "bad_text"),
    ],
)
def test_nonsense_is_malformed(name, args, reason):
    with pytest.raises(MalformedCommand) as no:
        parse_command(name, args)
    assert no.value.reason == reason


def test_the_limits_themselves_are_allowed():
    assert parse_command("recess", {"reason": "休" * TEXT_LIMIT}) == c.Recess("休" * TEXT_LIMIT)
    assert parse_command("open_floor", {"seats": ["a"] * LIST_LIMIT}) == c.OpenFloor(
        (SeatId("a"),) * LIST_LIMIT
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = sorted({f.name for kind in command_names.values() for f in dataclasses.fields(kind)})


@settings(deadline=None)  # the machine is shared
@given(st.sampled_from(sorted(command_names)), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_whatever_comes_is_a_command_or_malformed(name, args):
    try:
        command = parse_command(name, args)
    except MalformedCommand:
        return
    assert type(command) is command_names[name]
