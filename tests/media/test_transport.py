"""The road to one peer: order of events, where media goes, how it ends."""

from __future__ import annotations

import pytest

from media.ice import IceCredentials
from media.transport import ADDRESSES_MAX, Connected, Lost, Send
from tests.media.parts import CLIENT, SETTINGS, STRANGER, Pair, check
from tests.peers.client import rtp_packet
from tests.peers.keys import DtlsClient

pytestmark = pytest.mark.service


def test_check_then_handshake_connects_once():
    pair = Pair()
    pair.connect()
    assert pair.connected
    assert [output for output in pair.outputs if not isinstance(output, Send)] == [Connected()]
    assert pair.transport.address == CLIENT
    tx, rx = pair.client.sessions()
    packet = rtp_packet(111, b"words", 1, 2, 3)
    assert pair.transport.srtp is not None
    assert pair.transport.srtp.unprotect(tx.protect(packet)) == packet
    assert rx.unprotect(pair.transport.srtp.protect(packet)) == packet


def test_without_nomination_there_is_no_connected_and_no_address():
    pair = Pair()
    pair.give(check(nominate=False))
    for flight in pair.client.step():
        pair.give(flight)
    assert pair.transport.srtp is None
    assert pair.transport.address is None
    pair.give(check())
    assert pair.connected


def test_everything_but_stun_needs_a_validated_address():
    pair = Pair()
    (hello,) = pair.client.step()
    assert pair.give(hello) == []
    pair.give(check())
    assert pair.give(hello, STRANGER) == []
    assert pair.give(hello) != []


def test_media_moves_only_by_an_authenticated_nominating_check():
    pair = Pair()
    pair.connect()
    tx, _ = pair.client.sessions()
    elsewhere = ("192.0.2.77", 1234)
    pair.give(tx.protect(rtp_packet(111, b"words", 1, 2, 3)), elsewhere)
    pair.give(check(key="w" * 32), elsewhere)
    pair.give(check(nominate=False), elsewhere)
    assert pair.transport.address == CLIENT
    pair.give(check(), elsewhere)
    assert pair.transport.address == elsewhere


def test_silence_ends_it_by_consent():
    pair = Pair()
    pair.connect()
    pair.now += SETTINGS.consent_timeout_s
    assert pair.transport.timer(pair.now) == []
    assert pair.transport.timer(pair.now + 0.1) == [Lost("consent")]
    assert pair.transport.srtp is None
    assert pair.transport.timer(pair.now + 99) == []
    assert pair.give(check()) == []


def test_checks_renew_consent():
    pair = Pair()
    pair.connect()
    for _ in range(20):
        pair.now += SETTINGS.consent_timeout_s - 1
        pair.give(check())
        assert pair.transport.timer(pair.now) == []


def test_a_half_open_peer_is_given_up_after_the_set_up_time():
    pair = Pair()
    assert pair.transport.timer(pair.now + SETTINGS.setup_timeout_s - 0.1) == []
    pair.now += SETTINGS.setup_timeout_s - 0.1
    pair.give(check())
    assert pair.transport.timer(pair.now + 0.2) == [Lost("setup")]


def test_a_wrong_certificate_is_a_dtls_loss():
    pair = Pair(fingerprint=DtlsClient().fingerprint)
    pair.connect()
    assert Lost("dtls") in pair.outputs
    assert pair.transport.failure == "fingerprint"
    assert pair.transport.srtp is None


def test_the_peers_goodbye_is_an_alert_loss():
    pair = Pair()
    pair.connect()
    for data in pair.client.close():
        assert pair.give(data)[-1] == Lost("alert")


def test_our_goodbye_reaches_the_peer():
    pair = Pair()
    pair.connect()
    outputs = pair.transport.close()
    assert outputs
    for output in outputs:
        assert isinstance(output, Send)
        assert output.addr == CLIENT
        pair.client.receive(output.data)
    assert pair.client.closed
    assert pair.transport.close() == []
    assert pair.transport.lost == "closed"


def test_a_surplus_of_addresses_names_the_oldest_that_is_not_nominated():
    pair = Pair()
    pair.connect()
    for index in range(ADDRESSES_MAX):
        assert pair.transport.spare_address() is None
        pair.now += 1
        pair.give(check(nominate=False), ("192.0.2.20", 1000 + index))
    assert pair.transport.spare_address() == ("192.0.2.20", 1000)
    pair.transport.forget(("192.0.2.20", 1000))
    assert pair.transport.spare_address() is None


def test_forgetting_the_nominated_address_stops_media_until_the_next_nomination():
    pair = Pair()
    pair.connect()
    pair.transport.forget(CLIENT)
    assert pair.transport.address is None
    pair.give(check())
    assert pair.transport.address == CLIENT


NEW = IceCredentials("newfrag1", "n" * 32)
REMOTE = IceCredentials("abcd", "x" * 32)
ELSEWHERE = ("192.0.2.77", 1234)


def test_an_ice_restart_moves_media_and_keeps_the_keys():
    pair = Pair()
    pair.connect()
    tx, rx = pair.client.sessions()
    before = pair.transport.srtp
    pair.transport.restart(NEW, REMOTE, pair.now)
    assert (pair.transport.credentials, pair.transport.remote) == (NEW, REMOTE)
    assert pair.transport.address == CLIENT, "nothing moves before a check nominates"
    pair.give(check())
    pair.give(check(NEW), ELSEWHERE)
    assert pair.transport.address == ELSEWHERE
    assert pair.transport.srtp is before
    assert before is not None
    packet = rtp_packet(111, b"words", 1, 2, 3)
    assert before.unprotect(tx.protect(packet)) == packet
    assert rx.unprotect(before.protect(packet)) == packet
    assert [output for output in pair.outputs if not isinstance(output, Send)] == [Connected()]
    assert pair.give(check()) == [], "the older credentials have ended"
    for data in pair.client.close():
        assert pair.give(data, ELSEWHERE)[-1] == Lost("alert"), "DTLS goes on too"


def test_a_restart_before_the_first_connection_gets_its_set_up_time_anew():
    pair = Pair()
    pair.now += SETTINGS.setup_timeout_s - 1
    pair.transport.restart(NEW, REMOTE, pair.now)
    assert pair.transport.timer(pair.now + SETTINGS.setup_timeout_s - 0.1) == []
    pair.give(check(NEW))
    for flight in pair.client.step():
        pair.give(flight)
    assert pair.connected


def test_a_restart_does_not_renew_consent_by_itself():
    pair = Pair()
    pair.connect()
    pair.transport.restart(NEW, REMOTE, pair.now)
    assert pair.transport.timer(pair.now + SETTINGS.consent_timeout_s + 0.1) == [Lost("consent")]


def test_where_the_peer_was_before_it_moved_is_forgotten_after_the_consent_time():
    pair = Pair()
    pair.connect()
    pair.give(check(), ELSEWHERE)
    version = pair.transport.addresses_version
    for _ in range(3):
        pair.now += SETTINGS.consent_timeout_s / 2.5
        pair.give(check(), ELSEWHERE)
        assert pair.transport.timer(pair.now) == []
    assert set(pair.transport.addresses) == {ELSEWHERE}
    assert pair.transport.addresses_version == version + 1
