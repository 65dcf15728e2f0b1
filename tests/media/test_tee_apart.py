"""Shared rings with a real writer: one that is killed, and one that reads a port."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from media.ids import Kind
from media.plan import RoutePlan, Subscription
from media.plane import MediaPlane
from media.settings import MediaSettings
from media.taps import Tee
from media.tee import TAPE
from tests.media.tee_writing import EAR, SPEAKER
from tests.media.test_plane import House, speak
from tests.media.test_tee import MANY, ring_of, sequences

if TYPE_CHECKING:
    from media.facts import MediaFact

pytestmark = pytest.mark.media


def test_what_a_killed_writer_has_written_is_all_read(engine: str) -> None:
    with ring_of(1 << 22) as (ring, reader):
        descriptors = ring.memory_fd, ring.wake_fd
        command = [sys.executable, "-m", "tests.media.tee_writing", engine]
        child = subprocess.Popen(
            [*command, *map(str, descriptors), str(ring.capacity)],
            pass_fds=descriptors,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        got: list[int] = []
        assert child.stdout is not None
        assert child.stdin is not None
        try:
            while len(got) < 2000:
                assert child.poll() is None
                said = int(child.stdout.readline())
                got += sequences(reader.read(MANY))
                assert len(got) >= said
        finally:
            child.kill()  # wherever it is
            rest = child.stdout.read()
            child.wait()
            child.stdout.close()
            child.stdin.close()
        got += sequences(reader.read(MANY))
        whole = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        assert reader.dropped == 0
        assert got == list(range(1, len(got) + 1))
        assert len(got) >= (int(whole[-1]) if whole else said)
        assert reader.read(MANY) == []


async def test_on_a_real_port_packets_come_by_the_ring_and_never_by_this_process(engine: str) -> None:
    with ring_of(MANY) as (ring, reader):
        limits = MediaSettings(udp_port=0, bind_host="127.0.0.1", engine=engine)
        facts: list[MediaFact] = []
        plane = MediaPlane(limits, facts.append, tees={TAPE: ring})
        ring.close()
        await plane.start()
        home = House(plane, facts)
        try:
            plane.add_tap(EAR, Tee(TAPE))
            wanted = (Subscription(SPEAKER, audio=True, video=False),)
            plane.apply("g", RoutePlan({SPEAKER: frozenset({Kind.AUDIO})}, {EAR: wanted}))
            client = await home.join(SPEAKER)
            woken = asyncio.Event()
            asyncio.get_running_loop().add_reader(reader.wake_fd, woken.set)
            got: list[int] = []
            for first in (1, 11):
                woken.clear()
                speak(client, 10, first=first)
                async with asyncio.timeout(10):
                    while len(got) < first + 9:
                        await woken.wait()
                        woken.clear()
                        got += sequences(reader.read(MANY))
            assert got == list(range(1, 21))
        finally:
            asyncio.get_running_loop().remove_reader(reader.wake_fd)
            for client in home.clients:
                client.close()
            await plane.close()
