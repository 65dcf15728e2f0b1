"""Token buckets: a burst, then the rate; bounded in number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateway.rates import Bucket, KeyedBuckets
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.pure


def test_a_burst_of_twice_the_rate_then_the_rate() -> None:
    clock = FakeClock()
    bucket = Bucket(5, clock.monotonic)
    assert [bucket.take() for _ in range(11)] == [True] * 10 + [False]
    clock.move(400)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    clock.move(3_600_000)
    assert sum(bucket.take() for _ in range(100)) == 10, "time saves up no more than a burst"


@given(st.lists(st.integers(min_value=0, max_value=3000), max_size=60))
def test_never_more_than_burst_and_rate_allow(gaps: list[int]) -> None:
    clock = FakeClock(0)
    bucket = Bucket(2, clock.monotonic, burst=3)
    taken = 0
    for gap in gaps:
        clock.move(gap)
        taken += bucket.take()
    assert taken <= 3 + 2 * sum(gaps) / 1000 + 1e-9


def test_keys_are_strangers_and_the_longest_unused_is_forgotten() -> None:
    clock = FakeClock()
    buckets = KeyedBuckets(1, 1, 2, clock.monotonic)
    assert buckets.take("a")
    assert buckets.take("b")
    assert not buckets.take("a")
    assert buckets.take("c"), "takes the place of b"
    assert not buckets.take("a")
    assert buckets.take("b"), "forgotten, so new again"
    assert len(buckets._buckets) == 2
