"""Mutated datagrams at a real port with a session on it: `python -m tests.media.fuzz_port [cases] [seed]`.

The whole plane is behind it: admission, ICE, DTLS, and the engine that runs. Sends to loopback only; what it has sent
is waited for, so that the system's buffer loses nothing of it.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from typing import TYPE_CHECKING

from media import rtcp
from tests.media.besieged import OTHER_HOST, A, Besieged, besieged, overheard
from tests.media.engines import ENGINES
from tests.media.fuzz import mutate_bytes
from tests.peers.client import WirePeer, rtp_packet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BURST = 96
_FRESH_EVERY = 2000  # the client's check and its SRTP are written anew this often


def _bases(home: Besieged) -> Iterator[list[bytes]]:
    """What a client sends, by class: checks, handshake, sound, reports."""
    client, number = home.clients[A], 0
    while True:
        number += 1
        with overheard(client, held=True) as seen:
            client.send_packet(rtp_packet(111, b"an unheard word", number, 1, 0xBEEF, extensions={4: b"9"}))
            client.send_rtcp(rtcp.build_receiver_report([], 7) + rtcp.build_remb(500_000, [7], 7))
        yield [
            client.check(nominate=False),
            client.check(nominate=False, controlled=True),
            client.check(key="w" * 32),
            *WirePeer().dtls.step(),
            b"\x17\xfe\xfd\x00\x01" + bytes(70),
            *seen,
        ]


def _mutated(home: Besieged, rng: random.Random, cases: int) -> Iterator[bytes]:
    making = _bases(home)
    bases = next(making)
    for case in range(cases):
        if case % _FRESH_EVERY == 0:
            bases = next(making)
        yield mutate_bytes(rng, rng.choice(bases))


async def fuzz_port(engine: str, cases: int, seed: int) -> dict[str, int]:
    """Half from the client's own address, half from strangers; every word between the bursts is heard. Counts."""
    rng = random.Random(seed)
    # The rate of RTCP is not what is tried here.
    async with besieged(engine, rtcp_per_second_max=1_000_000) as home:
        own = home.clients[A].send_raw
        senders: list[Callable[[bytes], None]] = [
            own,
            own,
            home.stranger().send,
            home.stranger(OTHER_HOST).send,
        ]

        def somebody(data: bytes) -> None:
            rng.choice(senders)(data)

        await home.storm(_mutated(home, rng, cases), somebody, burst=BURST)
        stats = home.plane.stats()
        assert home.heard(A) == []
        assert stats["totals"].get("contained", 0) == 0
        assert all(client.connected for client in home.clients.values())
        dropped = sum(stats["datagrams_dropped"].values())
        return {
            "cases": cases,
            "words": home.words,
            "dropped": dropped,
            "srtp": stats["totals"].get("srtp", 0),
        }


def main(cases: int = 100_000, seed: int = 1) -> None:
    """Run it on every engine."""
    for engine in ENGINES:
        begun = time.monotonic()
        found = asyncio.run(fuzz_port(engine, cases, seed))
        print(f"{engine}: {found}, {cases / (time.monotonic() - begun):.0f} a second", flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
