"""The shared rings: what is written comes out whole and in order, whatever happens to the other side."""

from __future__ import annotations

import mmap
import os
import select
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp, tee
from media.engine.tee_writer import TeeWriter
from media.ids import Kind, PeerId, TrackId
from media.plan import RoutePlan, Subscription
from media.taps import TapPacket, TapReport, Tee
from media.tee import TAPE, WORDS, TeeReader, TeeRing
from tests.media import rig
from tests.media.rig import Ear, Rig, Source
from tests.media.tee_writing import EAR, SPEAKER, listening

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.pure

SMALL = 1 << 12
MANY = 1 << 20


@contextmanager
def ring_of(capacity: int = SMALL, kind: str = TAPE) -> Iterator[tuple[TeeRing, TeeReader]]:
    ring = TeeRing.create(kind, capacity)
    reader = TeeReader(ring.memory_fd, ring.wake_fd)
    try:
        yield ring, reader
    finally:
        reader.close()
        ring.close()


def readable(reader: TeeReader) -> bool:
    return bool(select.select([reader.wake_fd], [], [], 0)[0])


def sequences(items: list[tuple[PeerId, TapPacket | TapReport]]) -> list[int]:
    return [item.sequence for _, item in items if isinstance(item, TapPacket)]


def sound(source: Source, size: int) -> bytes:
    """A packet of this payload size."""
    whole = source.sound()
    return whole[:12] + whole[12:].ljust(size, b"x")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(40, 1400)),
        st.tuples(st.just("read"), st.integers(1, 8)),
        st.tuples(st.just("tick"), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=100)
@given(STEPS)
def test_what_found_room_comes_out_in_order_and_the_rest_is_counted(
    engine: str, steps: list[tuple[str, int]]
) -> None:
    with ring_of() as (ring, reader):
        world = Rig(engine, tees={TAPE: ring})
        source = listening(world, EAR)
        written: list[bytes] = []
        got: list[bytes] = []
        for action, value in steps:
            if action == "write":
                packet = sound(source, value)
                before = reader.dropped
                world.send(SPEAKER, packet)
                assert reader.dropped - before in (0, 1)
                written += [packet] if reader.dropped == before else []
            elif action == "read":
                items = reader.read(value)
                assert len(items) <= value
                got += [item.rtp for _, item in items if isinstance(item, TapPacket)]
                assert got == written[: len(got)]
                assert len(items) == value or got == written, "less than the limit is all there was"
            else:
                world.wait(0.02)
                assert readable(reader) or got == written
        got += [item.rtp for _, item in reader.read(MANY) if isinstance(item, TapPacket)]
        assert got == written
        assert world.count("tap_dropped") == reader.dropped
        assert reader.unnamed == 0


def test_a_packet_and_a_report_arrive_as_an_ear_in_the_process_gets_them(engine: str) -> None:
    with ring_of(MANY) as (ring, reader):
        world, near = Rig(engine, tees={TAPE: ring}), Ear()
        wanted = (Subscription(SPEAKER, audio=True, video=True, width_px=1280),)
        world.join(SPEAKER)
        world.plane.add_tap(EAR, Tee(TAPE))
        world.plane.add_tap(PeerId("near"), near)
        world.apply(RoutePlan({SPEAKER: rig.BOTH}, {EAR: wanted, PeerId("near"): wanted}))
        voice, camera = Source(SPEAKER, Kind.AUDIO, 5), Source(SPEAKER, Kind.VIDEO, 6)
        world.send(SPEAKER, voice.sound(33), voice.sound(None), *camera.frame(3, key=True))
        world.send(SPEAKER, rtcp.build_sender_report(rtcp.SenderReport(5, 12 << 32, 34, 1, 1)))
        found = reader.read(MANY)
        assert len(found) == 6
        assert {name for name, _ in found} == {EAR}
        assert [item for _, item in found] == near.items
        assert found[0][1].track == TrackId(SPEAKER, Kind.AUDIO)
        assert isinstance(found[-1][1], TapReport)


def test_a_full_ring_holds_up_nothing_and_goes_on_once_it_is_read(engine: str) -> None:
    with ring_of() as (ring, reader):
        world = Rig(engine, tees={TAPE: ring})
        source = listening(world, EAR)
        world.send(SPEAKER, *(sound(source, 800) for _ in range(20)))
        kept = sequences(reader.read(MANY))
        assert kept == list(range(1, len(kept) + 1))
        assert (len(kept) + reader.dropped, len(kept) > 2) == (20, True)
        world.send(SPEAKER, source.sound())
        assert sequences(reader.read(MANY)) == [21]


