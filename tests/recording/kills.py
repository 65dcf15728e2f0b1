"""Recording processes that are killed: forked, so that a thousand of them cost no thousand interpreters."""

from __future__ import annotations

import asyncio
import mmap
import os
import signal
import struct
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket
from recording.facts import TapeFact, TapeOrder, TapeRolling
from recording.reading import Tape, order_marks
from recording.recorder import Recorder
from tests.recording.desks import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

LABELS = ("plaintiff", "defendant")
TRACKS = tuple((label, kind) for label in LABELS for kind in Kind)
SHORT = replace(SETTINGS, segment_s=0.7, write_interval_s=0.03, read_back_s=0.3)
"""As shipped, but for what makes a start and a rotation frequent."""

_SAID = struct.Struct("<qqq")  # how many packets were offered, arrival of the last one and of the first
_APART_NS = 20_000_000  # two packets of a voice


class Offering(Protocol):
    """Notes the packet that is offered next."""

    def __call__(self, track: int, number: int, arrival_ns: int) -> None: ...


def packet(label: str, kind: Kind, number: int, arrival_ns: int) -> TapPacket:
    """One of a stream whose bytes tell its number."""
    audio = kind is Kind.AUDIO
    payload = number.to_bytes(4, "big") * (20 if audio else 280)
    return TapPacket(
        track=TrackId(PeerId(f"peer-{label}"), kind),
        codec="opus" if audio else "vp8",
        clock_rate=48_000 if audio else 90_000,
        ssrc=7,
        sequence=number & 0xFFFF,
        timestamp=number * 960 & 0xFFFFFFFF,
        marker=False,
        keyframe=False,
        rtp=bytes(2) + (number & 0xFFFF).to_bytes(2, "big") + bytes(4) + (7).to_bytes(4, "big") + payload,
        payload_start=12,
        payload_end=12 + len(payload),
        arrival_ns=arrival_ns,
        audio_level_db=None,
    )


async def record(folder: Path, seconds: float, offering: Offering, first: list[int]) -> Recorder:
    """Record two people in real time: sound every 20 ms, a picture's packet every 10 ms. first: numbers to begin with."""
    rolling = asyncio.Event()

    def on_fact(fact: TapeFact) -> None:
        if isinstance(fact, TapeRolling):
            rolling.set()

    recorder = Recorder(SHORT, folder, "h-1", on_fact)
    await recorder.start()
    recorder.follow(TapeOrder(True, None, {PeerId(f"peer-{label}"): label for label in LABELS}))
    await rolling.wait()
    numbers = list(first)
    end = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < end:
        for track, (label, kind) in enumerate(TRACKS):
            if kind is Kind.AUDIO and turn % 2:
                continue
            now_ns = time.time_ns()
            offering(track, numbers[track], now_ns)
            recorder.offer(packet(label, kind, numbers[track], now_ns))
            numbers[track] += 1
        turn += 1
        await asyncio.sleep(0.01)
    return recorder


@dataclass
class Found:
    """What is on a tape after a kill or a cut, by track: numbers kept, and arrival of the newest."""

    numbers: dict[int, list[int]] = field(default_factory=dict)
    newest_ns: dict[int, int] = field(default_factory=dict)
    damage: int = 0


def read(folder: Path) -> Found:
    """Read everything; raises where the tape can't be read."""
    found, tape = Found(), Tape(folder)
    order_marks(folder)
    for track, (label, kind) in enumerate(TRACKS):
        packets = [item for item in tape.items(label, kind) if isinstance(item, TapPacket)]
        found.numbers[track] = [int.from_bytes(item.payload[:4], "big") for item in packets]
        found.newest_ns[track] = max((item.arrival_ns for item in packets), default=0)
        for item in packets:  # not one byte of it is another's
            number = int.from_bytes(item.payload[:4], "big")
            true = packet(label, kind, number, item.arrival_ns)
            # Who sent it is told by a mark before it, which a cut may have taken.
            assert item._replace(track=true.track) == true
    found.damage = len(tape.damage)
    return found


class Victim:
    """A forked process that records into the folder until it is killed."""

    def __init__(self, folder: Path, first: list[int]) -> None:
        self._said = mmap.mmap(-1, _SAID.size * len(TRACKS))
        self._first = first
        self.pid = os.fork()
        if self.pid == 0:
            self._live(folder)

    def _live(self, folder: Path) -> None:
        """Never returns: what is left of the one that was forked is nobody's here."""
        try:
            asyncio.run(record(folder, 3600.0, self._offering, self._first))
        finally:
            os._exit(1)

    def _offering(self, track: int, number: int, arrival_ns: int) -> None:
        count, _, first_ns = _SAID.unpack_from(self._said, track * _SAID.size)
        first_ns = first_ns if count else arrival_ns
        count = number + 1 - self._first[track]
        _SAID.pack_into(self._said, track * _SAID.size, count, arrival_ns, first_ns)

    def said(self) -> list[tuple[int, int, int]]:
        """How many packets each track was offered, and when the last and the first of them arrived."""
        return [_SAID.unpack_from(self._said, track * _SAID.size) for track in range(len(TRACKS))]

    def rolls(self) -> bool:
        """Whether it has begun to record."""
        return all(count for count, _, _ in self.said())

    def kill(self) -> list[tuple[int, int, int]]:
        """Kill it: what it had said."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        assert os.WIFSIGNALED(status), "it ended by itself"
        return self.said()


def _slept(seconds: float) -> float:
    """Sleep, and say how late the processor was at the worst in the last third of a second, in seconds."""
    lags = [0.0]
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        time.sleep(0.01)
        lags.append(time.monotonic() - began - 0.01)
    return max(lags[-33:])


def kill_one(folder: Path, first: list[int], after_s: float) -> tuple[Found, float, float]:
    """Have somebody record into the folder, kill it so long after it began, read the tape.

    Gives what is kept, how many seconds are lost, and how late the machine was then (_slept): of a machine that gives
    nobody the processor no time can be asked. first: of each track the number to begin with; moved on.
    """
    victim = Victim(folder, first)
    while not victim.rolls():
        time.sleep(0.005)
    late_s = _slept(after_s)
    said = victim.kill()
    found, lost_s = read(folder), 0.0
    for track, (count, last_ns, first_ns) in enumerate(said):
        offered = list(range(first[track], first[track] + count))
        kept = [number for number in found.numbers[track] if number >= first[track]]
        assert kept == offered[: len(kept)], "what is kept is the beginning of what was offered, in order"
        newest_ns = found.newest_ns[track] if kept else first_ns - _APART_NS  # none: all that was offered
        lost_s = max(lost_s, (last_ns - newest_ns) / 1e9)
        first[track] += count
    return found, lost_s, late_s
