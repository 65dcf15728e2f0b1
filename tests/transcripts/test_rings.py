"""The recogniser reads shared rings itself: speech by a ring, a full one, a dead worker's, a killed recogniser."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from media.engine.tee_writer import TeeWriter
from media.ids import PeerId
from media.taps import Tee
from media.tee import HEAD, TAIL, WORDS, TeeReader, TeeRing
from tests.transcripts.conftest import listening
from tests.transcripts.feed import clip, opus_payloads, packets, silence
from tests.transcripts.test_live import NEVER_IDLE_MS, order, said, until
from transcripts.facts import PacketsLost, RecogniserDied, RecogniserReady
from transcripts.live import LiveTranscriber
from transcripts.rings import Rings
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.taps import TapPacket

pytestmark = pytest.mark.service

TAP, OTHER_TAP = PeerId("words:h1"), PeerId("words:h2")
RING_BYTES = 1 << 22


@contextmanager
def ring(capacity: int = RING_BYTES) -> Iterator[tuple[TeeRing, TeeWriter]]:
    """A ring as a media worker writes it."""
    made = TeeRing.create(WORDS, capacity)
    writer = TeeWriter(made)
    try:
        yield made, writer
    finally:
        writer.close()
        made.close()


def write(writer: TeeWriter, items: list[TapPacket], tap: PeerId = TAP) -> None:
    for item in items:
        assert writer.write(tap, item)
    writer.timer()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class Reading:
    """Rings, and what came out of them."""

    def __init__(self) -> None:
        self.taken: list[tuple[PeerId, TapPacket]] = []
        self.lock = threading.Condition()
        self.rings = Rings(TranscriptSettings(), self.lock, self._take)
        self._ours, self._theirs = socket.socketpair()

    def _take(self, tap: PeerId, item: TapPacket) -> None:
        self.taken.append((tap, item))

    def attach(self, worker: int, made: TeeRing) -> None:
        socket.send_fds(self._ours, [b"r"], [made.memory_fd, made.wake_fd])
        with self.lock:
            self.rings.attach(worker, 1000 + worker, self._theirs)

    def wait(self, count: int) -> None:
        """Wait until so many came; the test's own timeout is the limit."""
        with self.lock:
            self.lock.wait_for(lambda: len(self.taken) >= count)


def speech(peer: str = "p1", seconds: float = 2.0) -> list[TapPacket]:
    return list(packets(opus_payloads(silence(seconds)), peer))


def test_what_is_written_comes_out_with_the_name_of_its_tap() -> None:
    with ring() as (made, writer):
        reading = Reading()
        reading.attach(0, made)
        one, two = speech(), speech("p2")
        write(writer, one)
        write(writer, [two[0]._replace(codec="vp8")])  # nothing for an ear
        write(writer, two, OTHER_TAP)
        reading.wait(len(one) + len(two))
        assert reading.taken == [*((TAP, item) for item in one), *((OTHER_TAP, item) for item in two)]


def test_a_drain_takes_what_is_there_at_once_and_a_dead_workers_ring_is_read_to_its_end() -> None:
    with ring() as (first, writer), ring() as (second, new_writer):
        reading = Reading()
        write(writer, speech())
        reading.attach(0, first)
        with reading.lock:
            reading.rings.drain()
            assert len(reading.taken) == len(speech())
        with reading.lock:  # so that the thread finds nothing in between
            write(writer, speech("p2"))
            socket.send_fds(reading._ours, [b"r"], [second.memory_fd, second.wake_fd])
            reading.rings.attach(0, 7, reading._theirs)
            assert [item for _, item in reading.taken] == speech() + speech("p2")
        write(new_writer, speech("p3"))
        reading.wait(len(speech()) * 3)
        assert [item for _, item in reading.taken][-1] == speech("p3")[-1]


def test_a_full_ring_drops_and_counts() -> None:
    with ring(1 << 13) as (made, writer):
        items = speech(seconds=20)
        taken = [item for item in items if writer.write(TAP, item)]
        reading = Reading()
        reading.attach(3, made)
        with reading.lock:
            reading.rings.drain()
            assert [item for _, item in reading.taken] == taken
            assert reading.rings.take_losses() == {1003: (len(items) - len(taken), 0)}
        assert len(taken) < len(items)


def test_what_a_reader_that_died_has_left_is_counted_as_lost_and_not_heard() -> None:
    with ring() as (made, writer):
        write(writer, speech())
        dead = TeeReader(made.memory_fd, made.wake_fd)
        assert len(dead.read(30)) == 30  # and with them the names
        dead.close()
        reading = Reading()
        reading.attach(3, made)
        with reading.lock:
            reading.rings.drain()
            assert reading.taken == []
            assert reading.rings.take_losses() == {1003: (0, len(speech()) - 30)}
        writer.timer()  # tells the new reader the names
        write(writer, speech("p2"))
        reading.wait(len(speech()))
        with reading.lock:
            assert reading.rings.take_losses() == {1003: (0, len(speech()) - 30)}, "and nothing else is"


def test_a_damaged_ring_counts_as_a_loss_and_is_told_of_once() -> None:
    with ring() as (made, writer), ring() as (fresh, _):
        reading = Reading()
        reading.attach(0, made)
        os.pwrite(made.memory_fd, b"\xff" * 8, 8)  # its head: more than it holds
        with reading.lock:
            reading.rings.drain()
            assert reading.rings.take_losses() == {1000: (0, 1)}
            assert reading.rings.take_losses() == {}
        reading.attach(1, fresh)
        with reading.lock:
            assert reading.rings.take_losses() == {1001: (0, 0)}, "the others go on"
        writer.close()


