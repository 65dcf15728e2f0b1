"""A voice is one unbroken line of packets."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.clocks import ClockMap
from recording.rtp import in_order
from recording.voice import SILENCE, Voice, lay, opus_samples
from tests.recording.test_rtp import MS, packet

if TYPE_CHECKING:
    from media.taps import TapPacket

pytestmark = pytest.mark.pure

SPOKEN = b"\xf8words"


def spoken(item: TapPacket) -> TapPacket:
    return item._replace(rtp=SPOKEN, payload_end=len(SPOKEN))


def laid(packets: list[TapPacket], end_ms: int) -> list[Voice]:
    return list(lay(in_order(packets), ClockMap.learn(packets), 0, end_ms * MS))


@pytest.mark.parametrize(
    ("head", "samples"),
    [
        ("08", 960), ("18", 2880), ("78", 960), ("70", 480), ("f8", 960), ("e0", 120), ("fc", 960), ("f9", 1920),
        ("fa", 1920), ("fb03", 2880), ("fb06", 5760), ("fb07", 0), ("fb", 0), ("", 0), ("1b03", 0), ("1b02", 5760),
    ],
)  # fmt: skip
def test_the_length_of_a_packet(head: str, samples: int) -> None:
    """RFC 6716 §3.1 and §3.2: SILK 20 and 60 ms, hybrid, CELT, and packets of several frames."""
    assert opus_samples(bytes.fromhex(head)) == samples


@given(st.sets(st.integers(0, 300)), st.integers(1, 6500))
def test_whatever_came_the_line_has_no_hole_and_the_right_length(there: set[int], end_ms: int) -> None:
    voices = laid([spoken(packet(n)) for n in sorted(there)], end_ms)
    for one, two in itertools.pairwise(voices):
        assert one.at + one.samples == two.at
    assert voices[0].at == 0
    assert 0 <= voices[-1].at + voices[-1].samples - end_ms * 48 < 960
    for voice in voices:
        if voice.data == SPOKEN:
            assert any(abs(voice.at / 48 - 40 - 20 * n) <= 20 for n in there)


def test_what_was_spoken_stands_at_its_time_and_silence_between() -> None:
    voices = laid([spoken(packet(n)) for n in (0, 1, 2, 50, 51)], 2000)
    assert [round(v.at / 48) for v in voices if v.data == SPOKEN] == [40, 60, 80, 1040, 1060]
    assert {v.data for v in voices} == {SPOKEN, SILENCE}


def test_what_lies_outside_is_left_out() -> None:
    packets = [spoken(packet(n)) for n in range(100)]
    voices = list(lay(in_order(packets), ClockMap.learn(packets), 1040 * MS, 1100 * MS))
    assert [v.data for v in voices] == [SPOKEN] * 3
