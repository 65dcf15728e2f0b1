"""What each role may do with a record, said out cell by cell; and that nothing else is ever allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateway.access import may_open, sees_all
from server.gateway.rights import (
    ACTIONS,
    NOTE_CHARACTERS_MAX,
    PURPOSES,
    THINGS,
    Reader,
    is_stated,
    may_see_readers,
    may_take,
    purposes_of,
    told,
)
from server.hearing.seats import Role

pytestmark = pytest.mark.pure

BENCH = {Role.PRESIDING, Role.JUDGE, Role.ASSESSOR, Role.CLERK, Role.ENFORCEMENT_OFFICER}
PARTIES = {Role.PLAINTIFF, Role.DEFENDANT, Role.THIRD_PARTY, Role.AGENT}
CELLS = {(action, thing) for action, things in THINGS.items() for thing in things}
COURTS = {("play", "all"), ("copy", "transcript"), ("copy", "sound"), ("copy", "picture"), ("export", "court"),
          ("export", "seat")}  # fmt: skip
PARTYS = {("play", "all"), ("copy", "transcript"), ("copy", "sound")}


def allowed(role: Role, *, took_part: bool, kind: str, parties_export: bool = False) -> set[tuple[str, str]]:
    reader = Reader(role.value, took_part, kind)
    return {cell for cell in CELLS if may_take(reader, *cell, parties_export=parties_export)}


@pytest.mark.parametrize("role", Role)
def test_the_record_of_a_hearing(role: Role) -> None:
    expected = COURTS if role in BENCH | {Role.MEDIATOR} else PARTYS if role in PARTIES else set()
    assert allowed(role, took_part=True, kind="trial") == expected
    elsewhere = set() if role is Role.MEDIATOR else expected
    assert allowed(role, took_part=False, kind="trial") == elsewhere


@pytest.mark.parametrize("role", Role)
def test_the_record_of_a_mediation(role: Role) -> None:
    """Its parties look at it again; nothing of it leaves with them (CPLI 146)."""
    expected = COURTS if role in BENCH | {Role.MEDIATOR} else {("play", "all")} if role in PARTIES else set()
    for parties_export in (False, True):
        assert allowed(role, took_part=True, kind="mediation", parties_export=parties_export) == expected
        assert allowed(role, took_part=False, kind="mediation", parties_export=parties_export) == set()


@pytest.mark.parametrize("role", Role)
def test_a_court_may_let_its_parties_take_their_own_edition(role: Role) -> None:
    more = allowed(role, took_part=True, kind="trial", parties_export=True) - allowed(
        role, took_part=True, kind="trial"
    )
    assert more == ({("export", "own")} if role in PARTIES else set())
    assert ("export", "own") not in allowed(role, took_part=False, kind="trial", parties_export=True)


readers = st.builds(
    Reader,
    role=st.sampled_from([role.value for role in Role]) | st.text(),
    took_part=st.booleans(),
    kind=st.sampled_from(["trial", "mediation"]) | st.text(),
)
words = st.sampled_from([*ACTIONS, *(thing for things in THINGS.values() for thing in things)]) | st.text()


@given(readers, words, words, st.booleans())
def test_nobody_takes_from_a_record_that_is_closed_to_him(
    reader: Reader, action: str, thing: str, parties_export: bool
) -> None:
    if may_take(reader, action, thing, parties_export=parties_export):
        assert (action, thing) in CELLS
        assert may_open(reader.role, took_part=reader.took_part, kind=reader.kind)
        assert may_take(reader, "play", "all"), "who copies may look"
        if thing in {"court", "seat", "picture"}:
            assert sees_all(reader.role)


@given(readers, st.booleans())
def test_the_page_is_told_what_is_decided(reader: Reader, parties_export: bool) -> None:
    page = told(reader, parties_export=parties_export)
    for action, thing in CELLS:
        assert (thing in page[action]) is may_take(reader, action, thing, parties_export=parties_export)
    assert page["readers"] is may_see_readers(reader)
    assert not page["readers"] or sees_all(reader.role)


@pytest.mark.parametrize("role", Role)
def test_management_and_technical_checks_are_the_courts_own_purposes(role: Role) -> None:
    assert set(purposes_of(role.value)) == (
        set(PURPOSES) if sees_all(role.value) else set(PURPOSES) - {"management", "technical"}
    )


@given(st.sampled_from([role.value for role in Role]), st.sampled_from(PURPOSES) | st.text(), st.text())
def test_a_purpose_is_one_of_the_roles_and_other_says_which(role: str, purpose: str, note: str) -> None:
    expected = purpose in purposes_of(role) and len(note) <= NOTE_CHARACTERS_MAX
    expected = expected and (purpose != "other" or bool(note.strip()))
    assert is_stated(role, purpose, note) is expected
