"""What order keeps is bounded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.hearing.ids import Instant, PersonId, SeatId
from server.hearing.seats import SIDES, Role, Seat
from server.hearing.state_order import (
    MEASURES_KEPT,
    OATH_ROLES,
    OATH_VERSION,
    OBJECTIONS_KEPT,
    OBJECTIONS_OPEN_MAX,
    Measure,
    Objection,
    Order,
    SeatOrder,
    oath_missing,
    with_measure,
    with_objection,
)

pytestmark = pytest.mark.pure

WORDS = Path(__file__).parents[2] / "web" / "app" / "locales"


def objection(n: int, ruling: str = "overruled") -> Objection:
    return Objection(f"o{n}", SeatId("plaintiff"), "leading", "", Instant(n), ruling)


def test_the_newest_objections_are_kept_and_those_that_wait_always():
    order = with_objection(Order(), objection(1, ""))
    for n in range(2, OBJECTIONS_KEPT + 10):
        order = with_objection(order, objection(n))
    assert len(order.objections) == OBJECTIONS_KEPT
    assert order.waiting == (objection(1, ""),)
    assert order.objections[-1] == objection(OBJECTIONS_KEPT + 9)
    assert order.raised == OBJECTIONS_KEPT + 9
    assert OBJECTIONS_OPEN_MAX < OBJECTIONS_KEPT, "so there is always one to drop"


def test_the_newest_measures_are_kept():
    order = SeatOrder()
    for n in range(MEASURES_KEPT + 5):
        order = with_measure(order, Measure("warn", "noise", Instant(n)))
    assert [one.at for one in order.measures] == list(range(5, MEASURES_KEPT + 5))


@pytest.mark.parametrize("role", Role)
def test_only_witness_and_expert_must_be_bound(role):
    seat = Seat(SeatId("x"), role, SIDES[role], PersonId("p"), "某")
    assert oath_missing(seat, SeatOrder()) is (role in {Role.WITNESS, Role.EXPERT})
    assert not oath_missing(seat, SeatOrder(oath="1"))
    assert not oath_missing(seat, SeatOrder(waived="a minor"))


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_screens_have_the_text_of_this_version_for_all_who_sign_one(lang):
    words = json.loads((WORDS / lang / "oath.json").read_text(encoding="utf-8"))
    assert words.pop("version") == OATH_VERSION
    assert set(words) == {role.value for role in OATH_ROLES}
    assert all(len(each["text"]) >= 4 for each in words.values())
