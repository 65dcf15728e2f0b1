"""Who may read a record: said out for every role, and denied to whatever is not a role."""

from __future__ import annotations

import pytest

from server.gateway.access import may_read_record
from server.hearing.seats import Role

pytestmark = pytest.mark.pure

MAY = {
    Role.PRESIDING: True,
    Role.JUDGE: True,
    Role.ASSESSOR: True,
    Role.CLERK: True,
    Role.PLAINTIFF: True,
    Role.DEFENDANT: True,
    Role.THIRD_PARTY: True,
    Role.AGENT: True,
    Role.WITNESS: False,
    Role.EXPERT: False,
    Role.INTERPRETER: False,
    Role.OBSERVER: False,
}


@pytest.mark.parametrize("role", Role)
def test_every_role_has_its_answer(role: Role) -> None:
    assert may_read_record(role.value) is MAY[role]


@pytest.mark.parametrize("word", ["", "admin", "Presiding", "presiding ", "*"])
def test_a_word_that_is_no_role_may_not(word: str) -> None:
    assert not may_read_record(word)
