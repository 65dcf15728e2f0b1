"""The tape process with real rings: killed, hung, its rings full, its server gone. What was forwarded is kept or told."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.engine.tee_writer import TeeWriter
from media.ids import Kind, PeerId
from media.taps import TapPacket
from media.tee import TAPE, TeeRing
from recording.facts import TapeFaulted, TapeOrder, TapePaused, TapeRolling, TapeUnavailable
from recording.folder import read_marks
from recording.house import TapeHouse
from recording.orders import LOST
from recording.reading import Tape, order_marks, verify
from recording.timeline import ORDER, coverage
from tests.recording.desks import SETTINGS, Apart, ApartDesk, Clock, order
from tests.recording.senders import Sender

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from recording.settings import RecordingSettings

pytestmark = pytest.mark.service

FAST = replace(SETTINGS, retry_interval_s=0.05)
PACKET_S = 0.02
TENTH_OF_A_SECOND = 5  # packets of voice


@asynccontextmanager
async def apart(
    settings: RecordingSettings = FAST, clock: Callable[[], int] | None = None
) -> AsyncIterator[Apart]:
    made = Apart(settings, clock or Clock())
    await made.start()
    try:
        yield made
    finally:
        await made.close()


def clock_of(place: Apart) -> Clock:
    clock = place.house.wall_ns
    assert isinstance(clock, Clock)
    return clock


async def rolling(place: Apart, folder: Path, tap: str = "tape:h-1") -> ApartDesk:
    desk = ApartDesk(place, clock_of(place), folder, tap)
    await desk.recorder.start()
    desk.recorder.follow(order(p1="plaintiff"))
    await desk.until(lambda facts: TapeRolling() in facts)
    return desk


def send(place: Apart, number: int) -> None:
    """Stop, go on with or kill the tape process."""
    assert place.house.pid is not None
    os.kill(place.house.pid, number)


def offer(desk: ApartDesk, packets: Iterable[TapPacket]) -> None:
    for packet in packets:
        desk.offer(packet)


def on_tape(folder: Path, label: str = "plaintiff") -> list[TapPacket]:
    return [item for item in Tape(folder).items(label, Kind.AUDIO) if isinstance(item, TapPacket)]


async def kept(folder: Path, count: int) -> None:
    """Wait until so many packets can be read from the tape."""
    while len(on_tape(folder)) < count:
        await asyncio.sleep(0.01)


async def test_a_killed_process_costs_a_tenth_of_a_second_and_the_bench_is_told(tmp_path: Path) -> None:
    """In real time: a voice that goes on speaking while the tape process is killed, three times."""
    voice = Sender("p1").tone(440, 0, 60)
    async with apart(replace(SETTINGS, write_interval_s=0.05), time.time_ns) as place:
        desk = ApartDesk(place, Clock(), tmp_path)
        await desk.recorder.start()
        desk.recorder.follow(order(p1="plaintiff"))
        spoken: list[TapPacket] = []

        async def speak(wanted: Callable[[], bool]) -> None:
            while not wanted():
                spoken.append(voice[len(spoken)]._replace(arrival_ns=time.time_ns()))
                desk.offer(spoken[-1])
                await asyncio.sleep(PACKET_S)

        for death in range(1, 4):
            said = len(spoken)
            await speak(lambda said=said: len(spoken) >= said + 40)  # type: ignore[misc]
            send(place, signal.SIGKILL)
            await speak(lambda death=death: desk.facts.count(TapeRolling()) == death + 1)  # type: ignore[misc]
        await desk.recorder.close()
        assert place.house.counts.restarts == 3
    assert desk.states() == [TapeRolling(), *[TapeFaulted(LOST), TapeRolling()] * 3]
    items = on_tape(tmp_path)
    numbers = [spoken.index(item) for item in items]
    assert numbers == sorted(set(numbers))
    gaps = [after - before - 1 for before, after in itertools.pairwise(numbers) if after > before + 1]
    print(f"packets of 20 ms lost at three deaths: {gaps}")
    assert (numbers[0], numbers[-1]) == (0, len(spoken) - 1)
    assert len(gaps) <= 3
    assert sum(gaps) <= 3 * TENTH_OF_A_SECOND
    assert verify(tmp_path) == []
    marks = order_marks(tmp_path)
    unkept = coverage(marks[0].at_ns, spoken[-1].arrival_ns, marks).gaps
    assert [gap.ground for gap in unkept] == ["fault"] * 3


async def test_what_the_dead_process_had_not_read_is_kept_by_the_order_of_its_time(tmp_path: Path) -> None:
    """A recess ordered while nobody reads: before it all is kept, after it nothing, though all comes at once."""
    voice = Sender("p1").tone(440, 0, 8)
    async with apart() as place:
        desk = await rolling(place, tmp_path)
        offer(desk, voice[:50])
        await kept(tmp_path, 50)
        send(place, signal.SIGSTOP)
        offer(desk, voice[50:150])
        desk.recorder.follow(TapeOrder(False, "recess", {PeerId("p1"): "plaintiff"}))
        offer(desk, voice[150:200])
        desk.recorder.follow(order(p1="plaintiff"))
        offer(desk, voice[200:250])
        desk.recorder.follow(order(p2="defendant"))
        offer(desk, voice[250:])
        send(place, signal.SIGKILL)
        await desk.until(lambda facts: facts.count(TapeRolling()) == 3)
        await desk.recorder.close()
    assert on_tape(tmp_path) == voice[:150] + voice[200:250]
    states = [state for state in desk.states() if state != TapeFaulted(LOST)]
    assert states == [TapeRolling(), TapeRolling(), TapePaused("recess"), TapeRolling()]
    assert TapeFaulted(LOST) in desk.facts


async def test_a_pause_keeps_what_was_said_before_it_and_nothing_after(tmp_path: Path) -> None:
    voice = Sender("p1").tone(440, 0, 4)
    async with apart() as place:
        desk = await rolling(place, tmp_path)
        send(place, signal.SIGSTOP)
        offer(desk, voice[:100])
        desk.recorder.follow(TapeOrder(False, "recess", {PeerId("p1"): "plaintiff"}))
        offer(desk, voice[100:])
        send(place, signal.SIGCONT)
        await desk.until(lambda facts: TapePaused("recess") in facts)
        await desk.recorder.close()
        assert desk.recorder.stats.refused == 100
    assert on_tape(tmp_path) == voice[:100]


async def test_a_tape_that_stands_is_not_told_to_be_faulted(tmp_path: Path) -> None:
    voice = Sender("p1").tone(440, 0, 2)
    async with apart() as place:
        desk = ApartDesk(place, clock_of(place), tmp_path)
        await desk.recorder.start()
        desk.recorder.follow(TapeOrder(False, "not_open"))
        await desk.until(lambda facts: TapePaused("not_open") in facts)
        send(place, signal.SIGKILL)
        await desk.until(lambda facts: facts.count(TapePaused("not_open")) == 2)
        desk.recorder.follow(order(p1="plaintiff"))
        offer(desk, voice)
        await desk.recorder.close()
    assert TapeFaulted(LOST) not in desk.facts
    assert on_tape(tmp_path) == voice


async def test_a_hung_process_is_replaced(tmp_path: Path) -> None:
    voice = Sender("p1").tone(440, 0, 4)
    async with apart(replace(FAST, process_silence_s=2.0, process_beat_s=0.1)) as place:
        desk = await rolling(place, tmp_path)
        send(place, signal.SIGSTOP)
        offer(desk, voice)
        await desk.until(lambda facts: facts.count(TapeRolling()) == 2)
        await desk.recorder.close()
    assert TapeFaulted(LOST) in desk.facts
    assert on_tape(tmp_path) == voice


async def test_a_tape_ended_while_the_process_is_dead_is_sealed_with_all_that_was_forwarded(
    tmp_path: Path,
) -> None:
    voice = Sender("p1").tone(440, 0, 4)
    async with apart() as place:
        desk = await rolling(place, tmp_path)
        send(place, signal.SIGSTOP)
        offer(desk, voice)
        send(place, signal.SIGKILL)
        seal = await desk.recorder.close()
        assert place.house._tapes == {}
        with pytest.raises(TapeUnavailable) as refused:
            await ApartDesk(place, clock_of(place), tmp_path).recorder.start()
        assert refused.value.reason == "sealed"
    told = json.loads((tmp_path / "tape.json").read_text(encoding="utf-8"))
    assert [entry["sha256"] for entry in told["segments"]] == [segment.sha256 for segment in seal.segments]
    assert on_tape(tmp_path) == voice


async def test_when_the_server_goes_all_that_was_forwarded_is_kept_and_the_tape_stopped_in_order(
    tmp_path: Path,
) -> None:
    voice = Sender("p1").tone(440, 0, 4)
    async with apart() as place:
        desk = await rolling(place, tmp_path)
        send(place, signal.SIGSTOP)
        offer(desk, voice)
        stopped = place.house.pid
        assert stopped is not None
        ending = asyncio.ensure_future(place.house.close())
        await asyncio.sleep(0)
        os.kill(stopped, signal.SIGCONT)
        await ending
    assert on_tape(tmp_path) == voice
    assert "stopped" in [mark["event"] for mark in read_marks(tmp_path)]


async def test_a_folder_that_cannot_be_opened_again_is_told_and_tried_until_it_can(tmp_path: Path) -> None:
    voice = Sender("p1").tone(440, 0, 4)
    folder, aside = tmp_path / "tape", tmp_path / "aside"
    async with apart() as place:
        desk = await rolling(place, folder)
        offer(desk, voice[:100])
        await kept(folder, 100)
        folder.rename(aside)
        folder.touch()
        send(place, signal.SIGKILL)
        await desk.until(lambda facts: TapeFaulted("io_error") in facts)
        folder.unlink()
        aside.rename(folder)
        await desk.until(lambda facts: facts.count(TapeRolling()) == 2)
        offer(desk, voice[100:])
        await desk.recorder.close()
    assert on_tape(folder) == voice
    assert desk.states()[:2] == [TapeRolling(), TapeFaulted(LOST)]


async def test_a_full_ring_is_the_fault_of_the_tapes_it_feeds_and_of_no_other(tmp_path: Path) -> None:
    voice, other = Sender("p1").tone(440, 0, 8), Sender("p1").tone(600, 0, 8)
    async with apart() as place:
        place.new_ring(1 << 14)
        second = TeeRing.create(TAPE, 1 << 20)
        place.house.attach(1, second)
        writer = TeeWriter(second)
        fed, spared = await rolling(place, tmp_path / "1"), await rolling(place, tmp_path / "2", "tape:h-2")
        fed.offer(voice[0])
        writer.write(spared.tap, other[0])
        writer.timer()
        await kept(tmp_path / "1", 1)
        await kept(tmp_path / "2", 1)
        send(place, signal.SIGSTOP)
        taken = [voice[0], *(packet for packet in voice[1:] if place.writer.write(fed.tap, packet))]
        for packet in other[1:]:
            assert writer.write(spared.tap, packet)
        writer.timer()
        place.writer.timer()
        send(place, signal.SIGCONT)
        await fed.until(lambda facts: facts.count(TapeRolling()) == 2)
        lost = len(voice) - len(taken)
        await fed.recorder.close()
        await spared.recorder.close()
        writer.close()
        second.close()
        assert fed.recorder.stats.lost == lost > 0
    assert fed.states() == [TapeRolling(), TapeFaulted("queue_full"), TapeRolling()]
    assert spared.states() == [TapeRolling()]
    assert on_tape(tmp_path / "1") == taken
    assert on_tape(tmp_path / "2") == other
    assert [mark.ground for mark in order_marks(tmp_path / "1") if mark.layer != ORDER] == ["fault", None]


async def test_a_full_ring_while_the_process_is_dead_is_found_by_the_next_one(tmp_path: Path) -> None:
    voice = Sender("p1").tone(440, 0, 8)
    async with apart() as place:
        place.new_ring(1 << 14)
        desk = await rolling(place, tmp_path)
        send(place, signal.SIGSTOP)
        taken = [packet for packet in voice if place.writer.write(desk.tap, packet)]
        send(place, signal.SIGKILL)
        await desk.until(lambda facts: facts.count(TapeRolling()) == 2)
        await desk.recorder.close()
        assert desk.recorder.stats.lost == len(voice) - len(taken) > 0
    assert desk.states() == [
        TapeRolling(),
        TapeFaulted(LOST),
        TapeFaulted("queue_full"),
        TapeRolling(),
    ]
    assert on_tape(tmp_path) == taken


async def test_the_ring_of_a_dead_worker_is_read_to_its_end_and_let_go(tmp_path: Path) -> None:
    voice = Sender("p1").tone(440, 0, 4)
    async with apart() as place:
        desk = await rolling(place, tmp_path)
        send(place, signal.SIGSTOP)
        offer(desk, voice[:100])
        place.new_ring()
        offer(desk, voice[100:])
        assert len(place.house._rings) == 2
        send(place, signal.SIGCONT)
        await kept(tmp_path, len(voice))
        while len(place.house._rings) == 2:
            await asyncio.sleep(0.01)
        await desk.recorder.close()
    assert sorted(on_tape(tmp_path), key=lambda item: item.arrival_ns) == voice


async def test_without_a_process_a_tape_is_refused_and_one_that_is_ended_says_so(tmp_path: Path) -> None:
    house = TapeHouse(replace(FAST, process_start_s=0.05))
    recorder = house.recorder(tmp_path, "h-1", PeerId("tape:h-1"), lambda _: None)
    for work in (recorder.start, recorder.close, recorder.stop):
        with pytest.raises(TapeUnavailable) as refused:
            await work()
        assert refused.value.reason == LOST
    await house.close()


async def test_an_order_from_before_the_start_is_obeyed(tmp_path: Path) -> None:
    voice = Sender("p1").tone(440, 0, 1)
    async with apart() as place:
        desk = ApartDesk(place, clock_of(place), tmp_path)
        desk.recorder.follow(order(p1="plaintiff"))
        await desk.recorder.start()
        offer(desk, voice)
        await desk.recorder.close()
    assert on_tape(tmp_path) == voice


async def test_of_many_orders_that_nobody_confirmed_the_newest_are_kept(tmp_path: Path) -> None:
    facts: list[object] = []
    house = TapeHouse(replace(FAST, orders_told_max=3))
    recorder = house.recorder(tmp_path, "h-1", PeerId("tape:h-1"), facts.append)
    orders = [order(p1=f"label-{n}") for n in range(5)]
    for one in orders:
        recorder.follow(one)
        recorder.follow(one)
    assert [told.order for told in recorder.told] == orders[2:]
    await asyncio.sleep(0)
    assert facts == [TapeFaulted(LOST)] * 5
    await house.close()
