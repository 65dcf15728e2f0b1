"""kill -9 of one of two media processes in mid-hearing: the other hearing loses nothing, this one's people hear again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.ids import Kind
from media.rtp import bounds
from media.taps import TapPacket
from recording.reading import Tape
from server.demo import cast
from server.demo.held import SOUND
from tests.house import House
from tests.journeys.conftest import open_court
from tests.journeys.test_crash import verify_log, without
from tests.seat import SeatClient, line_packets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.peers.client import WirePeer

    Court = tuple[House, dict[str, SeatClient]]

pytestmark = pytest.mark.journey

SEATS = (cast.PRESIDING, cast.CLERK, cast.PLAINTIFF_AGENT, cast.DEFENDANT)
HEARING = ("presiding", "plaintiff_agent", "defendant")
"""Who has a media transport; the agent speaks."""


@pytest.fixture
async def courts(tmp_path: Path) -> AsyncIterator[tuple[Court, Court]]:
    """Two courts in session in a house with two media processes; the agent of each has the floor."""
    one = House(tmp_path)
    two = replace(one, hearing="hearing-two", case="case-two", case_no="（2026）粤0106民初78号", links={})
    await one.prepare(SEATS)
    await two.prepare(SEATS)
    courts = tuple(
        (house, {seat.seat: SeatClient(house, seat.seat) for seat in SEATS}) for house in (one, two)
    )
    try:
        await one.start()
        for _, people in courts:
            await open_court(people)
            for seat in HEARING:
                await people[seat].connect_media()
            await people["presiding"].do("grant_floor", seat="plaintiff_agent")
        yield courts[0], courts[1]
    finally:
        for _, people in courts:
            for client in people.values():
                await client.close()
        await one.stop()
    assert "Traceback" not in one.log_tail(200_000), one.log_tail()


def worker(house: House, port: int) -> int:
    """Process id of the media process that serves this port, as the log has it."""
    text = (house.folder / "server.log").read_text(encoding="utf-8")
    found = re.findall(rf"media worker \d+: process (\d+), engine \w+, udp port {port}$", text, re.MULTILINE)
    assert found, text[-2000:]
    return int(found[-1])


def transport(client: SeatClient) -> WirePeer:
    assert client.peer is not None
    return client.peer


def heard(client: SeatClient) -> list[bytes]:
    """The sound this client got, packet by packet."""
    return [packet[bounds(packet)[0] : bounds(packet)[1]] for _, packet in transport(client).received]


def taped(house: House) -> list[bytes]:
    """The agent's sound as it is on the tape."""
    tape = Tape(house.folder / "var" / "hearings" / house.hearing / "tape")
    items = tape.items("plaintiff_agent", Kind.AUDIO)
    return [item.payload for item in items if isinstance(item, TapPacket)]


async def come_back(client: SeatClient) -> None:
    """What a page does when it is told that its media are lost: offer anew until that is answered."""
    await client.until(lambda: any(message["type"] == "media_lost" for message in client.messages))
    transport(client).close()
    while True:
        try:
            await client.connect_media()
        except AssertionError:  # no media process lives at this moment
            await asyncio.sleep(0.3)
        else:
            return


async def talk(client: SeatClient, packets: list[bytes]) -> list[bytes]:
    """Speak until cancelled, each time another packet; gives nothing back, `said` is on the client's side."""
    said: list[bytes] = []
    try:
        while True:
            packet = packets[len(said) % len(packets)] + len(said).to_bytes(4, "big")
            if transport(client).connected:
                client.send_sound(packet)
                said.append(packet)
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        return said


@pytest.mark.timeout(240)
async def test_killed_media_process_costs_its_own_hearing_five_seconds_at_most(
    courts: tuple[Court, Court],
) -> None:
    (house, people), (other_house, others) = courts
    judge, agent = people["presiding"], people["plaintiff_agent"]
    assert transport(judge).server[1] == transport(agent).server[1]
    assert transport(judge).server[1] != transport(others["presiding"]).server[1], "a process each"
    packets = line_packets(SOUND, "07-plaintiff_agent.opus")
    loop = asyncio.get_running_loop()
    talking = [loop.create_task(talk(who["plaintiff_agent"], packets)) for who in (people, others)]
    await asyncio.sleep(3)
    before = judge.view
    killed, survives = (worker(house, transport(who["presiding"]).server[1]) for who in (people, others))
    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    heard_before = heard(judge)
    assert len(heard_before) > 50
    await asyncio.gather(*(come_back(people[seat]) for seat in HEARING))
    async with asyncio.timeout(60):
        while not all(heard(people[seat]) for seat in ("presiding", "defendant")):
            await asyncio.sleep(0.01)
    print(f"heard again {time.monotonic() - began:.2f} s after kill -9 of the media process")
    await asyncio.sleep(3)
    for task in talking:
        task.cancel()
    said, others_said = await asyncio.gather(*talking)
    await asyncio.sleep(0.5)

    # the other hearing: the same process, nothing told, not one packet missing, on the wire and on the tape
    assert worker(house, transport(others["presiding"]).server[1]) == survives
    for seat in ("presiding", "defendant"):
        assert heard(others[seat]) == others_said
        assert not [one for one in others[seat].messages if one["type"] in {"media_lost", "bye"}]
    async with asyncio.timeout(60):
        while "yunting_media_workers_living 2.0" not in (metrics := await _metrics(judge)):
            await asyncio.sleep(0.2)
    assert "yunting_media_workers_wanted 2.0" in metrics
    assert "yunting_media_workers_restarts 1.0" in metrics
    for ring in ("tape", "words"):
        assert re.search(rf'yunting_media_ring_fill_worst{{ring="{ring}",worker="\d"}} ', metrics)
    # this one: nobody was away, nothing of the state changed, what was heard is on the tape
    for card in before["seats"]:
        assert without(judge.card(card["seat"]), "line") == without(card, "line")
    assert judge.view["incidents"] == []
    assert judge.view["floor"] == before["floor"]
    await judge.until(lambda: judge.last["tape"]["state"] == "rolling")
    for who in (people, others):
        await who["presiding"].do("close", reason="over")
    await _sealed(house)
    await _sealed(other_house)
    missing = Counter(heard_before + heard(judge)) - Counter(taped(house))
    print(f"{len(said)} packets said, {missing.total()} heard and not on the tape")
    assert missing.total() <= 2, "what the killed process had in its hands"
    assert taped(other_house) == others_said
    for one in (house, other_house):
        code, out = await verify_log(one)
        assert (code, "chain whole" in out) == (0, True)


async def _metrics(client: SeatClient) -> str:
    return bytes((await client.get("/metrics"))[1]).decode()


async def _sealed(house: House) -> None:
    async with asyncio.timeout(60):
        while not (house.folder / "var" / "hearings" / house.hearing / "tape" / "tape.json").exists():
            await asyncio.sleep(0.1)
