"""Order and time of recorded streams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket
from recording.clocks import RESYNC_NS, ClockMap
from recording.rtp import HOLD_NS, SILENT_NS, Unwrap, in_order

pytestmark = pytest.mark.pure

MS = 1_000_000
KEY = ("p1", 7)


def packet(number: int, arrival_ms: float | None = None, *, first: int = 65_530, ssrc: int = 7) -> TapPacket:
    """Packet `number` of a 20 ms stream; it arrives 40 ms after its time unless told otherwise."""
    arrival = 20 * number + 40 if arrival_ms is None else arrival_ms
    return TapPacket(
        track=TrackId(PeerId("p1"), Kind.AUDIO),
        codec="opus",
        clock_rate=48_000,
        ssrc=ssrc,
        sequence=first + number & 0xFFFF,
        timestamp=(1 << 32) - 3000 + 960 * number & 0xFFFFFFFF,
        marker=False,
        keyframe=False,
        rtp=b"",
        payload_start=0,
        payload_end=0,
        arrival_ns=round(arrival * MS),
    )


def numbers(packets: list[TapPacket], first: int = 65_530) -> list[int]:
    return [(item.packet.sequence - first) & 0xFFFF for item in in_order(packets)]


@given(st.integers(0, 65_535), st.lists(st.integers(-30_000, 30_000), max_size=30))
def test_unwrapping_follows_every_step_below_half_the_range(first: int, steps: list[int]) -> None:
    unwrap = Unwrap(16)
    value = unwrap(first)
    assert value == first
    for step in steps:
        value += step
        assert unwrap(value & 0xFFFF) == value


@given(st.permutations(range(12)))
def test_whatever_the_order_of_arrival_within_the_wait_the_order_is_restored(order: list[int]) -> None:
    packets = [packet(number, 20 * place) for place, number in enumerate(order)]
    assert numbers(packets) == list(range(12))


def test_doubles_and_packets_that_come_too_late_are_left_out() -> None:
    packets = [packet(n) for n in range(200) if n != 50]
    packets.insert(120, packet(60, packets[120].arrival_ns / MS))
    packets.append(packet(50, packets[-1].arrival_ns / MS + 1))
    assert 20 * (199 - 50) * MS > HOLD_NS
    assert numbers(packets) == [n for n in range(200) if n != 50]


def test_a_retransmission_within_the_wait_is_put_in_its_place() -> None:
    packets = [packet(n) for n in range(100) if n != 50]
    packets.insert(80, packet(50, packets[80].arrival_ns / MS))
    assert numbers(packets) == list(range(100))


def test_after_a_long_pause_any_sequence_number_is_a_new_beginning() -> None:
    """Forty minutes of a muted seat: its numbers went round while nobody recorded them."""
    before = [packet(n) for n in range(5)]
    pause_ms = 2_400_000
    after = [packet(n, pause_ms + 20 * n, first=65_530 - 40_000) for n in range(5)]
    assert pause_ms * MS > SILENT_NS
    items = list(in_order(before + after))
    assert [item.packet for item in items] == before + after
    assert [item.index for item in items] == sorted({item.index for item in items})


def test_two_streams_keep_their_own_order() -> None:
    both = [packet(n, ssrc=ssrc) for n in (1, 0, 2) for ssrc in (7, 8)]
    for ssrc in (7, 8):
        assert [i.packet.sequence for i in in_order(both) if i.packet.ssrc == ssrc] == [
            65_530,
            65_531,
            65_532,
        ]


@given(st.lists(st.integers(0, 200), min_size=100, max_size=100))
def test_jitter_does_not_move_the_clock(jitter_ms: list[int]) -> None:
    jitter_ms[3] = 0
    packets = [
        packet(n)._replace(arrival_ns=packet(n).arrival_ns + extra * MS) for n, extra in enumerate(jitter_ms)
    ]
    clocks = ClockMap.learn(packets)
    placed = [clocks.wall_ns(item.key, item.ticks) for item in in_order(packets)]
    start = 40 * MS
    assert all(abs(at - start - 20 * MS * n) <= MS for n, at in enumerate(placed))


def test_a_clock_is_moved_only_when_it_is_off_by_too_much() -> None:
    packets = [  # 80 s; after 40 s the court's clock has been set 2 s forward
        packet(n, 20 * n + 40 + (2000 if n >= 2000 else 0) + n * 20 * 0.0004) for n in range(4000)
    ]
    clocks = ClockMap.learn(packets)
    items = list(in_order(packets))
    assert len(items) == 4000
    for n, item in enumerate(items):
        error = item.packet.arrival_ns - clocks.wall_ns(item.key, item.ticks)
        if abs(n - 2000) > 1000:
            assert abs(error) <= RESYNC_NS


def test_what_waits_at_the_end_of_a_stream_comes_before_what_follows_it() -> None:
    """The line broke behind a lost packet; the next connection began five seconds later."""
    tail = [packet(n) for n in range(20) if n != 17]
    following = [packet(n, 5000 + 20 * n, ssrc=9) for n in range(30)]
    assert [item.packet for item in in_order(tail + following)] == tail + following


def test_a_stream_of_one_packet_is_not_held_to_the_end() -> None:
    short = [packet(0)]
    following = [packet(n, 2000 + 20 * n, ssrc=9) for n in range(30)]
    assert [item.packet for item in in_order(short + following)] == short + following
