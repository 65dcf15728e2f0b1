"""Whatever a seat says under a command's name is obeyed, refused or malformed; it never breaks the house."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.gateway import wire
from server.gateway.auth import Auth
from server.gateway.outbox import Outbox, SocketTab
from server.gateway.relays import Relays
from server.gateway.settings import GatewaySettings, TurnSettings
from server.gateway.socket import Sockets
from server.hearing.names import TEXT_LIMIT, command_names
from server.hearing.state import connection_of
from tests.cast import CAST
from tests.courtroom.rig import Rig
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gateway.conftest import OpenDoor

pytestmark = pytest.mark.service

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**300,
    1.5,
    "",
    " ",
    "presiding",
    "nobody",
    "\u2028\U0001f600\u202e",
    "x" * TEXT_LIMIT,
    "言" * (TEXT_LIMIT + 1),
    [],
    ["plaintiff"] * 64,
    ["plaintiff"] * 65,
    [None],
    [["plaintiff"]],
    {},
    {"seat": "plaintiff"},
)
# Commands after which little more could be asked.
ENDING = {"leave", "close", "adjourn"}


def every_command() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each command with each odd value in each of its arguments, the others likewise."""
    for name, kind in command_names.items():
        names = [field.name for field in fields(kind)]
        for value in ODD:
            yield name, dict.fromkeys(names, value)
            yield name, dict.fromkeys(names[:1], value)
            yield name, {**dict.fromkeys(names, "plaintiff"), "odd": value}


async def test_every_command_with_every_odd_argument_over_a_real_ledger(open_door: OpenDoor) -> None:
    door = await open_door(commands_per_second_max=1_000_000)
    clients = await door.enter(
        "presiding", "clerk", "judge", "assessor", "plaintiff", "defendant", "third_party", "witness"
    )
    judge = clients[0]
    await judge.check_in()
    await judge.do("open_court")
    answers = []
    for name, args in every_command():
        if name not in ENDING:
            answers.append(await judge.ask({"type": "command", "name": name, "args": args}))
    for name, args in itertools.islice(every_command(), 0, None, 3):
        if name not in ENDING:
            answers.append(await clients[2].ask({"type": "command", "name": name, "args": args}))
    assert {answer["type"] for answer in answers} == {"done", "refused", "problem"}
    problems = {(answer["error"], answer["reason"]) for answer in answers if answer["type"] == "problem"}
    assert problems == {("malformed", "bad_command")}
    assert (await door.log.verify("hearing-1")).ok
    for name in ENDING - {"leave"}:
        for value in ODD:
            answer = await clients[2].ask({"type": "command", "name": name, "args": {"reason": value}})
            assert answer["type"] in {"refused", "problem"}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from([*CAST, *ODD[:14]]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
arguments = (
    st.sampled_from([field.name for kind in command_names.values() for field in fields(kind)]) | st.text()
)
messages = st.lists(
    st.tuples(
        st.sampled_from(CAST),
        st.sampled_from(sorted(command_names)) | st.text(max_size=20),
        st.dictionaries(arguments, values, max_size=4),
    ),
    min_size=12,
    max_size=60,
)


async def tell(said: list[tuple[Any, str, dict[str, Any]]]) -> list[dict[str, Any]]:
    rig, clock, nothing = Rig(), FakeClock(), Any
    await rig.begin()
    await rig.opened()
    auth = Auth(
        cases=nothing,  # type: ignore[arg-type]
        settings=GatewaySettings(),
        public_origins=(),
        link_key=b"k",
        now_ms=clock.now_ms,
        monotonic=clock.monotonic,
    )
    sockets = Sockets(
        auth=auth,
        registry=rig.registry,
        settings=GatewaySettings(),
        tasks=rig.tasks,
        grace_s=1,
        slots=12,
        relays=Relays(TurnSettings(), clock.now_ms),
    )
    box = Outbox(10_000, lambda: None)
    try:
        for seat, name, args in said:
            connection = connection_of(rig.room.state, seat)
            if connection is None:
                continue  # it has left
            tab = SocketTab(seat, connection, box, "en")
            text = json.dumps({"type": "command", "id": "q", "name": name, "args": args})
            await sockets._one(text, rig.room, tab, box)
        box.put(wire.Pong(t=0, server_time=0))
        answered = [json.loads(message.model_dump_json()) for message in await box.take()]
        verdict = await rig.log.verify(str(rig.hearing))
        assert verdict.ok
        assert rig.room.seq == verdict.entries
    finally:
        await rig.close()
    return answered


# Few long stories: to open a court costs more than a dozen answers.
@settings(max_examples=20, deadline=None)
@given(messages)
def test_no_story_of_nonsense_breaks_the_house(said: list[tuple[Any, str, dict[str, Any]]]) -> None:
    for answer in asyncio.run(tell(said)):
        assert answer["type"] in {"done", "refused", "problem", "pong"}
        assert answer.get("reason") not in {"internal", "ledger", "conflict", "busy"}, answer
