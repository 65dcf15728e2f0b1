"""Who is speaking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ids import PeerId
from media.levels import Speakers, only, step

pytestmark = pytest.mark.pure

A, B = PeerId("a"), PeerId("b")
NOBODY = Speakers({})


def run(*heard: dict[PeerId, float], start: Speakers = NOBODY) -> list[tuple[PeerId, ...]]:
    orders = []
    speakers = start
    for number, one in enumerate(heard):
        speakers = step(speakers, one, number * 0.2, threshold_db=-45, hold_s=0.8)
        orders.append(speakers.order)
    return orders


def test_a_voice_is_named_at_once_and_held_through_a_pause() -> None:
    loud, quiet = {A: -20.0}, {A: -80.0}
    assert run(loud, quiet, quiet, quiet, quiet, quiet)[:5] == [(A,)] * 5
    assert run(loud, *[quiet] * 6)[-1] == ()
    assert run(loud, {}, {}, {}, {}, {}, {})[-1] == ()


def test_whispers_and_noise_below_the_threshold_are_nobody() -> None:
    assert run({A: -46.0}, {A: -45.0}) == [(), ()]


def test_the_first_speaker_gives_way_only_to_a_much_louder_one() -> None:
    assert run({A: -20.0, B: -24.0}, {A: -22.0, B: -20.0}, {A: -22.0, B: -20.0})[-1] == (A, B)
    assert run({A: -30.0}, *[{A: -30.0, B: -15.0}] * 3)[-1] == (B, A)


def test_who_may_not_be_heard_is_left_out_at_once() -> None:
    speakers = step(NOBODY, {A: -20.0, B: -20.0}, 0.0, threshold_db=-45, hold_s=0.8)
    assert only(speakers, {B}).order == (B,)
    assert step(only(speakers, {B}), {}, 0.2, threshold_db=-45, hold_s=0.8).order == (B,)


@given(
    st.lists(st.dictionaries(st.sampled_from([PeerId(x) for x in "abcd"]), st.floats(-127, 0)), max_size=20)
)
def test_order_names_each_voice_once(heard: list[dict[PeerId, float]]) -> None:
    speakers = NOBODY
    for number, one in enumerate(heard):
        speakers = step(speakers, one, number * 0.2, threshold_db=-45, hold_s=0.8)
        assert sorted(speakers.order) == sorted(speakers.voices)
        assert {peer for peer, level in one.items() if level > -45} <= set(speakers.order)
