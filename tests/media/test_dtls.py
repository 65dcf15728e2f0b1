"""DTLS over memory BIOs: keys only for the certificate the offer named; nonsense never decides anything."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.dtls import MTU_BYTES, RESTARTS_MAX, DtlsServer, DtlsState
from media.srtp import SrtpError, SrtpSession
from tests.media.parts import CERTIFICATE
from tests.peers.client import rtp_packet
from tests.peers.keys import ALL_PROFILES, DtlsClient

pytestmark = pytest.mark.service


def shake(server: DtlsServer, client: DtlsClient) -> None:
    flights = client.step()
    while flights:
        flights = [
            reply for data in flights for back in server.receive(data, 0.0) for reply in client.receive(back)
        ]


def stands(server: DtlsServer, state: DtlsState) -> bool:
    return server.state is state


def record(kind: int, body: bytes, epoch: int = 0, number: int = 0, version: int = 0xFEFD) -> bytes:
    head = bytes([kind]) + version.to_bytes(2, "big") + epoch.to_bytes(2, "big") + number.to_bytes(6, "big")
    return head + len(body).to_bytes(2, "big") + body


@pytest.mark.parametrize(
    ("profiles", "chosen"),
    [
        (ALL_PROFILES, "SRTP_AEAD_AES_128_GCM"),
        (b"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM"),
        (b"SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80", "SRTP_AES128_CM_SHA1_80"),
        # Each alone: what a client that knows nothing else gets.
        (b"SRTP_AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM"),
        (b"SRTP_AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM"),
        (b"SRTP_AES128_CM_SHA1_80", "SRTP_AES128_CM_SHA1_80"),
    ],
)
def test_keys_agree_and_our_order_of_profiles_rules(profiles: bytes, chosen: str):
    client = DtlsClient(profiles)
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    shake(server, client)
    assert stands(server, DtlsState.CONNECTED)
    assert server.keys is not None
    assert server.keys.profile.name == chosen
    assert client.server_fingerprint() == CERTIFICATE.fingerprint
    ours, (tx, rx) = SrtpSession(server.keys), client.sessions()
    packet = rtp_packet(111, b"words", 1, 2, 3)
    assert ours.unprotect(tx.protect(packet)) == packet
    assert rx.unprotect(ours.protect(packet)) == packet
    report = b"\x80\xc9\x00\x01\x00\x00\x00\x03"
    assert ours.unprotect_rtcp(tx.protect_rtcp(report)) == report
    assert rx.unprotect_rtcp(ours.protect_rtcp(report)) == report
    with pytest.raises(SrtpError):
        ours.unprotect(rtp_packet(111, b"in the clear", 2, 2, 3))


def test_another_certificate_than_the_offers_gets_no_keys():
    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, DtlsClient().fingerprint)
    shake(server, client)
    assert stands(server, DtlsState.FAILED)
    assert server.failure == "fingerprint"
    assert server.keys is None
    assert client.closed
    assert not client.done


def test_no_common_profile_gets_no_keys():
    client = DtlsClient(b"SRTP_AES128_CM_SHA1_32")
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    shake(server, client)
    assert (server.state, server.failure, server.keys) == (DtlsState.FAILED, "profile", None)


def test_close_notify_closes_in_both_directions():
    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    shake(server, client)
    for data in client.close():
        server.receive(data, 1.0)
    assert stands(server, DtlsState.CLOSED)

    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    shake(server, client)
    for data in server.close():
        client.receive(data)
    assert client.closed
    assert server.receive(b"\x16" + bytes(20), 1.0) == []


def test_flights_fit_the_datagram_limit():
    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    flights = [back for data in client.step() for back in server.receive(data, 0.0)]
    assert flights
    assert all(len(data) <= MTU_BYTES for data in flights)


def test_a_lost_flight_is_sent_again():
    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    for data in client.step():
        assert server.receive(data, 0.0)
    assert server.timer(0.0) == []
    time.sleep(1.1)  # OpenSSL's own clock decides (RFC 6347 §4.2.4.1: one second at first)
    again = server.timer(1.1)
    assert again
    flights = [reply for data in again for reply in client.receive(data)]
    while flights:
        flights = [r for data in flights for back in server.receive(data, 1.2) for r in client.receive(back)]
    assert stands(server, DtlsState.CONNECTED)


def test_a_forged_alert_in_the_clear_ends_nothing():
    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    alert = record(21, b"\x02\x28")
    assert server.receive(alert, 0.0) == []
    shake(server, client)
    assert stands(server, DtlsState.CONNECTED)
    for number in range(5):
        assert server.receive(record(21, b"\x02\x28", number=number), 0.0) == []
    assert stands(server, DtlsState.CONNECTED)


def test_a_forged_hello_before_the_true_one_is_forgotten():
    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    handshake = b"\x01" + (40).to_bytes(3, "big") + bytes(5) + (40).to_bytes(3, "big") + b"\xff" * 40
    for _ in range(RESTARTS_MAX):
        assert server.receive(record(22, handshake), 0.0) == []
    assert stands(server, DtlsState.HANDSHAKING)
    shake(server, client)
    assert stands(server, DtlsState.CONNECTED)


def test_too_much_nonsense_gives_the_peer_up():
    server = DtlsServer(CERTIFICATE, bytes(32))
    handshake = b"\x01" + (40).to_bytes(3, "big") + bytes(5) + (40).to_bytes(3, "big") + b"\xff" * 40
    for _ in range(RESTARTS_MAX + 1):
        server.receive(record(22, handshake), 0.0)
    assert (server.state, server.failure) == (DtlsState.FAILED, "handshake")


def test_unauthenticated_records_do_not_touch_a_session():
    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    hello = client.step()
    for data in hello:
        for back in server.receive(data, 0.0):
            for reply in client.receive(back):
                for last in server.receive(reply, 0.0):
                    client.receive(last)
    assert stands(server, DtlsState.CONNECTED)
    others = DtlsClient().step()
    for kind in range(20, 64):
        for epoch in (0, 1, 2):
            server.receive(record(kind, bytes(40), epoch, 50), 0.0)
    for data in (*hello, *others):
        server.receive(data, 0.0)
    assert stands(server, DtlsState.CONNECTED)
    for data in client.close():
        server.receive(data, 1.0)
    assert stands(server, DtlsState.CLOSED)


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=80), max_size=5), st.data())
def test_random_and_mutated_datagrams_never_raise_nor_connect(noise: list[bytes], data: st.DataObject):
    client = DtlsClient()
    server = DtlsServer(CERTIFICATE, client.fingerprint)
    hello = bytearray(client.step()[0])
    for _ in range(data.draw(st.integers(1, 5))):
        hello[data.draw(st.integers(0, len(hello) - 1))] ^= data.draw(st.integers(1, 255))
    for datagram in (*noise, *(record(22, body) for body in noise), bytes(hello)):
        server.receive(datagram, 0.0)
        server.timer(0.0)
    assert server.keys is None
