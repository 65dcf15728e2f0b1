"""CPLI art. 146: a mediation is not public; who did not take part in it learns nothing of it, the trial bench included."""

from __future__ import annotations

import pytest

from server.gateway.access import may_open, may_read_room
from server.hearing.rooms import belongs, caucuses
from tests.builders import a_hearing
from tests.cast import JUDGE, MEDIATION, PRESIDING

pytestmark = pytest.mark.pure


def test_no_judge_of_the_case_is_ever_in_a_caucus() -> None:
    state = a_hearing((PRESIDING, JUDGE, *MEDIATION), procedure="mediation", public=False).state
    for room in caucuses(state):
        assert not belongs(state, PRESIDING, room)
        assert not belongs(state, JUDGE, room)


@pytest.mark.parametrize("role", ["presiding", "judge", "assessor", "clerk"])
def test_the_bench_of_the_trial_opens_neither_the_record_nor_a_caucus(role: str) -> None:
    assert not may_open(role, took_part=False, kind="mediation")
    assert not may_read_room(role, "bench", "caucus:plaintiff")
