"""A whole hearing of a real server, with a recess and a kill -9, is sealed at its end; a party checks it with the single file."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from recording.package import keys
from server.demo.held import SOUND
from server.sealing.keys import make
from tests.house import ROOT, House
from tests.journeys.conftest import SEATS, open_court
from tests.journeys.test_hostile_client import record_when_ready
from tests.seat import SeatClient, line_packets
from tools import verifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = [pytest.mark.journey, pytest.mark.timeout(480)]


@pytest.fixture
async def house(tmp_path: Path, engine: str) -> AsyncIterator[House]:
    """A running server of a court that has a key."""
    key = tmp_path / "court.pem"
    (tmp_path / "court.pub").write_bytes(make(key, keys.ED25519).pem)
    house = House(tmp_path, engine=engine, overrides={"sealing": {"court_key_file": str(key)}})
    await house.prepare(SEATS)
    await house.start()
    yield house
    await house.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()


async def run(*arguments: object) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *map(str, arguments), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def speak(client: SeatClient, line: str) -> None:
    await client.connect_media()
    await client.speak(line_packets(SOUND, f"{line}.opus"))


async def heads(client: SeatClient, house: House) -> list[dict[str, Any]]:
    status, told = await client.get(f"/api/hearings/{house.hearing}/heads")
    assert status == 200
    return list(told["heads"])


async def hold_until_killed(house: House, people: dict[str, SeatClient]) -> list[dict[str, Any]]:
    """Speech, a recess of a few seconds, speech, and kill -9; the heads that the party had got by then."""
    await open_court(people)
    judge, agent = people["presiding"], people["plaintiff_agent"]
    await judge.do("grant_floor", seat="plaintiff_agent")
    await speak(agent, "07-plaintiff_agent")
    await judge.do("recess", reason="")
    await asyncio.sleep(3)
    got = await heads(agent, house)
    await judge.do("resume")
    await judge.do("grant_floor", seat="plaintiff_agent")
    await agent.speak(line_packets(SOUND, "08-plaintiff_agent.opus"))
    await house.kill()
    for client in people.values():
        client.peer = None
        await client.close()
    return got


async def test_a_party_proves_what_it_was_given(house: House, tmp_path: Path) -> None:
    people = {seat.seat: SeatClient(house, seat.seat) for seat in SEATS}
    got = await hold_until_killed(house, people)
    assert [one["moment"] for one in got] == ["recess"]
    await asyncio.sleep(3)  # a gap that must be explained
    await house.start()
    back = {seat: SeatClient(house, seat) for seat in people}
    try:
        for client in back.values():
            await client.enter()
        judge, agent = back["presiding"], back["plaintiff_agent"]
        await judge.until(lambda: all(card["lost_since"] is None for card in judge.view["seats"]))
        await judge.until(lambda: judge.last["tape"]["state"] == "rolling")
        await judge.do("grant_floor", seat="plaintiff_agent")
        await speak(agent, "08-plaintiff_agent")
        await judge.do("close", reason="over")
        await record_when_ready(judge, house)
        got += await heads(agent, house)
        assert {one["moment"] for one in got} == {"recess", "close"}
    finally:
        for client in back.values():
            await client.close()
    package = house.folder / "var" / "hearings" / house.hearing / "package"
    for _ in range(200):  # the seal comes after what the case page waits for
        if package.exists():
            break
        await asyncio.sleep(0.1)
    out, alone = tmp_path / "party.zip", tmp_path / "verify.pyz"
    verifier.make(alone)
    code, said = await run(
        *(
            "-m",
            "server",
            "package",
            house.hearing,
            out,
            "--seat",
            "plaintiff_agent",
            "--config",
            house.config,
        )
    )
    assert code == 0, said
    given = [word for one in got for word in ("--head", one["head"])]
    code, said = await run("-I", "-S", alone, out, "--key", house.folder / "court.pub", "--json", *given)
    told = json.loads(said)
    assert (code, told["findings"]) == (0, []), said
    code, said = await run("-I", "-S", alone, out, "--key", house.folder / "court.pub", "--head", "0" * 64)
    assert (code, "head" in said) == (1, True)
    covers = json.loads((package / "manifest.json").read_bytes())["covers"]
    grounds = {gap[2] for gap in covers[0]["gaps"]}
    assert {"recess", "fault"} <= grounds
