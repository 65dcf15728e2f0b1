"""What is lost in the shared rings of the recogniser is counted once, whoever died."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from media.engine.tee_writer import TeeWriter
from media.ids import PeerId
from media.tee import WORDS, TeeReader, TeeRing
from tests.transcripts.feed import opus_payloads, packets, silence
from transcripts.ring_book import Losses, RingBook

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.service

TAP = PeerId("words:h1")
ROOM = 1 << 16
NOTHING = Losses(0, 0)


@contextmanager
def rings(count: int) -> Iterator[tuple[TeeRing, ...]]:
    made = tuple(TeeRing.create(WORDS, ROOM) for _ in range(count))
    try:
        yield made
    finally:
        for one in made:
            one.close()


def write(ring: TeeRing, seconds: float, peer: str = "p1") -> int:
    """Write this much silence as a media worker does; gives the packets."""
    writer = TeeWriter(ring)
    items = list(packets(opus_payloads(silence(seconds)), peer))
    assert all(writer.write(TAP, item) for item in items)
    writer.close()
    return len(items)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_a_process_tells_is_counted_once() -> None:
    before = descriptors()
    with rings(2) as (one, two):
        book = RingBook()
        first, second = book.attach(0, one, read=True), book.attach(1, two, read=True)
        assert book.handles == (first, second)
        book.began()
        assert book.take({"1": [3, 0], "2": [1, 4]}) == Losses(4, 4)
        assert book.take({"1": [3, 0], "2": [2, 4]}) == Losses(1, 0)
        assert book.take({}) == NOTHING
        book.began()
        assert book.handles == (first, second), "the next process goes on with them"
        assert book.take({"1": [5, 2], "2": [2, 1]}) == Losses(2, 3), (
            "room is of the ring, left of the process"
        )
        assert book.take({"9": [5, 2]}) == NOTHING, "never given"
        book.close()
        book.close()
        assert list(book.handles) == []
    assert descriptors() == before


def test_an_older_ring_that_is_read_to_its_end_is_told_of_once_more() -> None:
    with rings(2) as (one, two):
        book = RingBook()
        book.attach(0, one, read=True)
        assert book.take({"1": [1, 0]}) == Losses(1, 0)
        fresh = book.attach(0, two, read=True)
        assert book.handles == (fresh,)
        assert book.take({"1": [2, 0]}) == Losses(1, 0), "said before it heard of the fresh one"
        assert book.take({"1": [6, 1], "2": [0, 0]}) == Losses(4, 1)
        before = descriptors()
        assert book.take({"2": [0, 0]}) == NOTHING
        assert descriptors() == before - 2
        book.close()


def test_a_ring_whose_worker_and_reader_both_died_is_counted() -> None:
    with rings(2) as (one, two):
        book = RingBook()
        book.attach(0, one, read=True)
        count = write(one, 1.0)
        reader = TeeReader(one.memory_fd, one.wake_fd)  # the process that dies
        assert len(reader.read(10)) == 10
        reader.close()
        book.attach(0, two, read=False)
        assert book.take({}) == Losses(0, count - 10)
        assert book.take({}) == NOTHING
        book.close()


def test_a_reader_that_dies_over_an_older_ring_costs_what_it_left() -> None:
    with rings(2) as (one, two):
        book = RingBook()
        book.attach(0, one, read=True)
        count = write(one, 1.0)
        book.attach(0, two, read=True)
        book.began()
        assert book.take({"2": [0, 0]}) == Losses(0, count)
        book.close()


def test_a_ring_that_is_damaged_stops_nothing() -> None:
    with rings(2) as (one, two):
        book = RingBook()
        book.attach(0, one, read=False)
        write(one, 0.1)
        os.pwrite(one.memory_fd, b"\xff" * 8, 8)  # its head
        book.attach(0, two, read=False)
        assert len(book.handles) == 1
        assert book.take({}) == Losses(0, 0)
        book.close()
