"""Rows of the sheet "was everyone heard?" as text and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.hearing.sheet import PASSAGES_MAX, ROWS_MAX, SHEET_CHARS_MAX, Passage, Row, read, write, written

pytestmark = pytest.mark.pure

seats = st.from_regex(r"[A-Za-z0-9_.:-]{1,20}", fullmatch=True)
numbers = st.integers(0, 10**13)
passages = st.builds(Passage, seat=seats, t0=numbers, t1=numbers)
rows = st.builds(
    Row,
    seat=seats,
    spoke_ms=numbers,
    missed_ms=numbers,
    passages=st.lists(passages, max_size=PASSAGES_MAX).map(tuple),
    interrupted=numbers,
    cannot_hear=numbers,
    answered_ms=numbers,
    lost_ms=numbers,
)


@given(rows)
def test_what_is_written_is_read_again(row):
    assert read(write(row)) == row


def test_only_the_newest_passages_are_written():
    many = tuple(Passage("plaintiff", n, n + 1) for n in range(PASSAGES_MAX + 5))
    assert read(write(Row("defendant", passages=many))).passages == many[5:]


def test_a_row_of_nobody_is_none():
    with pytest.raises(ValueError, match="no seat"):
        read("spoke_ms=1")


def test_a_sheet_of_the_longest_names_fits_into_one_event_with_all_its_figures():
    missed = tuple(Passage("p" * 64, n, 10**13) for n in range(PASSAGES_MAX))
    full = [Row(f"{n:064d}", 1, 2, missed, 3, 4, 5, 6) for n in range(ROWS_MAX)]
    texts = written(full)
    assert sum(map(len, texts)) <= SHEET_CHARS_MAX
    assert [read(text).missed_ms for text in texts] == [2] * ROWS_MAX
    assert read(texts[0]).passages == missed[-len(read(texts[0]).passages) :]
    short = [Row("plaintiff", passages=missed)]
    assert read(written(short)[0]).passages == missed
