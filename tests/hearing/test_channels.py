"""No channel exists outside the list: every output, every field of a view, every message of the wire has one."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from server.courtroom.channels import OF_OUTPUT
from server.courtroom.outputs import Output
from server.gateway import wire
from server.gateway.channels import OF_MESSAGE
from server.hearing.channels import OF_VIEW, Channel, receives
from server.hearing.commands_order import TakeOath
from server.hearing.ids import SeatId
from server.hearing.state_order import OATH_VERSION
from server.hearing.view import view
from server.hearing.view_shapes import HearingView
from tests.builders import a_hearing
from tests.cast import CAST, PLAINTIFF, PRESIDING, WITNESS
from tests.hearing.mediations import in_caucus
from tests.hearing.samples import HEARINGS
from tests.playbook import by

pytestmark = pytest.mark.pure

GHOST = SeatId("ghost")
EMPTY = (None, (), "", 0)


def test_every_output_of_conduct_has_a_channel() -> None:
    assert set(OF_OUTPUT) == set(get_args(Output))


def test_every_field_of_a_view_has_a_channel() -> None:
    assert set(OF_VIEW) == {field.name for field in fields(HearingView)}


def test_every_message_of_the_wire_has_a_channel() -> None:
    messages = get_args(get_args(wire.ServerMessage)[0])
    assert set(OF_MESSAGE) == {message.model_fields["type"].default for message in messages}


def test_every_channel_has_a_rule_and_an_unknown_seat_receives_nothing() -> None:
    state = a_hearing().opened().state
    for channel in Channel:
        assert receives(state, channel, PRESIDING) in {True, False}
        assert not receives(state, channel, GHOST)
        assert not receives(state, channel, PRESIDING, GHOST)


@pytest.mark.parametrize("name", [*HEARINGS, "caucus"])
def test_a_field_whose_channel_is_not_received_is_empty(name: str) -> None:
    state = (HEARINGS[name]() if name in HEARINGS else in_caucus()).state
    for seat in state.seats:
        seen = view(state, seat)
        for field, channel in OF_VIEW.items():
            if receives(state, channel, seat):
                continue
            found = getattr(seen, field)
            if field == "seats":
                assert [card.seat for card in found] == [seat]
            elif field == "floor":
                assert (found.mode, found.seats, found.queue) == ("closed", (), ())
            elif field == "layout":
                assert (found.layout, found.spotlight) == ("speaker", "")
            else:
                assert found in EMPTY, f"{field} is shown to {seat} in {name}"


def test_an_isolated_witness_receives_nothing_that_comes_from_the_hearing() -> None:
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    hearing.script >> by(WITNESS, TakeOath(OATH_VERSION))
    own = {Channel.OWN, Channel.LINK, Channel.CHAT, Channel.NOTICES, Channel.HEALTH}
    got = {channel for channel in Channel if receives(hearing.state, channel, WITNESS)}
    assert got == own
    for publisher in set(CAST) - {WITNESS, PRESIDING, SeatId("clerk")}:
        from_them = {channel for channel in Channel if receives(hearing.state, channel, WITNESS, publisher)}
        assert from_them == {Channel.LINK}
