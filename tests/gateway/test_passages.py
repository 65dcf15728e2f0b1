"""Missed passages by HTTP: a real tape, who may hear them, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import av
import pytest

from media.facts import PeerConnected, SpeakersChanged
from media.ids import PeerId
from server.courtroom.ports import TapeFact
from server.hearing.commands import TapeState
from server.hearing.commands_rooms import ScreenOff
from server.hearing.events import Actor
from server.hearing.ids import SeatId
from server.hearing.state import connection_of
from tests.fakes.clock import NOON
from tests.gateway.asking import Http, get, reason
from tests.gateway.door import HEARING, OTHER_HEARING, Door
from tests.recording.senders import T0, Sender
from tests.recording.test_viewing import on_tape

pytestmark = pytest.mark.service

assert T0 == NOON * 1_000_000, "the senders' time is the clock's"


async def missed(door: Door, *, safe: bool = True) -> dict[str, int]:
    """The defendant, alone without media, misses four seconds of the plaintiff; they are on the tape."""
    judge, *_ = await door.enter("presiding", "clerk", "judge", "assessor", "plaintiff", "defendant")
    recorder = door.instruments.recorders[-1]
    recorder.post(TapeFact(TapeState.IDLE))
    await door.until(lambda: "tape_not_ready" not in judge.view["missing"])
    await judge.do("open_court", reason="the third party has been excused")
    await judge.do("grant_floor", seat="plaintiff")
    room = await door.registry.room(HEARING)  # type: ignore[arg-type]
    for seat in ("presiding", "clerk", "plaintiff"):
        door.registry.media_fact(PeerConnected(PeerId(str(connection_of(room.state, seat)))))  # type: ignore[arg-type]
    speaker = PeerId(str(connection_of(room.state, "plaintiff")))  # type: ignore[arg-type]
    door.registry.media_fact(SpeakersChanged(HEARING, (speaker,)))
    began = door.clock.now_ms()
    for _ in range(4):
        door.clock.move(1000)
        room.care.tick()
    start_s = (began - NOON) // 1000
    await on_tape(door.tapes(HEARING), Sender("p1").tone(500, start_s, 5), {"p1": "plaintiff"})
    recorder.post(TapeFact(None, safe_until_ms=door.clock.now_ms() if safe else began))
    return {"t0": began, "t1": began + 4000}


def path(seat: str, times: dict[str, Any], hearing: str = HEARING) -> str:
    return f"/api/hearings/{hearing}/passage?seat={seat}&t0={times['t0']}&t1={times['t1']}"


@pytest.mark.parametrize("asker", ["defendant", "clerk", "presiding"])
async def test_who_missed_it_and_the_court_hear_it_again(door: Door, http: Http, asker: str) -> None:
    times = await missed(door)
    answer = await get(http, door, asker, path("plaintiff", times))
    assert (answer.status, answer.content_type) == (200, "audio/webm")
    played: Any = av.open(io.BytesIO(await answer.read()))
    with played as container:
        assert container.duration == pytest.approx(4_000_000, abs=100_000)


async def test_who_did_not_miss_it_and_who_is_outside_do_not(door: Door, http: Http) -> None:
    times = await missed(door)
    for asker in ("plaintiff", "witness", "observer", "third_party"):
        assert await reason(await get(http, door, asker, path("plaintiff", times))) == (403, "not_yours"), (
            asker
        )


async def test_who_is_screened_from_the_speaker_does_not(door: Door, http: Http) -> None:
    times = await missed(door)
    room = await door.registry.room(HEARING)  # type: ignore[arg-type]
    actor = Actor(SeatId("presiding"), connection_of(room.state, SeatId("presiding")))
    await room.ask(ScreenOff(SeatId("plaintiff"), SeatId("defendant"), on=True, reason="fear"), actor)
    answer = await get(http, door, "defendant", path("plaintiff", times))
    assert await reason(answer) == (403, "not_yours")


async def test_nothing_beyond_what_was_missed(door: Door, http: Http) -> None:
    times = await missed(door)
    for wrong in (
        path("plaintiff", times | {"t0": times["t0"] - 1}),
        path("plaintiff", times | {"t1": times["t1"] + 1}),
        path("clerk", times),
        path("nobody", times),
    ):
        assert (await get(http, door, "clerk", wrong)).status == 403, wrong
    other = path("plaintiff", times, OTHER_HEARING)
    assert await reason(await get(http, door, "clerk", other)) == (404, "not_found")


@pytest.mark.parametrize("t1", ["", "x", "-1", "9" * 15, "1", str(NOON + 121_000)])
async def test_nonsense_is_refused(door: Door, http: Http, t1: str) -> None:
    answer = await get(http, door, "clerk", path("plaintiff", {"t0": NOON, "t1": t1}))
    assert await reason(answer) == (400, "bad_request")


async def test_only_up_to_where_the_tape_is_safe(door: Door, http: Http) -> None:
    times = await missed(door, safe=False)
    answer = await get(http, door, "defendant", path("plaintiff", times))
    assert await reason(answer) == (503, "not_on_tape_yet")


async def test_asking_is_bounded(door: Door, http: Http) -> None:
    times = {"t0": NOON, "t1": NOON + 1}
    found = [(await get(http, door, "clerk", path("plaintiff", times))).status for _ in range(7)]
    assert found == [403] * 6 + [429]
