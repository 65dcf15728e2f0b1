"""Packets come out in order, once, and none waits longer than the bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.frames import OpusPacket
from transcripts.jitter import Reorder, distance

pytestmark = pytest.mark.pure

HOLD_NS = 120_000_000


def packet(sequence: int, at_ms: int) -> OpusPacket:
    return OpusPacket(1, 1, sequence % 65_536, 0, at_ms * 1_000_000, b"")


def test_distance_wraps() -> None:
    assert distance(1, 65_535) == 2
    assert distance(65_535, 1) == -2


def test_a_swap_is_mended() -> None:
    reorder = Reorder(HOLD_NS, 32)
    order = [65_534, 0, 65_535, 1]
    out = [p.sequence for i, n in enumerate(order) for p in reorder.push(packet(n, 20 * i))]
    assert out == [65_534, 65_535, 0, 1]


def test_a_hole_is_waited_for_and_then_given_up() -> None:
    reorder = Reorder(HOLD_NS, 32)
    reorder.push(packet(10, 0))
    assert reorder.push(packet(12, 20)) == []
    assert reorder.push(packet(13, 120)) == []
    assert [p.sequence for p in reorder.push(packet(14, 141))] == [12, 13, 14]
    assert reorder.push(packet(11, 150)) == []
    assert reorder.late == 1


def test_a_sender_that_starts_anew_is_followed() -> None:
    reorder = Reorder(HOLD_NS, 32)
    reorder.push(packet(10, 0))
    reorder.push(packet(12, 20))
    assert [p.sequence for p in reorder.push(packet(30_000, 40))] == [12, 30_000]


@given(st.integers(0, 65_535), st.permutations(range(24)), st.sets(st.integers(0, 23)))
def test_what_comes_out_is_in_order_once_and_bounded(first: int, order: list[int], lost: set[int]) -> None:
    reorder = Reorder(HOLD_NS, 8)
    out: list[int] = []
    pushed = 0
    for index, offset in enumerate(order):
        if offset in lost:
            continue
        pushed += 1
        out += [
            distance(p.sequence, first % 65_536) for p in reorder.push(packet(first + offset, 20 * index))
        ]
        assert len(reorder._held) <= 8
    out += [distance(p.sequence, first % 65_536) for p in reorder.flush()]
    assert out == sorted(set(out))
    assert len(out) + reorder.late == pushed
