"""Sticky slots, as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ids import PeerId
from media.plan import SlotUse, Subscription
from media.slots import assign, chosen

pytestmark = pytest.mark.pure

PEERS = st.sampled_from([PeerId(name) for name in "abcdefgh"])
WANTED = st.lists(
    st.builds(Subscription, PEERS, st.booleans(), st.booleans(), st.just(320), st.integers(0, 3)), max_size=9
)


@given(st.lists(WANTED, min_size=1, max_size=8), st.integers(0, 6))
def test_laws_over_any_history(history: list[list[Subscription]], count: int) -> None:
    uses: tuple[SlotUse | None, ...] = ()
    for wanted in history:
        before = {use.publisher: use.index for use in uses if use is not None}
        uses = assign(uses, wanted, count)
        served = {one.publisher: one for one in chosen(wanted, count)}
        assert len(uses) == count
        now = {use.publisher: use for use in uses if use is not None}
        assert set(now) == set(served)
        assert len(now) == sum(use is not None for use in uses)
        for publisher, use in now.items():
            assert uses[use.index] is use
            assert (use.audio, use.video) == (served[publisher].audio, served[publisher].video)
            if publisher in before:
                assert use.index == before[publisher]


@given(WANTED, st.integers(0, 6))
def test_nobody_waits_behind_a_higher_number(wanted: list[Subscription], count: int) -> None:
    served = chosen(wanted, count)
    names = {one.publisher for one in served}
    left_out = [one for one in wanted if one.publisher not in names]
    if left_out:
        assert len(served) == count
        assert all(one.priority <= other.priority for one in served for other in left_out)


@given(WANTED, st.integers(0, 6), st.integers(0, 6))
def test_fewer_slots_than_before(wanted: list[Subscription], before: int, after: int) -> None:
    uses = assign(assign((), wanted, before), wanted, after)
    assert len(uses) == after
    assert {use.publisher for use in uses if use} == {one.publisher for one in chosen(wanted, after)}
