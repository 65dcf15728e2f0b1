"""Clients that ignore their view: whom the court has muted, or not let in, reaches nobody, no tape, no transcript."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from media.ids import Kind
from media.taps import TapPacket
from recording.reading import Tape
from server.demo.held import SOUND
from server.hearing.state_order import OATH_VERSION
from tests.journeys.conftest import BOTH_ENGINES
from tests.seat import line_packets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.house import House
    from tests.seat import SeatClient

    Court = Callable[[], Awaitable[dict[str, SeatClient]]]

pytestmark = pytest.mark.journey

NAMES = ("林静", "周敏", "张伟", "何晓晴", "吴强", "唐宁")


def taped(house: House, seat: str) -> list[int]:
    """Arrival times (ns) of a seat's taped sound packets."""
    tape = Tape(house.folder / "var" / "hearings" / house.hearing / "tape")
    if seat not in tape.labels:
        return []
    return [item.arrival_ns for item in tape.items(seat, Kind.AUDIO) if isinstance(item, TapPacket)]


async def record_when_ready(reader: SeatClient, house: House) -> dict[str, Any]:
    """The record of the hearing, when its copies and transcript are there."""
    for _ in range(240):
        status, record = await reader.get(f"/api/hearings/{house.hearing}/record")
        assert status == 200
        assert "failed" not in {record["recording"]["state"], record["transcript"]["state"]}, house.log_tail()
        if record["recording"]["state"] == record["transcript"]["state"] == "ready":
            return dict(record)
        await asyncio.sleep(0.5)
    raise AssertionError(f"no record in time: {record['recording']} {record['transcript']}")


@BOTH_ENGINES
@pytest.mark.timeout(240)
async def test_muted_and_locked_seat_reaches_nobody_however_it_tries(house: House, court: Court) -> None:
    people = await court()
    judge, defendant, agent = people["presiding"], people["defendant"], people["plaintiff_agent"]
    for client in people.values():
        await client.connect_media()
    await judge.do("grant_floor", seat="defendant")
    await defendant.speak(line_packets(SOUND, "05-defendant.opus"))
    assert defendant.peer is not None
    assert agent.peer is not None
    heard_before = {seat: len(people[seat].peer.received) for seat in people}  # type: ignore[union-attr]
    assert heard_before["presiding"] > 100
    assert heard_before["observer"] > 100
    assert heard_before["defendant"] == 0, "nobody gets back the own voice"

    await judge.do("mute_and_lock", seat="defendant", reason="扰乱法庭秩序")
    locked_at_ns = time.time_ns()
    await asyncio.sleep(0.3)  # what the server had sent before is still on its way through the sockets
    heard_at_lock = {seat: len(people[seat].peer.received) for seat in people}  # type: ignore[union-attr]
    words_at_lock = len(
        [c for c in judge.captions if c["seat"] == "defendant" and c["t0"] * 1e6 > locked_at_ns]
    )

    stolen = agent.peer.ssrcs["audio", ""]
    shouting = line_packets(SOUND, "26-defendant.opus")
    await defendant.speak(shouting)
    await defendant.speak(shouting[:100], ssrc=stolen)
    assert await defendant.refused("grant_floor", seat="defendant") in {"not_presiding", "not_delegated"}
    assert await defendant.refused("release_lock", seat="defendant")
    await defendant.do("set_self", microphone=False, camera=True)
    await defendant.do("set_self", microphone=True, camera=True)
    await defendant.speak(shouting[:50])
    await asyncio.sleep(0.5)

    heard_after = {seat: len(people[seat].peer.received) for seat in people}  # type: ignore[union-attr]
    assert heard_after == heard_at_lock
    assert words_at_lock == 0

    await judge.do("grant_floor", seat="plaintiff_agent")
    await agent.speak(line_packets(SOUND, "08-plaintiff_agent.opus"))
    assert len(judge.peer.received) > heard_after["presiding"] + 300  # type: ignore[union-attr]
    await judge.do("close", reason="over")
    record = await record_when_ready(judge, house)
    assert [at for at in taped(house, "defendant") if at > locked_at_ns] == []
    assert len(taped(house, "defendant")) > 100
    late = [
        line
        for line in record["transcript"]["lines"]
        if line["seat"] == "defendant" and record["zero"] + line["t0"] > locked_at_ns / 1e6
    ]
    assert late == []
    spoken = "".join(
        line["text"] for line in record["transcript"]["lines"] if line["seat"] == "plaintiff_agent"
    )
    assert "合同" in spoken, "the stolen SSRC must not have hurt the one it belongs to"


