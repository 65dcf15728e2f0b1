"""Transport-wide feedback: what was noted is what is told, by another reader too; nothing malformed gets further."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media import rtcp
from media.transport_cc import AGAIN_S, RECORDED_MAX, Arrival, Arrivals, bodies, build, chunks, parse

pytestmark = pytest.mark.pure

TICK_S = 1 / 4000
WRAP = 1 << 32


class Read:
    """A reader written from the draft's §3.1 alone, bit by bit; it takes only what is wholly right."""

    def __init__(self, packet: bytes) -> None:
        self.bits = "".join(f"{byte:08b}" for byte in packet)
        self.at = 0
        assert (self.take(2), self.take(1) in (0, 1), self.take(5), self.take(8)) == (2, True, 15, 205)
        assert (self.take(16) + 1) * 4 == len(packet)
        assert self.take(32) == rtcp.SERVER_SSRC
        self.media = self.take(32)
        self.base, count = self.take(16), self.take(16)
        reference = self.take(24)
        self.time = (reference - (1 << 24) if reference >> 23 else reference) * 256
        self.number = self.take(8)
        symbols = self.symbols(count)
        self.arrivals: list[Arrival] = []
        for index, symbol in enumerate(symbols):
            if symbol:
                delta = self.take(8 * symbol)
                if symbol == 2 and delta >> 15:
                    delta -= 1 << 16
                self.time += delta
                self.arrivals.append(((self.base + index) % 65536, self.time % WRAP))
        self.lost = [(self.base + index) % 65536 for index, symbol in enumerate(symbols) if not symbol]
        left = len(packet) - self.at // 8
        assert left < 4
        assert bool(packet[0] & 0x20) == bool(left)
        assert not left or packet[-left:] == bytes(left - 1) + bytes((left,))

    def take(self, count: int) -> int:
        value = int(self.bits[self.at : self.at + count], 2)
        self.at += count
        return value

    def symbols(self, count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count:
            if self.take(1):
                if self.take(1):
                    found += [self.take(2) for _ in range(7)]
                else:
                    found += [self.take(1) for _ in range(14)]
            else:
                symbol = self.take(2)
                found += [symbol] * self.take(13)
        assert not any(found[count:]), "what is beyond the count is left at 0"
        assert 3 not in found
        return found[:count]


def told(packets: list[bytes]) -> list[Arrival]:
    """The arrivals of feedback packets, as both readers give them."""
    found: list[Arrival] = []
    for packet in packets:
        theirs = Read(packet)
        (part,) = rtcp.parts(packet)
        ours = parse(part.body)
        assert (ours.sender, ours.media, ours.base, ours.number) == (
            rtcp.SERVER_SSRC,
            theirs.media,
            theirs.base,
            theirs.number,
        )
        assert list(ours.arrivals) == theirs.arrivals
        assert ours.statuses == len(theirs.arrivals) + len(theirs.lost)
        found += theirs.arrivals
    return found


STEPS = st.lists(
    st.tuples(
        st.one_of(
            st.integers(1, 3), st.integers(1, 40), st.integers(8000, 8400), st.integers(60_000, 200_000)
        ),
        st.one_of(
            st.integers(0, 40), st.integers(-300, 300), st.integers(-40_000, 40_000), st.integers(0, 1 << 26)
        ),
    ),
    max_size=150,
)


@given(st.integers(0, 0x1FFFF), st.integers(0, 1 << 40), STEPS, st.integers(0, 30))
@example(65530, 0, [(1, 0)] * 60, 0)
@example(0, 0, [(1, 255), (1, 256), (1, -1), (1, 32767), (1, 32768), (1, -32768), (1, -32769)], 5)
@example(5, 1 << 32, [(65_534, 1), (65_535, 1), (65_536, 1), (131_072, 1)], 0)
def test_what_is_built_is_read_back_whatever_the_pattern(
    first: int, ticks: int, steps: list[tuple[int, int]], missing: int
) -> None:
    """Wraps, loss, reordered times, gaps of more than the number space, times beyond one packet's reach."""
    arrivals = [(first + missing, ticks)]
    for step, delta in steps:
        arrivals.append((arrivals[-1][0] + step, max(0, arrivals[-1][1] + delta)))
    shared = list(bodies(first, arrivals))
    packets = [build(body, number, 77) for number, body in enumerate(shared)]
    assert told(packets) == [(number % 65536, time % WRAP) for number, time in arrivals]
    assert shared[0].base == first
    # Together they tell of each number once, but for gaps that no packet can span.
    for before, after in pairwise(shared):
        assert after.base >= before.base + len(before.statuses)
    assert all(len(packet) <= 1200 for packet in packets)


@given(st.lists(st.sampled_from([0, 0, 1, 1, 1, 2]), min_size=1, max_size=200))
def test_chunks_say_each_status_once(symbols: list[int]) -> None:
    found: list[int] = []
    data = chunks(bytes(symbols))
    for at in range(0, len(data), 2):
        word = f"{data[at] << 8 | data[at + 1]:016b}"
        if word[0] == "0":
            found += [int(word[1:3], 2)] * int(word[3:], 2)
        elif word[1] == "0":
            found += [int(one) for one in word[2:]]
        else:
            found += [int(word[at : at + 2], 2) for at in range(2, 16, 2)]
    assert found[: len(symbols)] == symbols
    assert not any(found[len(symbols) :])
    assert len(data) <= 2 * (-(-len(symbols) // 7))


def test_a_long_run_is_one_chunk() -> None:
    assert chunks(bytes(8191)) == b"\x1f\xff"
    assert chunks(b"\x01" * 20) == b"\x20\x14"
    assert chunks(bytes(8192)) == b"\x1f\xff\x00\x01"
    assert chunks(b"\x01\x00" * 7) == b"\xaa\xaa"
    assert chunks(b"\x02\x01\x00\x00\x00\x00\x01") == b"\xe4\x01"


def test_a_packet_of_the_draft_by_hand() -> None:
    """Base 10; 10 and 12 came, 11 did not; reference 2 (128 ms); 1 ms after it, then 100 ms later."""
    body = bytes.fromhex("00000001 00000007 000a 0003 000002 09") + b"\xd2\x00" + b"\x04" + b"\x01\x90"
    found = parse(body)
    assert (found.base, found.statuses, found.number) == (10, 3, 9)
    assert found.arrivals == ((10, 512 + 4), (12, 512 + 4 + 400))
    (made,) = bodies(10, [(10, 516), (12, 916)])
    (part,) = rtcp.parts(build(made, 9, 7))
    assert part.body == body


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "000a",
        "000a 0003 000002",
        "000a 0003 000002 09",
        "000a 0001 000002 09 2001",
        "000a 0001 000002 09 4001 01",
        "000a 0001 000002 09 0000",
        "000a 0001 000002 09 6001 0101",
        "000a 0007 000002 09 ffff 0101",
        "000a ffff 000002 09 3fff 3fff 3fff 3fff",
    ],
)
def test_what_does_not_add_up_is_refused(rest: str) -> None:
    with pytest.raises(ValueError, match="transport feedback"):
        parse(bytes.fromhex("00000001 00000007" + rest))


@given(st.binary(max_size=60), st.integers(0, 0xFFFF))
def test_any_bytes(data: bytes, count: int) -> None:
    head = bytes(8) + b"\x00\x0a" + count.to_bytes(2, "big") + bytes(4)
    with suppress(ValueError):
        assert len(parse(head + data).arrivals) <= len(data)
    with suppress(ValueError):
        parse(data)


# -- what is noted -----------------------------------------------------------------------------------------


def test_each_packet_is_told_once_with_the_time_it_came() -> None:
    noted = Arrivals()
    assert noted.feedback(0.0) == []
    for number in (65534, 65535, 1):
        noted.note(number, 5, 10 + number / 100_000)
    found = noted.feedback(11.0)
    assert told(found) == [(number, int((10 + number / 100_000) * 4000)) for number in (65534, 65535, 1)]
    assert Read(found[0]).lost == [0]
    assert (Read(found[0]).media, Read(found[0]).number) == (5, 0)
    assert noted.feedback(11.1) == []
    noted.note(4, 6, 11.2)
    (packet,) = noted.feedback(11.3)
    read = Read(packet)
    assert (read.media, read.number, read.lost) == (6, 1, [2, 3])
    assert [number for number, _ in read.arrivals] == [4]


def test_a_late_packet_is_told_with_what_is_known_of_its_neighbours() -> None:
    noted = Arrivals()
    for number in (10, 11, 13, 14):
        noted.note(number, 5, 1.0)
    assert Read(noted.feedback(1.0)[0]).lost == [12]
    noted.note(12, 5, 1.1)
    read = Read(noted.feedback(1.2)[0])
    assert (read.lost, [number for number, _ in read.arrivals]) == ([], [12, 13, 14])
    assert noted.feedback(1.3) == []


def test_a_packet_before_the_first_that_came_is_told_too() -> None:
    noted = Arrivals()
    noted.note(10, 5, 1.0)
    noted.note(8, 5, 1.0)
    read = Read(noted.feedback(1.0)[0])
    assert (read.base, read.lost) == (8, [9])


def test_what_is_too_late_or_a_repeat_is_not_told() -> None:
    noted = Arrivals()
    for number in (10, 11, 13):
        noted.note(number, 5, 1.0)
    noted.feedback(1.0)
    noted.note(14, 5, 1.2 + AGAIN_S)
    noted.feedback(1.2 + AGAIN_S)
    noted.note(12, 5, 1.3 + AGAIN_S)
    noted.note(14, 5, 1.3 + AGAIN_S)
    assert noted.feedback(1.4 + AGAIN_S) == []


def test_a_sender_that_begins_anew_is_followed() -> None:
    noted = Arrivals()
    noted.note(20_000, 5, 1.0)
    noted.feedback(1.0)
    noted.note(1, 5, 9.0)
    read = Read(noted.feedback(9.0)[0])
    assert (read.base, read.lost, len(read.arrivals)) == (1, [], 1)


def test_memory_is_bounded_whatever_comes() -> None:
    noted = Arrivals()
    for number in range(3 * RECORDED_MAX):
        noted.note(number & 0xFFFF, 5, 1.0)
    assert len(told(noted.feedback(1.0))) == RECORDED_MAX
    for second in range(2, 40):
        for number in range(RECORDED_MAX):
            noted.note((second * RECORDED_MAX + number) & 0xFFFF, 5, float(second))
        assert len(told(noted.feedback(float(second)))) == RECORDED_MAX


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(-30, 60), st.integers(0, 200), st.booleans()), min_size=1, max_size=120),
)
def test_what_came_is_told_with_its_first_time(first: int, rows: list[tuple[int, int, bool]]) -> None:
    """However it is reordered, lost, repeated and shared out over feedback packets."""
    noted = Arrivals()
    newest, ticks = first, 40_000
    came: dict[int, int] = {}
    oldest: int | None = None
    found: dict[int, int] = {}
    packets = []
    for step, delta, ask in rows:
        number = newest + step if came else first
        newest = max(newest, number)
        ticks += min(delta, 10)  # all within half a second: nothing is too late
        noted.note(number & 0xFFFF, 5, ticks * TICK_S + TICK_S / 2)
        if oldest is None or number >= oldest:
            came.setdefault(number, ticks)
        if ask:
            packets += noted.feedback(ticks * TICK_S)
            oldest = min(came) if oldest is None else oldest
    packets += noted.feedback(ticks * TICK_S)
    for number, time in told(packets):
        assert found.setdefault(number, time) == time, "never told differently"
    assert found == {number & 0xFFFF: time for number, time in came.items()}
    assert [Read(packet).number for packet in packets] == [index & 0xFF for index in range(len(packets))]


def test_a_feedback_fits_a_datagram_beside_srtcp() -> None:
    noted = Arrivals()
    for number in range(4000):
        noted.note(number, 5, 1.0 + (number % 7) * 0.9)
    found = noted.feedback(8.0)
    assert len(found) > 1
    assert max(map(len, found)) < 1200
    assert len(told(found)) == 4000
