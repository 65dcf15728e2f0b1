"""The people of the demonstration: every seat has its title, roles and sides are the law's, agents have their party."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.demo import cast
from server.hearing.seats import Role, side_of

if TYPE_CHECKING:
    from server.store.cases import SeatRow

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    "seats",
    [
        cast.HELD_SEATS,
        cast.NOW_SEATS,
        cast.PANEL_SEATS,
        cast.seats_for("mediation"),
        cast.seats_for("enforcement_hearing"),
        cast.seats_for("property_viewing"),
    ],
    ids=["held", "now", "panel", "mediation", "enforcement", "viewing"],
)
def test_seats_are_the_laws(seats: tuple[SeatRow, ...]) -> None:
    by_name = {row.seat: row for row in seats}
    assert len(by_name) == len({row.person_id for row in seats}) == len(seats)
    for row in seats:
        represented = Role(by_name[row.represents].role) if row.represents else None
        assert (represented is not None) == (row.role == "agent")
        assert row.side == side_of(Role(row.role), represented).value
        assert row.name
        assert row.seat in cast.TITLES
    roles = [row.role for row in seats]
    assert {"plaintiff", "defendant"} <= set(roles)
    assert sum(roles.count(role) for role in ("presiding", "mediator", "enforcement_officer")) == 1


def test_titles_are_in_both_languages() -> None:
    for title in cast.TITLES.values():
        chinese, _, english = title.partition(" ")
        assert not chinese.isascii()
        assert english.isascii()
        assert english
