"""The choice of a layer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.layers import Budget, Layer, Sending, assumed_width, for_tap, for_tile, heed, order

pytestmark = pytest.mark.pure

Q, H, F = Layer(320, 100_000, True), Layer(640, 400_000, True), Layer(1280, 1_200_000, True)
DEAD_H = Layer(640, 0, False)
LAYERS = st.lists(
    st.builds(Layer, st.sampled_from([160, 320, 640, 1280]), st.integers(0, 2_000_000), st.booleans()),
    max_size=4,
)


def test_names_give_the_order() -> None:
    assert order(("f", "q", "h")) == ("q", "h", "f")
    assert order(("h", "f")) == ("h", "f")
    assert order(("low", "high")) == ("low", "high")
    assert order(()) == ()
    assert [assumed_width(index, 3) for index in range(3)] == [320, 640, 1280]


@pytest.mark.parametrize(
    ("layers", "width", "budget", "index"),
    [
        ([Q, H, F], 320, None, 0),
        ([Q, H, F], 321, None, 1),
        ([Q, H, F], 1280, None, 2),
        ([Q, H, F], 4000, None, 2),
        ([Q, DEAD_H, F], 640, None, 2),
        ([Q, DEAD_H], 640, None, 0),
        ([Q, H, F], 1280, 500_000, 1),
        ([Q, H, F], 1280, 10, 0),
        ([DEAD_H], 640, None, None),
        ([], 640, None, None),
    ],
)
def test_tile(layers: list[Layer], width: int, budget: int | None, index: int | None) -> None:
    assert for_tile(layers, width, budget) == index


@pytest.mark.parametrize(
    ("layers", "width", "index"),
    [
        ([Q, H, F], 640, 1),
        ([Q, H, F], 1279, 1),
        ([Q, H, F], 100, 0),
        ([Q, DEAD_H], 640, 0),
        ([DEAD_H], 640, None),
    ],
)
def test_tap(layers: list[Layer], width: int, index: int | None) -> None:
    assert for_tap(layers, width) == index


@given(LAYERS, st.integers(1, 2000), st.none() | st.integers(0, 3_000_000))
def test_only_the_living_are_chosen_and_someone_is_if_any_lives(
    layers: list[Layer], width: int, budget: int | None
) -> None:
    for index in (for_tile(layers, width, budget), for_tap(layers, width)):
        assert (index is None) == (not any(layer.live for layer in layers))
        assert index is None or layers[index].live


HIGH = Sending(600_000, 2, reducible=True)
LOW = Sending(200_000, 2, reducible=False)


def after(*rembs: int, sending: Sending = HIGH, now: float = 10.0) -> Budget:
    budget = Budget()
    for one in rembs:
        budget = heed(budget, one, sending, now)
    return budget


@pytest.mark.parametrize(
    ("rembs", "sending"),
    [
        ((700_000, 600_000), HIGH),  # fallen, but above what is sent
        ((300_000,), HIGH),  # the first says nothing of a fall
        ((50_000, 54_000, 58_000, 63_000), HIGH),  # low and rising: a false alarm wearing off
        ((300_000, 100_000), LOW),  # nothing can be taken away
    ],
)
def test_what_limits_nothing(rembs: tuple[int, ...], sending: Sending) -> None:
    assert after(*rembs, sending=sending).at(10.0) is None


def test_a_fall_limits_for_a_while_then_it_is_tried_again_after_longer_each_time() -> None:
    budget = after(600_000, 300_000)
    assert budget.at(10.0) == 150_000
    assert budget.at(17.9) == 150_000
    assert budget.at(18.1) is None
    again = heed(budget, 200_000, HIGH, 19.0)
    assert again.until - 19.0 == 2 * budget.pause_s
    held = heed(again, 100_000, HIGH, 20.0)
    assert held.at(20.0) == 50_000
    assert held.pause_s == again.pause_s
    later = heed(heed(held, 500_000, HIGH, 100.0), 300_000, HIGH, 200.0)
    assert later.pause_s == budget.pause_s
