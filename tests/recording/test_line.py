"""The line between the server and the tape process: whole messages with their descriptors, bounded, and an end that shows."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from media.ids import PeerId
from recording.facts import (
    SegmentDigest,
    TapeFaulted,
    TapeOrder,
    TapePaused,
    TapeProgress,
    TapeRolling,
    TapeSeal,
)
from recording.line import Line, LineEnded
from recording.orders import fact_of, fact_values, order_of, order_values, seal_of, seal_values
from recording.process import EXIT_LINE, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.service

MESSAGE_MAX, PENDING_MAX = 100_000, 300_000


@contextmanager
def lines() -> Iterator[tuple[Line, Line]]:
    ours, theirs = socket.socketpair()
    one, two = Line(ours, MESSAGE_MAX, PENDING_MAX), Line(theirs, MESSAGE_MAX, PENDING_MAX)
    yield one, two
    one.close()
    two.close()


@contextmanager
def raw() -> Iterator[tuple[socket.socket, Line]]:
    """A line whose other end says what it likes."""
    ours, theirs = socket.socketpair()
    line = Line(theirs, MESSAGE_MAX, PENDING_MAX)
    yield ours, line
    ours.close()
    line.close()


async def test_messages_come_whole_in_order_and_with_their_descriptors() -> None:
    with lines() as (one, two):
        first, second = os.pipe()
        one.send({"n": 1, "text": "原告"})
        one.send({"n": 2}, (first, second))
        one.send({"n": 3}, (second,))
        (_, none), (message, (reads, writes)), (_, (again,)) = two.take()
        assert (none, message["n"]) == ([], 2)
        os.write(writes, b"a")
        os.write(again, b"b")
        assert os.read(reads, 9) == b"ab"
        assert not os.get_inheritable(reads)
        for descriptor in (first, second, reads, writes, again):
            os.close(descriptor)
        assert two.take() == []


async def test_a_long_message_waits_for_room_and_nothing_is_lost() -> None:
    with lines() as (one, two):
        came = asyncio.Event()
        two.watch(came.set)
        for n in range(3):
            one.send({"n": n, "text": "x" * 90_000})
        got: list[int] = []
        while len(got) < 3:
            await came.wait()
            came.clear()
            got += [message["n"] for message, _ in two.take()]
        assert got == [0, 1, 2]


async def test_who_does_not_read_is_given_up_at_the_bound() -> None:
    with lines() as (one, _), pytest.raises(LineEnded):
        for _ in range(100):
            one.send({"text": "x" * 90_000})


async def test_the_end_shows_after_the_last_message() -> None:
    with lines() as (one, two):
        one.send({"n": 1})
        one.close()
        assert [message["n"] for message, _ in two.take()] == [1]
        with pytest.raises(LineEnded):
            two.take()
        with pytest.raises(LineEnded):
            two.send({"n": 2})


@pytest.mark.parametrize(
    "nonsense",
    [
        struct.pack("!I", MESSAGE_MAX + 1),
        struct.pack("!I", 2) + b"[]",
        struct.pack("!I", 3) + b"\xff\xff\xff",
        struct.pack("!I", 10) + b'{"fds": 1}',  # and none came
        struct.pack("!I", 11) + b'{"fds": -1}',
    ],
)
async def test_nonsense_ends_the_line(nonsense: bytes) -> None:
    with raw() as (ours, line):
        ours.send(nonsense)
        with pytest.raises(LineEnded):
            line.take()


async def test_descriptors_nobody_took_are_closed() -> None:
    with raw() as (ours, line):
        reads, writes = os.pipe()
        socket.send_fds(ours, [b"\0"], [writes])
        os.close(writes)
        assert line.take() == []
        line.close()
        assert os.read(reads, 1) == b"", "somebody still holds the other end"
        os.close(reads)


@pytest.mark.parametrize(
    "first", [{"fds": 0}, {"fds": 0, "settings": {"no_such": 1}}, {"fds": 0, "settings": 1}]
)
async def test_a_process_that_is_told_nonsense_first_ends_at_once(first: dict[str, object]) -> None:
    ours, theirs = socket.socketpair()
    body = json.dumps(first).encode()
    ours.send(struct.pack("!I", len(body)) + body)
    assert await serve(theirs) == EXIT_LINE
    ours.close()
    theirs.close()


def test_orders_facts_and_seals_come_out_as_they_went_in() -> None:
    for order in (TapeOrder(False, "recess"), TapeOrder(True, None, {PeerId("p1"): "原告~screen"})):
        assert order_of(json.loads(json.dumps(order_values(order)))) == order
    for fact in (TapeRolling(), TapePaused("recess"), TapeFaulted("io_error"), TapeProgress(1 << 62, 9)):
        assert fact_of(json.loads(json.dumps(fact_values(fact)))) == fact
    seal = TapeSeal("ab", (SegmentDigest("a-audio-0001.ytape", 1 << 40, "cd"),))
    assert seal_of(json.loads(json.dumps(seal_values(seal)))) == seal
    with pytest.raises(ValueError, match="no known kind"):
        fact_of({"fact": "other"})
