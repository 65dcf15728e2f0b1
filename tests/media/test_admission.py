"""The one port: who is found, who is dropped, who may hold an address."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.admission import Admission, AdmissionError
from media.ice import IceCredentials
from media.ids import PeerId
from media.settings import MediaSettings
from media.transport import ADDRESSES_MAX, Lost, Send
from tests.media.parts import CERTIFICATE, CLIENT, SETTINGS, STRANGER, check
from tests.peers.keys import DtlsClient

pytestmark = pytest.mark.service

A, B = PeerId("a"), PeerId("b")


def port(settings: MediaSettings = SETTINGS) -> Admission:
    return Admission(CERTIFICATE, settings)


def connect(one: Admission, peer: PeerId, addr: tuple[str, int], now: float = 0.0) -> DtlsClient:
    client = DtlsClient()
    transport = one.open(peer, client.fingerprint, now)
    one.receive(check(transport.credentials), addr, now)
    flights = client.step()
    while flights:
        sent = [output for data in flights for output in one.receive(data, addr, now)[1]]
        flights = [
            back for output in sent if isinstance(output, Send) for back in client.receive(output.data)
        ]
    assert transport.connected
    return client


def test_peers_share_the_port_and_are_told_apart():
    one = port()
    connect(one, A, CLIENT)
    connect(one, B, STRANGER)
    assert {addr: t.peer for addr, t in one.by_address.items()} == {CLIENT: A, STRANGER: B}
    assert one.by_peer[A].srtp is not one.by_peer[B].srtp
    assert sum(one.counters.values()) == 0


def test_an_address_is_known_only_after_a_good_check():
    one = port()
    transport = one.open(A, bytes(32), 0.0)
    assert one.receive(check(transport.credentials, key="w" * 32), CLIENT, 0.0) == (None, [])
    assert one.by_address == {}
    found, outputs = one.receive(check(transport.credentials), CLIENT, 0.0)
    assert found is transport
    assert len(outputs) == 1
    assert one.by_address == {CLIENT: transport}


def test_strangers_are_counted_by_reason():
    one = port()
    transport = one.open(A, bytes(32), 0.0)
    for datagram in (
        b"",
        b"\x16" + bytes(30),
        b"\x80" + bytes(30),
        check(),
        check(transport.credentials, key="w" * 32),
    ):
        assert one.receive(datagram, STRANGER, 0.0) == (None, [])
    assert dict(one.counters) == {"empty": 1, "stranger": 2, "stun-stranger": 1, "stun-refused": 1}


def test_a_forged_check_does_not_take_a_living_peers_address():
    one = port()
    connect(one, A, CLIENT)
    thief = one.open(B, bytes(32), 0.0)
    assert one.receive(check(thief.credentials), CLIENT, 1.0) == (None, [])
    assert one.by_address[CLIENT].peer == A
    assert one.counters["address-taken"] == 1
    one.receive(check(one.by_peer[A].credentials), CLIENT, 7.0)
    assert one.receive(check(thief.credentials), CLIENT, 14.0) == (None, [])
    one.receive(check(thief.credentials), CLIENT, 15.0)
    assert one.by_address[CLIENT].peer == B
    assert one.by_peer[A].address is None


def test_a_peer_holds_a_bounded_number_of_addresses():
    one = port()
    transport = one.open(A, bytes(32), 0.0)
    for index in range(ADDRESSES_MAX * 3):
        one.receive(
            check(transport.credentials, nominate=index == 0), ("192.0.2.30", 1000 + index), float(index) / 10
        )
    assert len(one.by_address) == len(transport.addresses) == ADDRESSES_MAX
    assert transport.address in one.by_address


def test_a_lost_peer_is_taken_out_with_its_addresses():
    one = port()
    client = connect(one, A, CLIENT)
    connect(one, B, STRANGER)
    (goodbye,) = client.close()
    transport, outputs = one.receive(goodbye, CLIENT, 1.0)
    assert transport is not None
    assert outputs[-1] == Lost("alert")
    assert set(one.by_peer) == {B}
    assert set(one.by_address) == {STRANGER}
    assert one.receive(check(transport.credentials), CLIENT, 1.0) == (None, [])
    one.open(A, bytes(32), 1.0)


def test_the_timer_reports_losses_once():
    one = port()
    connect(one, A, CLIENT)
    one.open(B, bytes(32), 0.0)
    assert one.timer(1.0) == []
    lost = one.timer(SETTINGS.consent_timeout_s + 1)
    assert sorted((t.peer, outputs) for t, outputs in lost) == [(A, [Lost("consent")]), (B, [Lost("setup")])]
    assert one.timer(SETTINGS.consent_timeout_s + 2) == []
    assert one.by_peer == {}
    assert one.by_address == {}


def test_close_says_goodbye_and_frees_the_place():
    one = port(MediaSettings(peers_max=1))
    client = connect(one, A, CLIENT)
    with pytest.raises(AdmissionError, match="duplicate"):
        one.open(A, bytes(32), 0.0)
    with pytest.raises(AdmissionError, match="full"):
        one.open(B, bytes(32), 0.0)
    for output in one.close(A):
        assert isinstance(output, Send)
        client.receive(output.data)
    assert client.closed
    assert one.close(A) == []
    one.open(B, bytes(32), 0.0)


def test_half_open_peers_do_not_stay():
    one = port(MediaSettings(peers_max=300))
    for index in range(300):
        one.open(PeerId(str(index)), bytes(32), 0.0)
    one.timer(SETTINGS.setup_timeout_s)
    assert one.by_peer == {}
    one.open(A, bytes(32), SETTINGS.setup_timeout_s)


def test_drops_are_logged_a_few_times_a_minute_and_never_by_packet(caplog: pytest.LogCaptureFixture):
    one = port()
    with caplog.at_level(logging.WARNING, logger="media.admission"):
        for tick in range(600):
            for _ in range(50):
                one.receive(b"\x16junk", STRANGER, tick / 10)
            one.timer(tick / 10)
    assert 1 <= len(caplog.records) <= SETTINGS.stun_errors_logged_per_minute
    assert STRANGER[0] not in caplog.text


def test_equal_ufrags_are_not_handed_out_twice():
    made = iter(
        [
            IceCredentials("same", "p" * 32),
            IceCredentials("same", "q" * 32),
            IceCredentials("other", "r" * 32),
        ]
    )
    one = Admission(CERTIFICATE, SETTINGS, lambda: next(made))
    assert one.open(A, bytes(32), 0.0).credentials.ufrag == "same"
    assert one.open(B, bytes(32), 0.0).credentials.ufrag == "other"


REMOTE, LATER = IceCredentials("abcd", "x" * 32), IceCredentials("efgh", "y" * 32)
ELSEWHERE, SIX = ("192.0.2.77", 1234), ("2001:db8::10", 50000)


def test_an_offer_with_the_same_credentials_changes_nothing():
    one = port()
    transport = one.open(A, bytes(32), 0.0, REMOTE)
    before = transport.credentials
    one.renew(transport, REMOTE, 1.0)
    assert transport.credentials is before
    assert transport.ufrags == (before.ufrag,)


def test_a_restarted_peer_is_found_by_both_ufrags_and_then_by_the_new_one():
    one = port()
    transport = one.open(A, bytes(32), 0.0, REMOTE)
    old = transport.credentials
    one.receive(check(old), CLIENT, 0.0)
    one.renew(transport, LATER, 1.0)
    new = transport.credentials
    assert new != old
    assert transport.remote == LATER
    assert one.receive(check(old), CLIENT, 1.0)[0] is transport
    assert one.receive(check(new), ELSEWHERE, 1.0)[0] is transport
    assert one.receive(check(old), CLIENT, 1.0) == (None, [])
    assert one.counters["stun-stranger"] == 1
    assert one.by_address == {CLIENT: transport, ELSEWHERE: transport}
    assert one.by_peer == {A: transport}


def test_restarts_that_are_never_used_leave_nothing_behind():
    one = port()
    transport = one.open(A, bytes(32), 0.0, REMOTE)
    for step in range(50):
        one.renew(transport, IceCredentials(f"frag{step}", "x" * 32), 1.0)
    assert len(one._by_ufrag) == 2
    one.close(A)
    assert one._by_ufrag == {}


def test_changed_addresses_are_told_once_the_loser_first():
    one = port()
    a, b = one.open(A, bytes(32), 0.0, REMOTE), one.open(B, bytes(32), 0.0, REMOTE)
    assert one.take_changed() == []
    one.receive(check(b.credentials), STRANGER, 0.0)
    one.receive(check(a.credentials), CLIENT, 0.0)
    one.receive(check(a.credentials), CLIENT, 0.1)
    assert one.take_changed() == [b, a]
    assert one.take_changed() == []
    one.receive(check(a.credentials, key="w" * 32), ELSEWHERE, 0.2)
    assert one.take_changed() == []
    # A has been silent for long enough: its address may be taken over.
    one.receive(check(b.credentials), CLIENT, 9.0)
    assert one.take_changed() == [a, b]
    assert (set(a.addresses), set(b.addresses)) == (set(), {STRANGER, CLIENT})
    one.receive(check(a.credentials), SIX, 9.0)
    one.close(A)
    assert one.take_changed() == [], "who is gone is taken out of the engine anyway"


def test_an_address_that_lapsed_is_not_accepted_any_more():
    one = port()
    transport = one.open(A, bytes(32), 0.0, REMOTE)
    client = DtlsClient()
    one.receive(check(transport.credentials), CLIENT, 0.0)
    one.receive(check(transport.credentials), ELSEWHERE, 1.0)
    one.take_changed()
    transport.connected = True  # so that the set-up time does not end it
    one.receive(check(transport.credentials), ELSEWHERE, 14.0)
    one.timer(15.5)
    assert one.take_changed() == [transport]
    assert one.by_address == {ELSEWHERE: transport}
    assert one.receive(client.step()[0], CLIENT, 15.5) == (None, [])


@given(
    st.lists(
        st.tuples(
            st.sampled_from([A, B]),
            st.sampled_from([CLIENT, STRANGER, ELSEWHERE, SIX]),
            st.sampled_from(["check", "renew", "close", "wait"]),
        ),
        max_size=30,
    )
)
def test_what_is_told_of_addresses_is_what_they_are(story: list[tuple[PeerId, tuple[str, int], str]]):
    """An engine that follows `take_changed` accepts exactly the validated addresses, and none of two peers."""
    one, now = port(), 0.0
    told: dict[PeerId, set[tuple[str, int]]] = {}
    for step, (peer, addr, what) in enumerate(story):
        transport = one.by_peer.get(peer) or one.open(peer, bytes(32), now, REMOTE)
        if what == "check":
            one.receive(check(transport.credentials, nominate=bool(step % 2)), addr, now)
        elif what == "renew":
            one.renew(transport, IceCredentials(f"frag{step}", "x" * 32), now)
        elif what == "close":
            one.close(peer)
        else:
            now += 6.0
            one.timer(now)
        told = {peer: found for peer, found in told.items() if peer in one.by_peer}
        for changed in one.take_changed():
            told[changed.peer] = set(changed.addresses)
        for known in one.by_peer.values():
            assert told.get(known.peer, set()) == set(known.addresses)
        expected = {addr: t for t in one.by_peer.values() for addr in t.addresses}
        assert one.by_address == expected
        assert sum(len(t.addresses) for t in one.by_peer.values()) == len(expected)
        assert {u for t in one.by_peer.values() for u in t.ufrags} == set(one._by_ufrag)


@given(st.lists(st.binary(max_size=120), max_size=20))
def test_no_datagram_raises_or_is_answered(datagrams: list[bytes]):
    one = port()
    connect(one, A, CLIENT)
    for datagram in datagrams:
        for source in (CLIENT, STRANGER):
            assert one.receive(datagram, source, 1.0)[1] == []
    assert set(one.by_address) == {CLIENT}
    assert one.by_peer[A].srtp is not None
