"""PROTOCOL.md says what the code does: its tables are the code's, and its words name things that exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from server.gateway.errors import SENTENCES
from server.gateway.wire import CLIENT, SERVER
from server.hearing.ids import Instant
from server.hearing.may import may
from server.hearing.names import command_names
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import FULL_BENCH
from tests.gateway.protocol_tables import DOCUMENT, EXHIBITS_IN_HAND, IN_MEDIATION, TABLES, render, who
from tests.hearing.samples import HEARINGS
from tests.playbook import arrive

if TYPE_CHECKING:
    from server.hearing.seats import Role

pytestmark = pytest.mark.pure

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_tables_are_what_the_code_says() -> None:
    assert render(TEXT) == TEXT, "stale: run `python -m tests.gateway.protocol_tables`"


def test_every_table_is_in_it_once() -> None:
    assert sorted(re.findall(r"<!-- table: ([\w ]+) -->", TEXT)) == sorted(TABLES)


def test_who_may_give_a_command_is_what_the_law_says() -> None:
    """Over hearings in every state: nobody else ever may, and each who may does some time."""
    found: dict[str, set[Role]] = {name: set() for name in command_names}
    present: set[Role] = set()
    at_the_door = a_hearing(FULL_BENCH)
    for seat in FULL_BENCH:
        at_the_door.script >> arrive(seat)
    for told in (at_the_door, *(make() for make in HEARINGS.values())):
        for seat, row in told.state.seats.items():
            present.add(row.role)
            for name in may(told.state, seat, Instant(told.script.now)):
                found[name].add(row.role)
    # A hand can be lowered and a request declined only where one is up, a lock lifted where one is, a turn taken where
    # it is free; and there is no interpreter.
    for name in set(command_names) - {
        "withdraw_request",
        "decline_request",
        "release_lock",
        "close_floor",
        "dismiss_witness",
        "take_turn",
        "yield_turn",
        "pair_interpreter",
        *EXHIBITS_IN_HAND,  # for whoever presents just then
        "see_notice",  # where there is one
        "enter_room",  # by the rooms that are open: tests/hearing/test_rooms.py
        "prompt_absent",  # where somebody is away who was not prompted
        *IN_MEDIATION,  # these hearings are none: tests/hearing/test_decide_mediation.py
    }:
        assert found[name] == who(name) & present, name
    for name, roles in found.items():
        assert roles <= who(name), name


def test_its_examples_are_messages() -> None:
    blocks = re.findall(r"^([→←]) (\{.*?\})(?:\s{2,}.*)?$", TEXT, re.MULTILINE)
    assert len(blocks) >= 7
    for side, text in blocks:
        if "…" not in text:
            (CLIENT if side == "→" else SERVER).validate_json(text)


def test_the_ids_it_speaks_of_exist() -> None:
    prose = re.sub(r"<!-- table.*?<!-- end -->", "", TEXT, flags=re.DOTALL)
    known = SENTENCES.keys() | {reason.value for reason in Reason} | command_names.keys()
    for found in re.findall(r"`(?:bye|problem)` `(\w+)`", prose):
        assert found in known | {"malformed", "unavailable"}, found
