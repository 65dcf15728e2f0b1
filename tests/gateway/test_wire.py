"""The wire's messages: strict, closed, and the same in the committed schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from server.gateway import schema
from server.gateway.wire import CLIENT, PROTOCOL_VERSION, SERVER
from server.hearing.names import LIST_LIMIT

pytestmark = pytest.mark.pure

ROOT = Path(__file__).parents[2]

GOOD: tuple[dict[str, Any], ...] = (
    {"type": "hello", "v": 1, "session": "s"},
    {"type": "hello", "v": 1, "session": "s", "resume": None, "lang": "en"},
    {"type": "command", "id": "a.b:c-d_1", "name": "leave"},
    {"type": "command", "id": "1", "name": "recess", "args": {"reason": "午休"}},
    {"type": "offer", "id": "1", "sdp": "v=0"},
    {"type": "tiles", "widths": {"presiding": 0, "clerk": 7680}},
    {"type": "ping", "t": 1},
    {"type": "ping", "t": 1.5},
)
BAD: tuple[dict[str, Any], ...] = (
    {},
    {"type": "welcome"},
    {"type": "hello", "v": 1.0, "session": "s"},
    {"type": "hello", "v": True, "session": "s"},
    {"type": "hello", "v": 1, "session": "s", "lang": "fr"},
    {"type": "hello", "v": 1, "session": "s", "seat": "presiding"},
    {"type": "command", "id": "", "name": "leave"},
    {"type": "command", "id": "a" * 65, "name": "leave"},
    {"type": "command", "id": "a\n", "name": "leave"},
    {"type": "command", "id": 1, "name": "leave"},
    {"type": "command", "id": "1", "name": "leave", "args": []},
    {"type": "command", "id": "1", "name": "leave", "connection": "c"},
    {"type": "offer", "id": "1", "sdp": "x" * 131073},
    {"type": "tiles", "widths": {"a": 7681}},
    {"type": "tiles", "widths": {"a": True}},
    {"type": "tiles", "widths": {f"s{n}": 1 for n in range(65)}},
    {"type": "ping", "t": "1"},
)


@pytest.mark.parametrize("message", GOOD)
def test_a_good_message_is_read(message: dict[str, Any]) -> None:
    read = CLIENT.validate_json(json.dumps(message))
    assert {key: read.model_dump()[key] for key in message} == message


@pytest.mark.parametrize("message", BAD)
def test_a_bad_message_is_not(message: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CLIENT.validate_json(json.dumps(message))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_whatever_comes_is_read_or_is_a_validation_error(value: Any) -> None:
    for text in (json.dumps(value), json.dumps({"type": "command", "id": "1", "name": "x", "args": value})):
        try:
            CLIENT.validate_json(text)
        except ValidationError:
            continue


def test_a_tab_can_name_every_seat_a_hearing_may_have() -> None:
    CLIENT.validate_python({"type": "tiles", "widths": {f"s{n}": 1 for n in range(LIST_LIMIT)}})


def test_the_committed_schema_is_what_the_definitions_say() -> None:
    committed = (ROOT / schema.TARGET).read_text(encoding="utf-8")
    assert committed == schema.document(), "stale: run `make wire`"


def test_the_schema_names_every_message_of_both_directions() -> None:
    document = json.loads(schema.document())
    for side, adapter in (("client", CLIENT), ("server", SERVER)):
        kinds = set(document[side]["discriminator"]["mapping"])
        assert kinds == {json.loads(m)["type"] for m in samples(adapter, kinds)}
    assert PROTOCOL_VERSION == 1


def samples(adapter: Any, kinds: set[str]) -> list[str]:
    """One message of each kind, as far as it must be complete to be of that kind."""
    found = []
    for kind in kinds:
        with pytest.raises(ValidationError) as broken:
            adapter.validate_python({"type": kind, "no such field": 1})
        assert all(error["loc"][0] == kind for error in broken.value.errors())
        found.append(json.dumps({"type": kind}))
    return found
