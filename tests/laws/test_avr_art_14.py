"""AVR 14: recordings serve to check the court's own conduct: such reading has a purpose of its own and is entered like any."""

from __future__ import annotations

import pytest

from server.gateway.access import sees_all
from server.gateway.rights import Reader, is_stated, may_see_readers, may_take
from server.hearing.seats import Role

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("role", Role)
def test_the_courts_management_is_a_purpose_of_the_court_alone(role: Role) -> None:
    assert is_stated(role.value, "management", "") is sees_all(role.value)


@pytest.mark.parametrize("role", Role)
def test_the_court_sees_who_read_and_is_seen_itself(role: Role) -> None:
    reader = Reader(role.value, True, "trial")
    assert may_see_readers(reader) is (sees_all(role.value) and may_take(reader, "play", "all"))
