"""Recorded spans and gaps are exactly the sitting, and every gap has a ground."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.timeline import (
    CONNECTION,
    FAULT,
    LAYERS,
    ORDER,
    Gap,
    Mark,
    Span,
    coverage,
    silences,
)

pytestmark = pytest.mark.pure

marks = st.lists(
    st.builds(
        Mark,
        at_ns=st.integers(-50, 250),
        ground=st.none() | st.sampled_from(["recess", "not_permitted", "connection", "fault", "silent"]),
        layer=st.integers(0, LAYERS - 1),
    ),
    max_size=12,
)


@given(st.integers(0, 100), st.integers(0, 150), marks)
def test_spans_and_gaps_are_the_whole_without_overlap(
    start: int, length: int, given_marks: list[Mark]
) -> None:
    end = start + length
    result = coverage(start, end, given_marks)
    both: list[Span | Gap] = [*result.spans, *result.gaps]
    pieces = sorted(both, key=lambda piece: piece.start_ns)
    at = start
    for piece in pieces:
        assert piece.start_ns == at
        assert piece.end_ns > at
        at = piece.end_ns
    assert at == end
    assert all(gap.ground for gap in result.gaps)
    assert result.recorded_ns + sum(g.end_ns - g.start_ns for g in result.gaps) == length


@given(st.integers(0, 100), st.integers(1, 150), marks)
def test_each_instant_has_the_ground_of_its_lowest_layer(
    start: int, length: int, given_marks: list[Mark]
) -> None:
    result = coverage(start, start + length, given_marks)
    for at in range(start, start + length):
        grounds: list[str | None] = ["fault", None, None, None]
        for mark in sorted(given_marks, key=lambda m: m.at_ns):
            if mark.at_ns <= at:
                grounds[mark.layer] = mark.ground
        expected = next((g for g in grounds if g), None)
        gap = next((g.ground for g in result.gaps if g.start_ns <= at < g.end_ns), None)
        assert gap == expected


def test_a_hearing_with_a_recess_a_fault_and_a_lost_line() -> None:
    result = coverage(
        100,
        1000,
        [
            Mark(120, None, ORDER),
            Mark(300, "recess", ORDER),
            Mark(400, None, ORDER),
            Mark(350, "connection", CONNECTION),
            Mark(450, None, CONNECTION),
            Mark(600, "fault", FAULT),
            Mark(610, None, FAULT),
        ],
    )
    assert result.spans == (Span(120, 300), Span(450, 600), Span(610, 1000))
    assert result.gaps == (
        Gap(100, 120, "fault"),
        Gap(300, 400, "recess"),
        Gap(400, 450, "connection"),
        Gap(600, 610, "fault"),
    )


def test_without_any_mark_all_is_a_fault() -> None:
    assert coverage(5, 9, []).gaps == (Gap(5, 9, "fault"),)


def test_closing_before_opening_is_refused() -> None:
    with pytest.raises(ValueError, match="closed"):
        coverage(2, 1, [])


def test_silence_is_found_at_the_beginning_in_the_middle_and_at_the_end() -> None:
    found = silences([20, 21, 22, 40, 41], 0, 60, longest_ns=5)
    result = coverage(0, 60, [Mark(0, None, ORDER), *found])
    assert [(gap.start_ns, gap.end_ns) for gap in result.gaps] == [(0, 20), (22, 40), (41, 60)]
    assert {gap.ground for gap in result.gaps} == {"silent"}