async def test_isolated_witness_gets_no_packet_no_caption_and_no_name_until_called(court: Court) -> None:
    people = await court()
    judge, witness, agent = people["presiding"], people["witness"], people["plaintiff_agent"]
    for client in people.values():
        await client.connect_media()
    assert witness.peer is not None
    await judge.do("grant_floor", seat="plaintiff_agent")
    await agent.speak(line_packets(SOUND, "12-plaintiff_agent.opus"))
    await judge.until(lambda: any(c["seat"] == "plaintiff_agent" and c["final"] for c in judge.captions), 30)

    assert witness.peer.received == []
    assert witness.captions == []
    told = json.dumps(witness.messages, ensure_ascii=False)
    assert [name for name in NAMES if name in told] == []
    assert [card["seat"] for card in witness.view["seats"]] == ["witness"]
    assert witness.last["slots"] == []
    assert not [m for m in witness.messages if m["type"] == "speaking" and m["seats"]]
    before_call = len(judge.peer.received)  # type: ignore[union-attr]
    await witness.speak(line_packets(SOUND, "17-witness.opus"))
    assert len(judge.peer.received) == before_call, "an isolated witness is not heard either"  # type: ignore[union-attr]

    await judge.do("call_witness", seat="witness")
    assert await judge.refused("grant_floor", seat="witness") == "oath_missing"
    await witness.do("take_oath", version=OATH_VERSION)
    await judge.do("grant_floor", seat="plaintiff_agent")
    await agent.speak(line_packets(SOUND, "08-plaintiff_agent.opus"))
    assert len(witness.peer.received) > 300
    await judge.do("grant_floor", seat="witness")
    await witness.speak(line_packets(SOUND, "17-witness.opus"))
    assert len(judge.peer.received) > before_call + 400  # type: ignore[union-attr]
    await witness.until(lambda: any(c["final"] for c in witness.captions), 30)
    early = [c for c in witness.captions if "证据" in c["settled"]]
    assert early == [], "words from before the call must not come later"
    await judge.do("dismiss_witness", seat="witness")
    await asyncio.sleep(0.3)
    at_dismissal = len(witness.peer.received)
    await judge.do("grant_floor", seat="plaintiff_agent")
    await agent.speak(line_packets(SOUND, "08-plaintiff_agent.opus")[:100])
    assert len(witness.peer.received) == at_dismissal


async def test_an_observer_and_a_waiting_seat_are_never_heard(people: dict[str, SeatClient]) -> None:
    judge, observer, plaintiff = people["presiding"], people["observer"], people["plaintiff"]
    for client in (judge, people["clerk"], observer, plaintiff):
        await client.enter()
    await observer.prepare()
    await people["clerk"].do("admit", seat="observer")
    for client in (judge, observer, plaintiff):
        await client.connect_media()
    packets = line_packets(SOUND, "04-plaintiff.opus")[:60]
    await observer.speak(packets)
    await plaintiff.speak(packets)
    assert judge.peer is not None
    assert observer.peer is not None
    assert judge.peer.received == []
    await judge.speak(packets)
    assert len(observer.peer.received) > 40
    assert plaintiff.peer is not None
    assert plaintiff.peer.received == [], "who waits outside hears nothing"


async def test_nonsense_is_answered_and_hurts_nobody(court: Court) -> None:
    people = await court()
    judge, observer = people["presiding"], people["observer"]
    for text in (
        "",
        "{",
        "[]",
        "null",
        '{"type":"nothing"}',
        '{"type":"command","id":"x","name":"close","args":[]}',
        '{"type":"hello","v":1,"session":"x"}',
        '{"type":"offer","id":"o1","sdp":"v=0\\r\\nm=audio"}',
        '{"type":"offer","id":"o2","sdp":"' + "a" * 60_000 + '"}',
        '{"type":"tiles","widths":{"plaintiff":-4}}',
        '{"type":"ping","t":"NaN"}',
        "[" * 5000,
    ):
        await observer.send_text(text)
    await observer.until(lambda: len([m for m in observer.messages if m["type"] == "problem"]) >= 12)
    problems = [m for m in observer.messages if m["type"] == "problem"]
    assert {p["error"] for p in problems} == {"malformed"}
    assert all(p["message"] for p in problems)
    assert (await observer.ask({"type": "command", "name": "no_such", "args": {}}))["reason"] == "bad_command"
    assert judge.view["session"] == "in_session"
    await judge.do("recess", reason="休息")
    await observer.until(lambda: observer.view["session"] == "recessed")
