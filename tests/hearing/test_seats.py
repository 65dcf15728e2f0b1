"""The table of rights."""

from __future__ import annotations

import pytest

from server.hearing.seats import ISOLATED, PARTIES, RIGHTS, SIDES, Right, Role, Side, side_of

pytestmark = pytest.mark.pure

HOSTS = {Role.PRESIDING, Role.MEDIATOR, Role.ENFORCEMENT_OFFICER}
"""Who presides over one kind of sitting or another."""


def who(right: Right) -> set[Role]:
    return {role for role, rights in RIGHTS.items() if right in rights}


def test_every_role_has_a_row():
    assert set(RIGHTS) == set(SIDES) == set(Role)


def test_every_right_belongs_to_somebody():
    assert all(who(right) for right in Right)


def test_the_presiding_seat_alone_conducts_and_the_clerk_alone_assists():
    assert who(Right.ASSIST) == {Role.CLERK}
    assert who(Right.ENTER) == HOSTS | {Role.CLERK}


def test_observers_have_no_right_at_all():
    assert RIGHTS[Role.OBSERVER] == frozenset()


def test_everybody_else_may_be_heard_and_seen():
    assert who(Right.SPEAK) == who(Right.SHOW) == set(Role) - {Role.OBSERVER, Role.TECHNICIAN}


def test_the_bench_deliberates_without_the_clerk():
    assert who(Right.DELIBERATE) == {Role.PRESIDING, Role.JUDGE, Role.ASSESSOR}
    assert who(Right.SPEAK_FREELY) == who(Right.OVERSEE) == who(Right.DELIBERATE) | HOSTS | {Role.CLERK}


def test_parties_and_agents_answer_for_consent():
    assert who(Right.CONSENT) == PARTIES | {Role.AGENT}


def test_witnesses_and_experts_are_isolated():
    assert {Role.WITNESS, Role.EXPERT} == ISOLATED


@pytest.mark.parametrize("role", sorted(PARTIES))
def test_an_agent_stands_with_the_party(role):
    assert side_of(Role.AGENT, role) is SIDES[role]


def test_other_seats_stand_where_their_role_does():
    assert side_of(Role.CLERK) is Side.COURT
    assert side_of(Role.JUDGE, Role.PLAINTIFF) is Side.BENCH
