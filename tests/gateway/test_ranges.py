"""Pieces of a file by Range: whole coverage, bounded answers, nonsense refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateway.ranges import piece

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", (0, 99)),
        ("bytes=0-9", (0, 9)),
        ("bytes=950-", (950, 999)),
        ("bytes=990-5000", (990, 999)),
        ("bytes=-10", (990, 999)),
        ("bytes=-5000", (0, 99)),
        ("bytes=0-9,20-29", (0, 9)),
        ("bytes=1000-", None),
        ("bytes=9-3", None),
        ("bytes=-0", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=--5", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_pieces(header: str, expected: tuple[int, int] | None) -> None:
    assert piece(header, 1000, 100) == expected


@given(size=st.integers(1, 5000), limit=st.integers(1, 700))
def test_asking_on_and_on_gives_the_whole_file_once(size: int, limit: int) -> None:
    at = 0
    while at < size:
        found = piece(f"bytes={at}-", size, limit)
        assert found is not None
        assert found[0] == at
        assert 0 < found[1] - found[0] + 1 <= limit
        at = found[1] + 1
    assert at == size


@given(st.text(max_size=30), st.integers(0, 1000))
def test_any_header_is_answered(header: str, size: int) -> None:
    found = piece("bytes=" + header, size, 10)
    assert found is None or 0 <= found[0] <= found[1] < size