def test_what_is_no_ring_is_refused_and_nothing_leaks() -> None:
    reading = Reading()
    before = descriptors()
    null = Path(os.devnull)
    with null.open("rb") as one, null.open("rb") as two:
        socket.send_fds(reading._ours, [b"r"], [one.fileno(), two.fileno()])
        with pytest.raises((ValueError, OSError)), reading.lock:
            reading.rings.attach(0, 7, reading._theirs)
    assert descriptors() == before
    assert reading.rings.take_losses() == {}


async def test_speech_by_a_ring_is_written_and_only_of_those_in_the_order(
    settings: TranscriptSettings,
) -> None:
    with ring() as (made, writer):
        async with listening(replace(settings, idle_ms=NEVER_IDLE_MS)) as listener:
            listener.live.attach(0, made)
            ear = listener.live.ear("h1", TAP)
            assert ear.feed == Tee(WORDS)
            assert listener.live.ear("h2").feed is listener.live.ear("h2")
            ear.follow(order("p1"))
            # All of it is in the ring before the order ends: what was said until then is heard.
            await until(lambda: "strangers" in listener.live.counts.process)
            write(writer, said(clip("zh-0.wav"), silence(1)))
            write(writer, said(clip("zh-1.wav"), silence(1), peer="p2"))
            write(writer, said(clip("zh-1.wav"), silence(1)), OTHER_TAP)
            ear.follow(order())
            await ear.drained()
            assert "开庭" in listener.text("h1", "label-p1")
            assert {utterance.label for _, utterance in listener.said} == {"label-p1"}
            count = len(listener.said)
            write(writer, said(clip("zh-0.wav"), silence(1)))
            await until(lambda: listener.live.counts.process["strangers"] > 0)
            others = len(said(clip("zh-1.wav"), silence(1))) * 2 + len(said(clip("zh-0.wav"), silence(1)))
            await until(lambda: listener.live.counts.process["strangers"] == others)
            assert len(listener.said) == count


async def test_a_recogniser_that_is_started_again_goes_on_with_the_ring(settings: TranscriptSettings) -> None:
    with ring() as (made, writer):
        async with listening(replace(settings, idle_ms=NEVER_IDLE_MS)) as listener:
            live = listener.live
            live.attach(0, made)
            ear = live.ear("h1", TAP)
            ear.follow(order("p1"))
            write(writer, said(clip("zh-1.wav")))
            await until(lambda: bool(listener.said))
            assert live.pid is not None
            os.kill(live.pid, signal.SIGKILL)
            await until(lambda: any(isinstance(fact, RecogniserDied) for fact in listener.facts))
            before = len(listener.said)
            live.counts.process.clear()
            await until(lambda: live.counts.process.get("rings") == {"1": [0, 0]})
            writer.timer()  # tells a new reader all names; captions of the time between are not missed
            write(writer, said(clip("zh-0.wav"), silence(1)))
            await until(lambda: sum(isinstance(fact, RecogniserReady) for fact in listener.facts) == 2)
            ear.follow(order())
            await ear.drained()
            assert "开庭" in "".join(spoken.text for _, spoken in listener.said[before:] if spoken.final)


async def test_what_a_killed_recogniser_had_not_read_is_told_as_lost(settings: TranscriptSettings) -> None:
    with ring() as (made, writer):
        async with listening(settings) as listener:
            live = listener.live
            live.attach(0, made)
            live.ear("h1", TAP).follow(order("p1"))
            for _ in range(2):  # names are told anew to a new reader, so twice
                write(writer, speech())
                await until(lambda: _emptied(made))
            pid = live.pid
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            await until(lambda: _stopped(pid))  # it reads nothing more
            write(writer, speech())
            os.kill(pid, signal.SIGKILL)
            await until(lambda: any(isinstance(fact, PacketsLost) for fact in listener.facts))
            assert [fact for fact in listener.facts if isinstance(fact, PacketsLost)] == [
                PacketsLost(full=0, left=len(speech()))
            ]
            assert (live.counts.lost, live.counts.dropped) == (len(speech()), 0)


def _stopped(pid: int) -> bool:
    states = [
        (task / "stat").read_text().rpartition(")")[2].split()[0]
        for task in Path(f"/proc/{pid}/task").iterdir()
    ]
    return set(states) == {"T"}


def _emptied(made: TeeRing) -> bool:
    head, tail = (struct.unpack("=Q", os.pread(made.memory_fd, 8, 8 * at))[0] for at in (HEAD, TAIL))
    return bool(head == tail)


async def test_a_full_ring_is_counted_and_descriptors_are_given_back(settings: TranscriptSettings) -> None:
    before = descriptors()
    with ring(1 << 13) as (made, writer), ring() as (fresh, _):
        async with listening(settings) as listener:
            items = speech(seconds=20)
            taken = sum(writer.write(TAP, item) for item in items)
            listener.live.attach(0, made)
            await until(lambda: listener.live.counts.dropped == len(items) - taken)
            listener.live.attach(0, fresh)
            await until(lambda: listener.live.counts.process["rings"] == {"2": [0, 0]})
            assert listener.live.counts.dropped == len(items) - taken
            assert listener.live.counts.restarts == 0
    await asyncio.sleep(0)
    assert descriptors() == before


def test_a_ring_that_comes_before_the_start_is_kept_for_it(settings: TranscriptSettings) -> None:
    async def attach_twice() -> None:
        live = LiveTranscriber(settings, lambda _hearing, _utterance: None, lambda _fact: None)
        with ring() as (made, _):
            live.attach(0, made)
            live.attach(0, made)
            assert len(live._rings.handles) == 1
        await live.close()
        assert not live._rings.handles

    asyncio.run(attach_twice())
