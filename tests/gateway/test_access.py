"""Who may read a record: said out for every role, and denied to whatever is not a role."""

from __future__ import annotations

import pytest

from server.gateway.access import may_open, may_read_record, may_read_room, sees_all
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
    Role.MEDIATOR: True,
    Role.ENFORCEMENT_OFFICER: True,
    Role.POLICE: False,
    Role.TECHNICIAN: False,
    Role.OBSERVER: False,
}


@pytest.mark.parametrize("role", Role)
def test_every_role_has_its_answer(role: Role) -> None:
    assert may_read_record(role.value) is MAY[role]


@pytest.mark.parametrize("word", ["", "admin", "Presiding", "presiding ", "*"])
def test_a_word_that_is_no_role_may_not(word: str) -> None:
    assert not may_read_record(word)


@pytest.mark.parametrize("role", Role)
def test_a_caucus_is_read_by_the_mediator_and_its_own_side_alone(role: Role) -> None:
    parties = {Role.PLAINTIFF, Role.DEFENDANT, Role.THIRD_PARTY, Role.AGENT}
    for side in ("plaintiff", "defendant", "bench", "court", ""):
        may = role is Role.MEDIATOR or (role in parties and side == "plaintiff")
        assert may_read_room(role.value, side, "caucus:plaintiff") is may


@pytest.mark.parametrize("room", ["", "main", "caucus", "caucus:", "consultation:plaintiff", "deliberation"])
def test_what_is_no_caucus_has_no_stream_to_read(room: str) -> None:
    assert not may_read_room("mediator", "bench", room)
    assert not may_read_room("plaintiff", "plaintiff", room)


@pytest.mark.parametrize("role", Role)
def test_the_record_of_a_mediation_is_for_those_who_took_part(role: Role) -> None:
    assert may_open(role.value, took_part=True, kind="mediation") is MAY[role]
    assert not may_open(role.value, took_part=False, kind="mediation")
    elsewhere = may_open(role.value, took_part=False, kind="hearing")
    assert elsewhere is (MAY[role] and role is not Role.MEDIATOR), "a mediator reads of no trial"


def test_no_party_reads_along_while_the_hearing_is_on() -> None:
    assert {role for role in Role if sees_all(role.value)} == {
        Role.PRESIDING,
        Role.JUDGE,
        Role.ASSESSOR,
        Role.CLERK,
        Role.MEDIATOR,
        Role.ENFORCEMENT_OFFICER,
    }
