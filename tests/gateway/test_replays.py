"""The last minutes of a hearing that is on: who may see them again, what they are given, and that it goes away."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import aiohttp
import av
import pytest

from server.courtroom.ports import TapeFact
from server.gateway.replay_files import ReplayFiles
from server.gateway.settings import GatewaySettings
from server.hearing.commands import TapeState
from server.hearing.commands_rooms import ScreenOff
from server.hearing.events import Actor
from server.hearing.ids import SeatId
from server.hearing.state import connection_of
from tests.fakes.clock import NOON
from tests.gateway.asking import Http, reason
from tests.gateway.door import HEARING, OTHER_HEARING, Door
from tests.recording.senders import Sender
from tests.recording.test_viewing import on_tape

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.conftest import OpenDoor

pytestmark = pytest.mark.service

OUTSIDE = (
    "plaintiff",
    "plaintiff_agent",
    "defendant",
    "witness",
    "observer",
    "third_party",
    "expert",
    "interpreter",
)


async def sitting(door: Door, *, safe_s: int = 8) -> None:
    """The court is open; ten seconds of two people are on the tape, eight of them for certain."""
    judge, *_ = await door.enter("presiding", "clerk", "judge", "assessor", "plaintiff", "defendant")
    recorder = door.instruments.recorders[-1]
    recorder.post(TapeFact(TapeState.IDLE))
    await door.until(lambda: "tape_not_ready" not in judge.view["missing"])
    await judge.do("open_court", reason="the third party has been excused")
    room = await door.registry.room(HEARING)  # type: ignore[arg-type]
    opened = room.state.opened_at
    assert opened is not None
    start_s = (int(opened) - NOON) // 1000
    packets = Sender("p1").tone(500, start_s, 10) + Sender("p2").tone(900, start_s, 10)
    labels = {"p1": "plaintiff", "p2": "defendant"}
    await on_tape(door.tapes(HEARING), sorted(packets, key=lambda one: one.arrival_ns), labels)
    recorder.post(TapeFact(None, safe_until_ms=int(opened) + safe_s * 1000))


async def ask(
    http: Http, door: Door, seat: str, body: Any = None, hearing: str = HEARING
) -> aiohttp.ClientResponse:
    bearer = {"Authorization": f"Bearer {await door.bearer(seat)}"}
    asked = {"seconds": 60} if body is None else body
    return await http.post(f"{door.url}/api/hearings/{hearing}/replay", json=asked, headers=bearer)


async def played_s(http: Http, door: Door, url: str) -> float:
    answer = await http.get(f"{door.url}{url}")
    assert (answer.status, answer.content_type) == (200, "video/webm")
    opened: Any = av.open(io.BytesIO(await answer.read()))
    with opened as container:
        return float(container.duration) / av.time_base


async def test_the_bench_and_the_clerk_see_everybody_again(door: Door, http: Http) -> None:
    await sitting(door)
    for asker in ("presiding", "judge", "clerk"):
        replay = await (await ask(http, door, asker)).json()
        assert replay["to"] - replay["from"] == 8_000, "from the opening to what is on disk"
        copies = {one["seat"]: one for one in replay["copies"]}
        assert set(copies) == {"plaintiff", "defendant"}
        for copy in copies.values():
            assert (copy["source"], copy["duration_ms"]) == ("main", 8_000)
            assert await played_s(http, door, copy["url"]) == pytest.approx(8, abs=0.1)


async def test_nobody_else_does(door: Door, http: Http) -> None:
    await sitting(door)
    for asker in OUTSIDE:
        assert await reason(await ask(http, door, asker)) == (403, "not_yours"), asker
    assert await reason(await ask(http, door, "clerk", hearing=OTHER_HEARING)) == (404, "not_found")
    bare = await http.post(f"{door.url}/api/hearings/{HEARING}/replay", json={"seconds": 60})
    assert await reason(bare) == (401, "session_invalid")


async def test_whoever_is_screened_from_a_person_does_not_see_it_again(door: Door, http: Http) -> None:
    await sitting(door)
    room = await door.registry.room(HEARING)  # type: ignore[arg-type]
    actor = Actor(SeatId("presiding"), connection_of(room.state, SeatId("presiding")))
    await room.ask(ScreenOff(SeatId("plaintiff"), SeatId("assessor"), on=True, reason="fear"), actor)
    replay = await (await ask(http, door, "assessor")).json()
    assert [one["seat"] for one in replay["copies"]] == ["defendant"]


async def test_nonsense_is_told_so(door: Door, http: Http) -> None:
    await sitting(door)
    bodies: tuple[Any, ...] = (
        {"seconds": 61},
        {"seconds": "60"},
        {"seconds": True},
        {"seconds": 1e9},
        {"x": 1},
        [],
        7,
    )
    for body in bodies:
        assert await reason(await ask(http, door, "clerk", body)) == (400, "bad_request"), body


async def test_before_anything_is_on_disk_there_is_nothing(door: Door, http: Http) -> None:
    await sitting(door, safe_s=0)
    assert await reason(await ask(http, door, "clerk")) == (503, "not_on_tape_yet")


async def test_a_broken_tape_hurts_nothing(door: Door, http: Http) -> None:
    await sitting(door)
    for file in door.tapes(HEARING).iterdir():
        file.unlink()
    door.tapes(HEARING).rmdir()
    assert await reason(await ask(http, door, "clerk")) == (503, "replay_failed")
    assert not any((door.folder / "replays").iterdir())


async def test_an_older_one_goes_and_every_one_after_its_time(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(replays_kept_max=1, replay_lifetime_s=1.0)
    await sitting(door)
    first = (await (await ask(http, door, "clerk")).json())["copies"][0]["url"]
    second = (await (await ask(http, door, "presiding")).json())["copies"][0]["url"]
    assert await reason(await http.get(f"{door.url}{first}")) == (404, "not_found")
    assert len(list((door.folder / "replays").iterdir())) == 1
    async with asyncio.timeout(15):
        while list((door.folder / "replays").iterdir()):
            await asyncio.sleep(0.05)
    assert await reason(await http.get(f"{door.url}{second}")) == (404, "not_found")


async def test_the_disk_belongs_to_the_tapes(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(replay_disk_free_bytes_min=1 << 62)
    await sitting(door)
    assert await reason(await ask(http, door, "clerk")) == (503, "disk_full")


async def test_a_seat_asks_so_often_and_no_more(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(replays_per_minute_max=1)
    await sitting(door)
    assert (await ask(http, door, "clerk")).status == 200
    assert await reason(await ask(http, door, "clerk")) == (429, "busy")
    assert (await ask(http, door, "presiding")).status == 200, "another seat has its own"


async def test_a_link_is_of_one_reader_and_one_file(door: Door, http: Http) -> None:
    await sitting(door)
    url = (await (await ask(http, door, "clerk")).json())["copies"][0]["url"]
    bare = url.partition("?")[0]
    assert await reason(await http.get(f"{door.url}{bare}")) == (403, "link_expired")
    wrong = f"{url[:-1]}{'0' if url[-1] != '0' else '1'}"
    assert await reason(await http.get(f"{door.url}{wrong}")) == (403, "link_expired")
    async with aiohttp.ClientSession() as other:
        assert await reason(await other.get(f"{door.url}{url}")) == (403, "link_not_yours")
    door.clock.move(2 * door.settings.link_lifetime_s * 1000)
    assert await reason(await http.get(f"{door.url}{url}")) == (403, "link_expired")


async def test_the_bench_does_not_wait_behind_everybody_who_looks(tmp_path: Path) -> None:
    """Four looks wait; a replay asked for last is made after the one that is at work."""
    files = ReplayFiles(GatewaySettings(), lambda hearing: tmp_path / hearing, tmp_path / "replays")
    order: list[str] = []
    gate = asyncio.Event()

    async def turn(name: str, live: bool) -> None:
        async with files._turn(live):
            order.append(name)
            await gate.wait()

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(turn(f"look {number}", False))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        group.create_task(turn("replay", True))
        await asyncio.sleep(0)
        gate.set()
    assert order[:2] == ["look 0", "replay"]
    assert sorted(order[2:]) == ["look 1", "look 2", "look 3"]


async def test_looking_again_stands_in_the_ledger_of_reading(door: Door, http: Http) -> None:
    await sitting(door)
    assert (await ask(http, door, "clerk")).status == 200
    assert (await ask(http, door, "plaintiff")).status == 403
    (row,) = await door.takings.readings.newest(HEARING, 10)
    reading = row.reading
    assert (reading.seat, reading.action, reading.thing, reading.purpose) == (
        "clerk",
        "play",
        "replay",
        "hearing",
    )
