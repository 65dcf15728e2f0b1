"""AVR 10: the court gives parties and their agents a way to view the recording, with measures against misuse."""

from __future__ import annotations

import pytest

from server.gateway.rights import PURPOSES, Reader, is_stated, may_take
from server.hearing.seats import Role

pytestmark = pytest.mark.pure

VIEWERS = {
    *(Role.PLAINTIFF, Role.DEFENDANT, Role.THIRD_PARTY, Role.AGENT),
    *(Role.PRESIDING, Role.JUDGE, Role.ASSESSOR, Role.CLERK, Role.ENFORCEMENT_OFFICER, Role.MEDIATOR),
}


@pytest.mark.parametrize("role", Role)
def test_parties_agents_and_the_court_view_and_nobody_else(role: Role) -> None:
    assert may_take(Reader(role.value, True, "trial"), "play", "all") is (role in VIEWERS)


@pytest.mark.parametrize("role", sorted(VIEWERS))
def test_whoever_views_says_what_for(role: Role) -> None:
    assert not is_stated(role.value, "", "")
    assert not is_stated(role.value, "other", "")
    assert any(is_stated(role.value, purpose, "") for purpose in PURPOSES)