def test_names_that_found_no_room_are_told_before_the_next_packet(engine: str) -> None:
    with ring_of() as (ring, reader):
        world = Rig(engine, tees={TAPE: ring})
        source = listening(world, EAR)
        world.send(SPEAKER, *(sound(source, 1400) for _ in range(8)))
        other = Source("other", Kind.AUDIO, 9, first=500)
        world.join("other")
        wanted = tuple(Subscription(PeerId(one), audio=True, video=False) for one in (SPEAKER, "other"))
        both = {PeerId(one): frozenset({Kind.AUDIO}) for one in (SPEAKER, "other")}
        world.apply(RoutePlan(both, {EAR: wanted}))
        world.send("other", *(sound(other, 1400) for _ in range(3)))
        reader.read(MANY)
        world.send("other", other.sound())
        ((name, item),) = reader.read(MANY)
        assert (name, item.track.peer, sequences([(name, item)])) == (EAR, "other", [504])
        assert reader.unnamed == 0


def test_two_ears_share_a_ring_and_two_rings_are_apart(engine: str) -> None:
    with ring_of(MANY) as (tape, tape_reader), ring_of(MANY, WORDS) as (spoken, words_reader):
        world = Rig(engine, tees={TAPE: tape, WORDS: spoken})
        first, second, third = PeerId("tape:1"), PeerId("tape:2"), PeerId("words:1")
        source = listening(world, first, second)
        world.plane.add_tap(third, Tee(WORDS))
        wanted = (Subscription(SPEAKER, audio=True, video=False),)
        ears = dict.fromkeys((first, second, third), wanted)
        world.apply(RoutePlan({SPEAKER: frozenset({Kind.AUDIO})}, ears))
        world.send(SPEAKER, source.sound(), source.sound())
        found = tape_reader.read(MANY)
        for name in (first, second):
            assert sequences([one for one in found if one[0] == name]) == [1, 2]
        assert len(found) == 4
        assert [(name, sequences([(name, item)])) for name, item in words_reader.read(MANY)] == [
            (third, [1]),
            (third, [2]),
        ]


def test_a_number_that_is_used_again_has_its_new_name(engine: str) -> None:
    with ring_of(MANY) as (ring, reader):
        world = Rig(engine, tees={TAPE: ring})
        for round_number in range(3):
            ear, speaker = PeerId(f"ear-{round_number}"), PeerId(f"speaker-{round_number}")
            world.join(speaker)
            world.plane.add_tap(ear, Tee(TAPE))
            wanted = (Subscription(speaker, audio=True, video=False),)
            world.apply(RoutePlan({speaker: frozenset({Kind.AUDIO})}, {ear: wanted}))
            source = Source(speaker, Kind.AUDIO, 5)
            world.send(speaker, source.sound())
            world.plane.remove_tap(ear)
            world.send(speaker, source.sound())
            world.engine.remove_peer(speaker)
        told = [(name, item.track.peer) for name, item in reader.read(MANY)]
        assert told == [(f"ear-{number}", f"speaker-{number}") for number in range(3)]


def test_an_ear_of_one_name_may_go_from_the_process_to_a_ring_and_back(engine: str) -> None:
    with ring_of(MANY) as (ring, reader):
        world, near = Rig(engine, tees={TAPE: ring}), Ear()
        source = listening(world, EAR)
        world.send(SPEAKER, source.sound())
        world.plane.add_tap(EAR, near)
        world.send(SPEAKER, source.sound())
        world.plane.add_tap(EAR, Tee(TAPE))
        world.send(SPEAKER, source.sound())
        assert sequences(reader.read(MANY)) == [1, 3]
        assert [item.sequence for item in near.items if isinstance(item, TapPacket)] == [2]


def test_a_tee_without_its_ring_is_a_fault_of_ours_and_changes_nothing(engine: str) -> None:
    world, near = Rig(engine), Ear()
    world.plane.add_tap(EAR, near)
    with pytest.raises(AssertionError):
        world.engine.add_tap(EAR, Tee(TAPE), world.now)
    wanted = (Subscription(SPEAKER, audio=True, video=False),)
    world.join(SPEAKER)
    world.apply(RoutePlan({SPEAKER: frozenset({Kind.AUDIO})}, {EAR: wanted}))
    world.send(SPEAKER, Source(SPEAKER, Kind.AUDIO, 5).sound())
    assert len(near.items) == 1


