"""kill -9 of the server in mid-hearing: nothing acknowledged is lost, the tape opens, people come back by themselves."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from server.demo.held import SOUND
from tests.house import ROOT
from tests.journeys.test_hostile_client import record_when_ready, taped
from tests.seat import SeatClient, line_packets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.house import House

    Court = Callable[[], Awaitable[dict[str, SeatClient]]]

pytestmark = pytest.mark.journey


async def verify_log(house: House) -> tuple[int, str]:
    """`yunting verify-log`, as an operator runs it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "verify-log", house.hearing, "--config", str(house.config),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


def without(card: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in card.items() if key not in keys}


@pytest.mark.timeout(240)
async def test_killed_in_mid_hearing_the_court_goes_on_where_it_was(house: House, court: Court) -> None:
    people = await court()
    judge, agent = people["presiding"], people["plaintiff_agent"]
    for seat in ("presiding", "plaintiff_agent"):
        await people[seat].connect_media()
    for item in ("cause_announced", "rights_told", "recusal_asked"):
        await judge.do("record_point", item=item)
    await judge.do("go_to_stage", stage="investigation")
    await judge.do("mute_and_lock", seat="defendant", reason="插话")
    await people["plaintiff"].do("request_floor", reason="补充")
    await judge.do("grant_floor", seat="plaintiff_agent")
    before = judge.view
    packets = line_packets(SOUND, "07-plaintiff_agent.opus")
    speaking = asyncio.get_running_loop().create_task(agent.speak(packets))
    await asyncio.sleep(6)
    killed_at_ns = time.time_ns()
    await house.kill()
    speaking.cancel()
    for client in people.values():
        client.peer = None
        await client.close()

    assert (await verify_log(house))[0] == 0
    on_tape = taped(house, "plaintiff_agent")
    lost_s = (killed_at_ns - max(on_tape)) / 1e9
    print(f"kill -9: {lost_s:.3f} s of sound lost, {len(on_tape)} packets kept")
    assert lost_s <= 0.5

    await house.start()
    back = {seat: SeatClient(house, seat) for seat in people}
    try:
        for client in back.values():
            await client.enter()
        judge = back["presiding"]
        await judge.until(lambda: all(card["lost_since"] is None for card in judge.view["seats"]))
        for key in ("session", "stages", "opened_at", "closed_at", "floor"):
            assert judge.view[key] == before[key], key
        for card in before["seats"]:
            now = judge.card(card["seat"])
            assert without(now, "lost_since", "absences") == without(card, "lost_since", "absences")
            assert {one["verdict"] for one in now["absences"]} <= {"server"}, "no party's fault"
        assert [one["kind"] for one in judge.view["incidents"]] == ["server"]
        for seat in ("presiding", "plaintiff_agent"):
            await back[seat].connect_media()
        await back["plaintiff_agent"].speak(line_packets(SOUND, "08-plaintiff_agent.opus"))
        assert judge.peer is not None
        assert len(judge.peer.received) > 300
        await judge.until(lambda: judge.last["tape"]["state"] == "rolling")
        await judge.do("close", reason="over")
        record = await record_when_ready(judge, house)
        said = "".join(line["text"] for line in record["transcript"]["lines"])
        assert "合同" in said
        assert [copy["seat"] for copy in record["copies"]] == ["plaintiff_agent"]
        assert record["verified"]["chain"]
        code, out = await verify_log(house)
        assert (code, "chain whole" in out) == (0, True)
    finally:
        for client in back.values():
            await client.close()


async def test_a_changed_byte_in_the_log_is_found_and_named(house: House, court: Court) -> None:
    import sqlite3  # noqa: PLC0415  only to vandalise

    people = await court()
    await people["presiding"].do("recess", reason="休息")
    await house.stop()
    database = sqlite3.connect(house.folder / "var" / "yunting.db")
    with database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE events SET at_ms = at_ms + 1 WHERE seq = 4")
    database.close()
    code, out = await verify_log(house)
    assert code == 1
    assert "first bad entry: 4" in out


@pytest.mark.timeout(120)
async def test_a_cut_line_and_a_reload_bring_back_the_same_seat(house: House, court: Court) -> None:
    people = await court()
    judge, agent = people["presiding"], people["plaintiff_agent"]
    await judge.do("grant_floor", seat="plaintiff_agent")
    await agent.connect_media()
    await judge.connect_media()
    connection = agent.connection
    await agent.cut()
    await agent.enter(resume=True)
    assert agent.connection == connection, "a short cut is no new arrival"
    assert not [
        m for m in judge.messages if m["type"] == "view" and any(c["lost_since"] for c in m["view"]["seats"])
    ]
    await agent.speak(line_packets(SOUND, "04-plaintiff.opus")[:100])
    assert judge.peer is not None
    assert len(judge.peer.received) > 80, "media went on through the cut"

    await agent.cut()
    await judge.until(lambda: judge.card("plaintiff_agent")["lost_since"] is not None, 15)
    assert not judge.card("plaintiff_agent")["heard"]
    begun = time.monotonic()
    await agent.enter(resume=True)
    await agent.connect_media()
    await agent.speak(line_packets(SOUND, "04-plaintiff.opus")[:50])
    print(f"back in the seat with media after {time.monotonic() - begun - 1:.2f} s")
    card = agent.card("plaintiff_agent")
    assert (card["presence"], card["has_floor"]) == ("present", True)

    second = SeatClient(house, "plaintiff_agent")
    await second.enter()
    await agent.until(lambda: agent.bye() == "superseded")
    assert second.card("plaintiff_agent")["has_floor"]
    await second.close()
