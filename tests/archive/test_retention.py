"""Retention: the court's table, terms, and what may go. Nothing goes that any one rule would keep."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.archive.retention import (
    ARTEFACTS,
    FOR_EVER,
    KEEP_ALL,
    YEARS_MAX,
    BadPolicy,
    Facts,
    RetentionClass,
    end_of,
    held,
    judge,
    read_policy,
)

pytestmark = pytest.mark.pure

EXAMPLE = Path(__file__).parents[2] / "docs" / "retention.example.toml"
CLOSED = int(datetime(2026, 11, 29, 8, 30, tzinfo=UTC).timestamp() * 1000)
LATE = int(datetime(9000, 1, 1, tzinfo=UTC).timestamp() * 1000)

years = st.dictionaries(st.sampled_from(ARTEFACTS), st.integers(1, YEARS_MAX))
facts = st.builds(
    Facts,
    closed_at=st.none() | st.integers(0, CLOSED),
    sealed=st.booleans(),
    held=st.booleans(),
    remote=st.sampled_from(["none", "verified", "unverified"]),
    purged=st.frozensets(st.sampled_from(ARTEFACTS)),
)


@given(years, facts, st.integers(0, LATE))
def test_what_may_go_has_every_rule_for_it(terms: dict[str, int], known: Facts, now: int) -> None:
    found = judge(RetentionClass("any", MappingProxyType(terms)), known, now)
    assert [one.artefact for one in found] == list(ARTEFACTS)
    for one in found:
        if not one.may_go:
            continue
        assert known.closed_at is not None
        assert not known.held
        assert known.remote != "unverified"
        assert known.sealed or "package" in known.purged
        assert one.artefact not in known.purged
        assert end_of(known.closed_at, terms[one.artefact]) <= now


@given(years, facts, st.integers(0, LATE))
def test_a_hold_keeps_everything_and_changes_nothing_else(
    terms: dict[str, int], known: Facts, now: int
) -> None:
    kept_as = RetentionClass("any", MappingProxyType(terms))
    free, bound = (
        judge(kept_as, Facts(known.closed_at, known.sealed, hold, known.remote, known.purged), now)
        for hold in (False, True)
    )
    assert not any(one.may_go for one in bound)
    assert [one.until for one in free] == [one.until for one in bound]


@given(years, facts, st.integers(0, LATE), st.integers(0, LATE))
def test_time_alone_never_takes_a_verdict_back(
    terms: dict[str, int], known: Facts, one: int, other: int
) -> None:
    kept_as = RetentionClass("any", MappingProxyType(terms))
    early, late = (judge(kept_as, known, now) for now in sorted((one, other)))
    assert all(b.may_go or not a.may_go for a, b in zip(early, late, strict=True))


@given(facts)
def test_without_a_class_nothing_ever_goes(known: Facts) -> None:
    assert not any(one.may_go for one in judge(FOR_EVER, known, LATE))
    assert KEEP_ALL.of("any court", "civil_ordinary") is FOR_EVER


@given(st.integers(0, 4_102_444_800_000), st.integers(1, YEARS_MAX))
def test_a_term_is_whole_years_by_the_calendar_and_never_shorter(closed: int, term: int) -> None:
    end, start = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (end_of(closed, term), closed))
    assert end.year - start.year == term
    assert (end.month, end.day) == (start.month, start.day) or (start.month, start.day) == (2, 29)
    assert 365 * term <= (end - start).days <= 366 * term


def test_the_29th_of_february_ends_on_the_1st_of_march() -> None:
    leap = int(datetime(2028, 2, 29, 12, tzinfo=UTC).timestamp() * 1000)
    assert datetime.fromtimestamp(end_of(leap, 1) / 1000, UTC) == datetime(2029, 3, 1, 12, tzinfo=UTC)


@given(st.lists(st.sampled_from(["hold_set", "hold_lifted", "court_closed"])))
def test_the_last_word_about_a_hold_counts(kinds: list[str]) -> None:
    said = [kind for kind in kinds if kind.startswith("hold")]
    assert held(kinds) is (bool(said) and said[-1] == "hold_set")


def test_the_example_is_a_table() -> None:
    policy = read_policy(EXAMPLE.read_text(encoding="utf-8"))
    assert policy.of("any court", "mediation").id == "short"
    assert policy.of("any court", "civil_ordinary").id == "long"
    assert policy.classes["long"].lock_years == 60
    assert FOR_EVER.lock_years == YEARS_MAX


def test_the_first_rule_that_fits_counts() -> None:
    policy = read_policy(
        """
        [classes.a]
        lines = 1
        [classes.b]
        lines = 2
        [[rules]]
        class = "a"
        court = "甲法院"
        procedures = ["mediation", "small_claim"]
        [[rules]]
        class = "b"
        court = "甲法院"
        """
    )
    assert policy.of("甲法院", "small_claim").id == "a"
    assert policy.of("甲法院", "civil_ordinary").id == "b"
    assert policy.of("乙法院", "small_claim") is FOR_EVER


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("x = ", "TOML"),
        ("[other]", "unknown other"),
        ("classes = 1", "expected keys"),
        ("rules = 1", "[[rules]]"),
        ("[classes.a]\nfilm = 1", "unknown film"),
        ("[classes.a]\nlines = 0", "from 1 to 100"),
        ("[classes.a]\nlines = 101", "from 1 to 100"),
        ("[classes.a]\nlines = true", "whole years"),
        ("[classes.a]\nlines = 1.5", "whole years"),
        ("[classes.for_ever]\nlines = 1", "no class"),
        ("[classes.a]\npackage = 10\ntape = 20", "longer than the package"),
        ("[classes.a]\npackage = 10\ntape = 10", "longer than the package"),
        ('[[rules]]\nclass = "a"', "no class"),
        ('[classes.a]\n[[rules]]\nclass = "a"\ncourt = 1', "text"),
        ('[classes.a]\n[[rules]]\nclass = "a"\nprocedures = [1]', "list of texts"),
        ('[classes.a]\n[[rules]]\nclass = "a"\nyears = 1', "unknown years"),
    ],
)
def test_a_table_that_is_none_says_why(table: str, said: str) -> None:
    with pytest.raises(BadPolicy, match=said.replace("[", r"\[").replace("]", r"\]")):
        read_policy(table)