def test_the_reader_is_woken_at_a_tick_or_when_the_ring_fills_up_and_once(engine: str) -> None:
    with ring_of(1 << 16) as (ring, reader):
        world = Rig(engine, tees={TAPE: ring})
        source = listening(world, EAR)
        assert reader.read(MANY) == []
        world.send(SPEAKER, source.sound())
        world.wait(0.02)
        assert readable(reader)
        assert sequences(reader.read(MANY)) == [1]
        assert not readable(reader)
        world.wait(0.1)
        assert not readable(reader), "nothing came, nobody is woken"
        world.send(SPEAKER, source.sound(), source.sound())
        world.wait(0.02)
        assert sequences(reader.read(1)) == [2]
        assert readable(reader), "there is more"
        assert sequences(reader.read(2)) == [3]


def test_a_new_reader_is_told_all_names(engine: str) -> None:
    with ring_of(MANY) as (ring, reader):
        world = Rig(engine, tees={TAPE: ring})
        source = listening(world, EAR)
        world.send(SPEAKER, source.sound())
        assert sequences(reader.read(MANY)) == [1]
        names = reader.learnt()
        reader.close()
        world.send(SPEAKER, source.sound())
        for known, left in (((), 1), (names, 0)):
            later = TeeReader(ring.memory_fd, ring.wake_fd, known)
            world.wait(0.02)
            world.send(SPEAKER, source.sound())
            found = later.read(MANY)
            assert {name for name, _ in found} == {EAR}
            assert later.unnamed == left
            later.close()


WOUNDS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, tee.DATA_AT // 4), st.integers(0, tee.ring_bytes(SMALL) // 4 - 1)),
        st.one_of(st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 1, 8, 56, SMALL, tee.SKIP])),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150)
@given(WOUNDS, st.integers(0, 12))
def test_whatever_is_in_the_memory_harms_neither_side(
    engine: str, wounds: list[tuple[int, int]], before: int
) -> None:
    with ring_of() as (ring, reader):
        world = Rig(engine, tees={TAPE: ring})
        source = listening(world, EAR)
        world.send(SPEAKER, *(source.sound() for _ in range(before)))
        with mmap.mmap(ring.memory_fd, tee.ring_bytes(SMALL)) as memory:
            for at, value in wounds:
                struct.pack_into("=I", memory, 4 * at, value)
        failures = 0
        for _ in range(20):
            world.send(SPEAKER, sound(source, 300))
            world.wait(0.02)
            try:
                reader.read(3)
            except ValueError:
                failures += 1
        assert failures <= 1
        assert failures == 0 or reader.read(MANY) == []
        assert world.count("packets_in") == before + 20, "forwarding goes on"
        world.engine.close()


def test_sizes_out_of_range_are_one_error_after_what_was_whole() -> None:
    with ring_of() as (ring, reader):
        writer = TeeWriter(ring)
        track = TrackId(SPEAKER, Kind.AUDIO)
        for number in range(3):
            packet = TapPacket(track, "opus", 48000, 5, number, 0, False, False, bytes(20), 12, 20, 1)
            assert writer.tap(EAR).offer(packet)
        last = writer._head - (8 + tee.RECORD_BYTES + 24)
        with mmap.mmap(ring.memory_fd, tee.ring_bytes(SMALL)) as memory:
            struct.pack_into("=I", memory, tee.DATA_AT + last, 3000)
        assert sequences(reader.read(MANY)) == [0, 1]
        with pytest.raises(ValueError, match="longer"):
            reader.read(MANY)
        assert reader.read(MANY) == []


def test_memory_that_is_no_ring_is_refused(engine: str) -> None:
    with ring_of() as (ring, _):
        plain = os.memfd_create("plain", os.MFD_ALLOW_SEALING)
        os.truncate(plain, tee.ring_bytes(SMALL))
        null = os.open(os.devnull, os.O_RDWR)
        for memory in (plain, null):
            with pytest.raises(ValueError, match="no ring"):
                TeeReader(memory, ring.wake_fd)
        if engine == "native":
            for memory in (plain, null):
                with pytest.raises(OSError, match="Invalid argument"):
                    Rig(engine, tees={TAPE: TeeRing(TAPE, SMALL, memory, ring.wake_fd)})
        os.close(plain)
        os.close(null)
    for capacity in (0, 100, SMALL + 8, 1 << 40):
        with pytest.raises(ValueError, match="power of two"):
            TeeRing.create(TAPE, capacity)
