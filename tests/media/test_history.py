"""The ring that answers NACK, and the book of what came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp
from media.history import History
from media.reception import Reception
from tests.media.rig import rtp

pytestmark = pytest.mark.pure


def put(history: History, sequence: int) -> bytes:
    packet = rtp(96, sequence, 1, 1, b"x")
    history.ring[(sequence & 0xFFFF) % history.size] = packet
    return packet


def test_only_the_last_packets_are_kept() -> None:
    history = History(8)
    assert history.get(0) is None, "nothing has begun"
    history.begin()
    packets = [put(history, 65530 + n) for n in range(12)]
    assert history.get(65530) is None
    assert history.get(5) == packets[-1]
    assert history.answer([65533, 65534, 5, 6], 1.0) == [packets[4], packets[11]]
    history.clear()
    assert history.answer(range(65536), 1.0) == []


def test_a_flood_of_nacks_gets_a_bounded_answer() -> None:
    history = History(8)
    history.begin()
    put(history, 3)
    assert sum(len(history.answer([3], 1.0 + n / 1000)) for n in range(100)) == 8
    assert history.answer([3], 2.0)


@pytest.mark.parametrize("first", [0, 7, 65531])
def test_what_nobody_asked_for_in_a_second_or_two_is_not_kept(first: int) -> None:
    history = History(16)
    history.begin()
    numbers = [(first + n) & 0xFFFF for n in range(9)]
    for number in numbers[:3]:
        put(history, number)
    history.age(numbers[2], 10.0)
    for number in numbers[3:6]:
        put(history, number)
    history.age(numbers[5], 10.9)
    assert all(history.get(one) for one in numbers[:6]), "not a second yet"
    history.age(numbers[5], 11.0)
    assert [one for one in numbers[:6] if history.get(one)] == numbers[3:6]
    for number in numbers[6:]:
        put(history, number)
    history.age(numbers[8], 12.0)
    assert [one for one in numbers if history.get(one)] == numbers[6:]
    history.age(numbers[8], 13.0)
    assert not any(history.ring)
    history.clear()
    history.begin()
    put(history, numbers[0])
    history.age(numbers[0], 14.0)
    assert history.get(numbers[0]), "after a change of source it counts from anew"


def test_a_packet_in_the_place_of_an_old_one_stays() -> None:
    history = History(8)
    history.begin()
    for number in range(4):
        put(history, number)
    history.age(3, 1.0)
    for number in range(4, 12):
        put(history, number)
    history.age(11, 2.0)
    assert all(history.get(number) for number in range(4, 12))


@given(st.lists(st.integers(0, 30), max_size=80), st.integers(0, 0xFFFF))
def test_reception_lets_each_packet_in_once(jumps: list[int], first: int) -> None:
    reception = Reception(90000)
    reception.accept(first, 0, 0.0)
    seen = {first}
    for number, jump in enumerate(jumps):
        sequence = (first + number // 2 + jump) & 0xFFFF
        accepted = reception.accept(sequence, 0, float(number))
        assert accepted == (sequence not in seen)
        seen.add(sequence)
    assert reception.received == len(seen)


def test_missing_packets_are_asked_for_so_many_times() -> None:
    reception = Reception(90000)
    reception.accept(65533, 0, 0.0)
    reception.accept(1, 0, 0.0)
    assert reception.due(0.0, 0.05, 3) == [65534, 65535, 0]
    assert reception.due(0.02, 0.05, 3) == []
    assert reception.accept(65535, 0, 0.03)
    assert not reception.accept(65535, 0, 0.03)
    assert reception.due(0.06, 0.05, 3) == [65534, 0]
    assert reception.due(0.2, 0.05, 3) == [65534, 0]
    assert reception.due(0.4, 0.05, 3) == []
    assert reception.accept(0, 0, 0.5), "given up, but welcome"


def test_an_outage_is_not_asked_for() -> None:
    reception = Reception(90000)
    reception.accept(10, 0, 0.0)
    reception.accept(5000, 0, 1.0)
    assert reception.due(1.0, 0.05, 3) == []
    assert reception.highest == 5000


def test_report_counts_loss_since_the_last_report() -> None:
    reception = Reception(48000)
    for sequence in (65534, 65535, 0, 3):
        reception.accept(sequence, 0, 0.0)
    reception.note_sender_report(0x0000_1111_2222_3333, 1.0)
    part = rtcp.Part(1, rtcp.RR, bytes(4) + reception.report(7, 1.5))
    (block,) = rtcp.report_blocks(part)
    assert (block.ssrc, block.lost, block.fraction_lost) == (7, 2, 2 * 256 // 6)
    assert block.highest == 0x10003
    assert (block.last_sr, block.delay) == (0x1111_2222, 0x8000)
    reception.accept(4, 0, 2.0)
    (block,) = rtcp.report_blocks(rtcp.Part(1, rtcp.RR, bytes(4) + reception.report(7, 2.0)))
    assert (block.lost, block.fraction_lost) == (2, 0)
