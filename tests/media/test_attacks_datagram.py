"""Datagram attacks: no stranger, and nobody without keys, disturbs a session that stands or one being set up."""

from __future__ import annotations

import random

import pytest

from media.transport import Lost
from tests.media.parts import CLIENT, SETTINGS, STRANGER, Pair, check
from tests.peers.client import rtp_packet
from tests.peers.keys import DtlsClient

pytestmark = pytest.mark.service


def alive(pair: Pair) -> bool:
    """Say whether words still pass both ways and consent still renews."""
    assert pair.transport.srtp is not None
    tx, rx = pair.client.sessions()
    packet = rtp_packet(111, b"words", 1, 2, 3)
    there = pair.transport.srtp.unprotect(tx.protect(packet)) == packet
    back = rx.unprotect(pair.transport.srtp.protect(packet)) == packet
    return there and back and bool(pair.give(check())) and pair.transport.address == CLIENT


def short_datagrams(rng: random.Random) -> list[bytes]:
    """Every length 0-64 with every first byte 0-255: zeros after it, and noise after it."""
    out = [b""]
    for first in range(256):
        for length in range(64):
            out += [bytes([first]) + bytes(length), bytes([first]) + rng.randbytes(length)]
    return out


@pytest.mark.parametrize("source", [STRANGER, CLIENT], ids=["a stranger", "the peer's own address, forged"])
def test_empty_and_short_datagrams_do_not_disturb_a_session(source: tuple[str, int]):
    pair = Pair()
    pair.connect()
    for datagram in short_datagrams(random.Random(1)):
        assert pair.transport.receive(datagram, source, pair.now) == []
    assert alive(pair)


@pytest.mark.parametrize("source", [STRANGER, CLIENT], ids=["a stranger", "the peer's own address, forged"])
def test_empty_and_short_datagrams_do_not_disturb_a_set_up(source: tuple[str, int]):
    pair = Pair()
    pair.give(check())
    for datagram in short_datagrams(random.Random(2)):
        assert pair.transport.receive(datagram, source, pair.now) == []
    for flight in pair.client.step():
        pair.give(flight)
    assert pair.connected
    assert alive(pair)


def test_a_strangers_hello_before_and_during_set_up_wins_nothing():
    """The ClientHello race (CVE-2023-49786 and its kin)."""
    hellos = [DtlsClient().step()[0] for _ in range(5)]
    pair = Pair()

    def spray() -> None:
        for hello in hellos:
            assert pair.transport.receive(hello, STRANGER, pair.now) == []

    spray()
    pair.give(check())
    spray()
    flights = pair.client.step()
    while flights:
        spray()
        replies = [output for data in flights for output in pair.transport.receive(data, CLIENT, pair.now)]
        pair.outputs += replies
        spray()
        flights = [
            back for reply in replies if hasattr(reply, "data") for back in pair.client.receive(reply.data)
        ]
    assert pair.connected
    assert alive(pair)


def test_a_strangers_handshake_does_not_replace_the_sessions_keys():
    pair = Pair()
    pair.connect()
    before = pair.transport.srtp
    for source in (STRANGER, CLIENT):
        intruder = DtlsClient()
        for flight in intruder.step():
            for reply in pair.transport.receive(flight, source, pair.now):
                assert source == CLIENT, "nothing goes to a stranger"
                intruder.receive(reply.data)  # type: ignore[union-attr]
        assert not intruder.done
    assert pair.transport.srtp is before
    assert alive(pair)


def test_replayed_and_foreign_srtp_count_as_nothing():
    pair = Pair()
    pair.connect()
    other = Pair()
    other.connect()
    foreign, _ = other.client.sessions()
    datagram = foreign.protect(rtp_packet(111, b"words", 1, 2, 3))
    for source in (STRANGER, CLIENT):
        for _ in range(100):
            assert pair.transport.receive(datagram, source, pair.now) == []
    assert alive(pair)


def test_nothing_is_sent_to_an_unauthenticated_address():
    pair = Pair()
    pair.connect()
    rng = random.Random(3)
    for _ in range(3000):
        datagram = rng.randbytes(rng.randrange(0, 200))
        assert pair.transport.receive(datagram, STRANGER, pair.now) == []
    assert STRANGER not in pair.transport.addresses


def test_a_flood_of_bad_checks_does_not_renew_consent():
    pair = Pair()
    pair.connect()
    for step in range(100):
        now = pair.now + step * SETTINGS.consent_timeout_s / 100
        assert pair.transport.receive(check(key="w" * 32), CLIENT, now) == []
    assert pair.transport.timer(pair.now + SETTINGS.consent_timeout_s + 0.1) == [Lost("consent")]
