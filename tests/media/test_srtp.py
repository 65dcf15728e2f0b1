"""SRTP both ways: what passes comes back whole, everything else is an SrtpError and nothing more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.srtp import REMOTE_SSRCS_MAX, SrtpError, SrtpSession
from media.srtp_keys import PROFILES, SrtpKeys
from tests.peers.client import rtp_packet

pytestmark = pytest.mark.service

RECEIVER_REPORT = bytes.fromhex("80c90001") + (77).to_bytes(4, "big")


def ends(profile_index: int = 0) -> tuple[SrtpSession, SrtpSession]:
    profile = PROFILES[profile_index]
    length = profile.key_bytes + profile.salt_bytes
    one, two = bytes(range(length)), bytes(range(100, 100 + length))
    return SrtpSession(SrtpKeys(profile, one, two)), SrtpSession(SrtpKeys(profile, two, one))


def packet(seq: int, ssrc: int = 7, payload: bytes = b"words") -> bytes:
    return rtp_packet(111, payload, seq, seq * 960, ssrc)


@pytest.mark.parametrize("profile", range(len(PROFILES)))
def test_round_trip_in_every_profile(profile: int):
    a, b = ends(profile)
    wire = a.protect(packet(1))
    assert wire != packet(1)
    assert b.unprotect(wire) == packet(1)
    assert b.unprotect_rtcp(a.protect_rtcp(RECEIVER_REPORT)) == RECEIVER_REPORT


def test_a_replay_is_refused_and_the_session_goes_on():
    a, b = ends()
    first = a.protect(packet(1))
    b.unprotect(first)
    for _ in range(1000):
        with pytest.raises(SrtpError):
            b.unprotect(first)
    assert b.unprotect(a.protect(packet(2))) == packet(2)


def test_late_packets_within_the_window_pass_once():
    a, b = ends()
    late = a.protect(packet(1))
    for seq in range(2, 1000):
        b.unprotect(a.protect(packet(seq)))
    assert b.unprotect(late) == packet(1)
    with pytest.raises(SrtpError):
        b.unprotect(late)


def test_the_same_index_is_never_protected_twice():
    a, _ = ends()
    a.protect(packet(9))
    with pytest.raises(SrtpError):
        a.protect(packet(9, payload=b"other words"))


def test_too_many_sources_are_refused_but_the_known_ones_go_on():
    a, b = ends()
    for ssrc in range(1, REMOTE_SSRCS_MAX + 1):
        b.unprotect(a.protect(packet(1, ssrc)))
    with pytest.raises(SrtpError) as refused:
        b.unprotect(a.protect(packet(1, 9999)))
    assert refused.value.reason == "ssrcs"
    assert b.unprotect(a.protect(packet(2, 1))) == packet(2, 1)


def test_an_oversized_packet_is_an_error_of_its_own():
    a, _ = ends()
    with pytest.raises(SrtpError):
        a.protect(packet(1, payload=bytes(1400)))


@given(st.binary(max_size=1600))
def test_random_bytes_raise_nothing_else(data: bytes):
    a, b = ends()
    for receive in (b.unprotect, b.unprotect_rtcp):
        with pytest.raises(SrtpError):
            receive(data)
    for send in (a.protect, a.protect_rtcp):
        try:
            send(data)
        except SrtpError as error:
            assert error.reason


@given(st.data())
def test_one_changed_byte_is_refused(data: st.DataObject):
    a, b = ends(data.draw(st.integers(0, len(PROFILES) - 1)))
    wire = bytearray(a.protect(packet(1)))
    wire[data.draw(st.integers(0, len(wire) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SrtpError):
        b.unprotect(bytes(wire))
