"""The mix: in its place to the sample, never above full scale, and levels that say who spoke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ids import Kind
from recording.clocks import ClockMap
from recording.composite.sound import BLOCK, Limiter, Mixer, placed
from recording.rtp import in_order
from recording.voice import RATE
from tests.recording.senders import SECOND, T0, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.taps import TapPacket
    from recording.reading import Tape

pytestmark = pytest.mark.service


class Shelf:
    """A tape in memory."""

    def __init__(self, **packets: list[TapPacket]) -> None:
        self._packets = {
            label: sorted(sent, key=lambda one: one.arrival_ns) for label, sent in packets.items()
        }

    def items(self, label: str, kind: Kind) -> Iterator[TapPacket]:
        return (one for one in self._packets[label] if one.track.kind is kind)

    def clocks(self) -> dict[str, ClockMap]:
        return {label: ClockMap.learn(self.items(label, Kind.AUDIO)) for label in self._packets}


def mixed(shelf: Shelf, seconds: float) -> tuple[np.ndarray, dict[str, bytes]]:
    tape: Tape = shelf  # type: ignore[assignment]
    mixer = Mixer(tape, shelf.clocks(), T0, T0 + round(seconds * SECOND))
    return np.concatenate(list(mixer.blocks())), mixer.levels


def test_the_film_is_as_long_as_the_hearing_and_says_who_spoke() -> None:
    shelf = Shelf(a=Sender("p1").tone(500, 1, 2), b=Sender("p2").tone(900, 4, 1))
    wave, levels = mixed(shelf, 6.3)
    assert len(wave) == round(6.3 * RATE)
    loud = {label: [n for n, level in enumerate(line) if level > 40] for label, line in levels.items()}
    assert abs(loud["a"][0] - 10) <= 1
    assert abs(loud["a"][-1] - 30) <= 1
    assert abs(loud["b"][0] - 40) <= 1
    assert levels["a"][35] == 0


def test_a_lost_packet_leaves_a_hole_and_moves_nothing() -> None:
    whole = Sender("p1").tone(500, 1, 2)
    wave, _ = mixed(Shelf(a=whole), 4)
    holed, _ = mixed(Shelf(a=[one for n, one in enumerate(whole) if n not in {40, 41, 42}]), 4)
    assert len(holed) == len(wave)
    later = slice(round(2.2 * RATE), round(2.9 * RATE))
    assert np.corrcoef(wave[later], holed[later])[0, 1] > 0.99, "still in phase: not a sample has moved"


def test_what_comes_of_another_tab_does_not_interrupt_and_nothing_overlaps() -> None:
    one, two = Sender("p1", ssrc=1).tone(500, 0, 2), Sender("p2", ssrc=2).tone(900, 1, 3)
    items = sorted([*one, *two], key=lambda packet: packet.arrival_ns)
    found = list(placed(in_order(items), ClockMap.learn(items), T0, T0 + 5 * SECOND))
    ends = 0
    for at, skip, item in found:
        assert at >= ends
        ends = at + 960 - skip
        assert item.key[0] == ("p1" if at < 2.1 * RATE else "p2"), "after a silence of the first"


@given(st.lists(st.floats(0.0, 4.0), min_size=1, max_size=8), st.integers(0, 99))
def test_no_mix_is_above_full_scale_and_a_quiet_one_is_untouched(loudness: list[float], seed: int) -> None:
    limiter = Limiter()
    random = np.random.default_rng(seed)
    for loud in loudness:
        block = (random.uniform(-1, 1, BLOCK) * loud).astype(np.float32)
        held = limiter.hold(block)
        assert float(np.abs(held).max()) <= 0.9
        assert held.shape == block.shape
    quiet = np.full(BLOCK, 0.1, np.float32)
    for _ in range(2):  # the loudness has come back by then
        out = limiter.hold(quiet)
    assert np.array_equal(out, quiet)
