"""The attack list of research/reliability.md §2.2, rows 1 to 9, against a real port, on each engine.

Deeper and sans-IO: test_attacks_datagram.py, test_attacks_port.py. `make soak` runs row 4 with a million packets.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
from struct import pack
from typing import TYPE_CHECKING

import pytest
from aioice import stun

from media import rtcp
from media.ids import PeerId
from media.plan import RoutePlan, Subscription
from media.rtp import bounds
from media.sdp import SdpError
from media.taps import TapPacket
from tests.media.besieged import EAR, HOST, OTHER_HOST, A, B, C, besieged, overheard
from tests.media.fuzz import mutate_text
from tests.media.rig import BOTH
from tests.media.test_attacks_port import HUGE, SPELLINGS, probes
from tests.peers.client import WirePeer, rtp_packet

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.media

BAD_PACKETS = int(os.environ.get("YUNTING_BAD_PACKETS", "4000"))
REPLAYED = 300
SET_UPS = 100


async def test_row_1_a_hundred_set_ups_succeed_under_a_spray_of_hellos(engine: str) -> None:
    async with besieged(engine) as home:
        hellos = [WirePeer().dtls.step()[0] for _ in range(3)]
        strangers = [home.stranger(HOST), home.stranger(OTHER_HOST)]
        done = asyncio.Event()

        async def spray() -> None:
            while not done.is_set():
                for one in strangers:
                    one.send(random.choice(hellos))
                await asyncio.sleep(0.002)

        async def set_up(number: int) -> WirePeer:
            client = WirePeer()
            await client.connect(home.plane.answer(PeerId(f"p{number}"), client.offer()), timeout_s=60)
            return client

        async with asyncio.TaskGroup() as group:
            spraying = group.create_task(spray())
            clients = []
            for first in range(0, SET_UPS, 10):
                clients += await asyncio.gather(*map(set_up, range(first, first + 10)))
            done.set()
            await spraying
        assert all(client.connected for client in clients)
        await home.speak()
        home.whole()
        for client in clients:
            client.close()


def short_datagrams() -> Iterator[bytes]:
    rng = random.Random(2)
    for length in range(65):
        for first in range(256) if length else (0,):
            yield (bytes((first,)) + rng.randbytes(length))[:length]


async def test_row_2_empty_and_short_datagrams_cost_no_word(engine: str) -> None:
    async with besieged(engine) as home:
        count = await home.storm(short_datagrams(), home.stranger().send, home.clients[A].send_raw, burst=128)
        assert count == 1 + 64 * 256
        home.whole()


async def test_row_3_a_stranger_with_the_right_ssrc_gets_and_gives_nothing(engine: str) -> None:
    async with besieged(engine) as home:
        speaker, stranger = home.clients[A], home.stranger()
        with overheard(speaker) as seen:
            for _ in range(20):
                await home.speak()
        ssrc = speaker.ssrcs["audio", ""]
        plain = [rtp_packet(111, b"word forged", 1000 + n, 1, ssrc, extensions={4: b"0"}) for n in range(50)]
        await home.storm([*seen, *plain, *(one + bytes(16) for one in plain)], stranger.send)
        assert home.plane.stats()["peers"][A]["packets_in"] == home.words
        home.whole()


async def test_row_4_bad_and_replayed_packets_neither_end_a_session_nor_count_twice(engine: str) -> None:
    async with besieged(engine) as home:
        speaker, rng = home.clients[A], random.Random(4)
        with overheard(speaker) as seen:
            for _ in range(REPLAYED):
                await home.speak()
        replayed = [one for one in seen if one[0] >> 6 == 2]
        before = dict(home.plane.stats()["totals"])
        await home.storm(replayed, speaker.send_raw)
        head = rtp_packet(111, b"", 0, 1, speaker.ssrcs["audio", ""])

        def bad() -> Iterator[bytes]:
            for number in range(BAD_PACKETS):
                yield head[:2] + pack("!H", number & 0xFFFF) + head[4:] + rng.randbytes(60)

        await home.storm(bad(), speaker.send_raw, burst=128)
        totals = home.plane.stats()["totals"]
        assert totals["srtp"] - before.get("srtp", 0) == BAD_PACKETS + len(replayed)
        assert home.plane.stats()["peers"][A]["packets_in"] == home.words
        home.whole()


async def test_row_5_anothers_ssrc_and_mid_never_get_into_its_track(engine: str) -> None:
    async with besieged(engine) as home:
        forger, victim = home.clients[B], home.clients[A]
        ssrc = victim.ssrcs["audio", ""]
        both = (Subscription(A, audio=True, video=True), Subscription(B, audio=True, video=True))
        home.plane.apply("g", RoutePlan({A: BOTH, B: BOTH}, {B: both[:1], C: both, EAR: both}))
        for number in range(60):
            forger.send_rtp("audio", b"forged", number, 1, ssrc=ssrc)
            for packet in (
                rtp_packet(111, b"forged by type alone", number, 1, ssrc ^ 2),
                rtp_packet(96, b"forged by type alone", number, 1, victim.ssrcs["video", ""]),
                rtp_packet(111, b"forged line", number, 1, ssrc ^ 1, extensions={4: b"99"}),
                rtp_packet(111, b"forged second", number, 1, ssrc ^ 3, extensions={4: b"0"}),
            ):
                forger.send_packet(packet)
            if number % 20 == 0:
                await home.speak()
        await home.speak()
        # What B says under A's number comes as B's, in B's slot and on B's tape, and nothing else of it comes at all.
        of: dict[int, set[bytes]] = {}
        for number, packet in home.clients[C].received:
            of.setdefault(number, set()).add(packet[bounds(packet)[0] :][:6])
        assert sorted(map(sorted, of.values())) == [
            [b"forged"],
            [b"word 1", b"word 2", b"word 3", b"word 4", b"word 5"],
        ]
        taped = {
            item.payload for item in home.ear.items if isinstance(item, TapPacket) and item.track.peer == B
        }
        assert taped == {b"forged"}
        home.whole()


def asked_for_keys(client: WirePeer) -> int:
    """How many PLI and FIR a publisher has got."""
    found = 0
    for data in client.received_rtcp:
        for part in rtcp.parts(data):
            found += part.kind == rtcp.PSFB and part.form in {rtcp.FMT_PLI, rtcp.FMT_FIR}
    return found


async def test_row_6_a_flood_of_rtcp_and_fake_goodbyes_hurt_no_other(engine: str) -> None:
    async with besieged(engine) as home:
        loop, publisher, viewer = asyncio.get_running_loop(), home.clients[A], home.clients[B]
        publisher.on_received = lambda *_: None
        home.show(1, key=True)
        await home.until(lambda: len(home.clients[C].received) == home.words + 1)
        assert viewer.answer is not None
        line, own = viewer.answer.slots[0], publisher.ssrcs["video", ""]
        begun, asked = loop.time(), asked_for_keys(publisher)
        goodbye = pack("!BBHI", 0x81, 203, 1, publisher.ssrcs["audio", ""])
        flood = [
            rtcp.build_receiver_report([], 7) + rtcp.build_pli(line.video_ssrc, 7),
            rtcp.build_receiver_report([], 7) + rtcp.build_pli(own, 7),
            rtcp.build_receiver_report([], 7) + goodbye,
            rtcp.build_receiver_report([], 7)
            + rtcp.build_remb(1, [line.video_ssrc, line.audio_ssrc, own], 7),
        ]
        while loop.time() < begun + 1.5:
            await home.storm(flood * 64, viewer.send_rtcp)
        home.show(2, key=False)
        await home.until(lambda: len(home.clients[C].received) == home.words + 2)
        # One a second, however busy the machine: the flood lasted as long as it lasted.
        assert 1 <= asked_for_keys(publisher) - asked <= loop.time() - begun + 1
        assert home.plane.stats()["totals"]["rtcp_flood"] > 0
        assert viewer.connected
        home.whole()


async def test_row_7_no_probe_is_answered_and_no_answer_is_much_larger(engine: str) -> None:
    async with besieged(engine) as home:
        one = home.stranger()
        await home.storm(probes(), one.send)
        assert one.got() == []
        request = home.clients[A].check(nominate=False)
        one.send(request)
        answers: list[bytes] = []
        while not answers:
            await asyncio.sleep(0.005)
            answers += one.got()
        assert len(answers) == 1
        assert len(answers[0]) <= 1.5 * len(request)
        assert stun.parse_message(answers[0]).message_class == stun.Class.RESPONSE
        home.whole()


async def test_row_8_nothing_is_sent_to_an_address_that_an_offer_only_names(engine: str) -> None:
    """The plane has no TURN server to be led inwards; what can be named is a candidate, and nobody goes there."""
    async with besieged(engine) as home:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inner:
            inner.bind((HOST, 0))
            inner.setblocking(False)
            port = inner.getsockname()[1]
            for number, host in enumerate((*SPELLINGS, HOST)):
                text = WirePeer().offer().replace("c=IN IP4 0.0.0.0", f"c=IN IP4 {host}")
                lines = "".join(
                    f"a=candidate:{kind} 1 {kind} 2113937151 {host} {port} typ host\r\n"
                    for kind in ("udp", "tcp")
                )
                home.plane.answer(PeerId(f"q{number}"), text.replace("a=mid:0", lines + "a=mid:0", 1))
            for _ in range(20):
                await home.speak()
                await asyncio.sleep(0.02)
            with pytest.raises(BlockingIOError):
                inner.recv(1)
        home.whole()


async def test_row_9_hostile_offers_are_refused_while_everybody_is_heard(engine: str) -> None:
    async with besieged(engine) as home:
        base, rng = WirePeer().offer(), random.Random(9)
        offers = [*(make(base) for make in HUGE.values()), *(mutate_text(rng, base) for _ in range(400))]
        refused = 0
        for number, text in enumerate(offers):
            try:
                home.plane.answer(PeerId(f"q{number % 4}"), text)
            except SdpError:
                refused += 1
            if number % 20 == 0:
                await home.speak()
        assert len(HUGE) // 2 < refused < len(offers)
        home.whole()
