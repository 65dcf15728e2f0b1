"""ICE-lite: only a check with our password is answered, and no datagram raises."""

from __future__ import annotations

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media.ice import IceAgent, IceCredentials, local_ufrag
from tests.media.parts import CLIENT, CREDENTIALS, STRANGER, check

pytestmark = pytest.mark.service


def agent() -> IceAgent:
    return IceAgent(CREDENTIALS)


def test_a_good_check_is_answered_with_the_mapped_address():
    one = agent()
    ((reply, to),) = one.receive(check(), CLIENT, 5.0)
    message = stun.parse_message(reply)
    assert to == CLIENT
    assert message.message_class == stun.Class.RESPONSE
    assert message.attributes["XOR-MAPPED-ADDRESS"] == CLIENT
    assert message.check_message_integrity(CREDENTIALS.pwd.encode())
    assert one.validated == {CLIENT: 5.0}


def test_only_use_candidate_nominates_and_the_last_one_counts():
    one = agent()
    one.receive(check(nominate=False), CLIENT, 1.0)
    seen = [one.nominated]
    one.receive(check(), CLIENT, 2.0)
    one.receive(check(nominate=False), STRANGER, 3.0)
    seen.append(one.nominated)
    one.receive(check(), STRANGER, 4.0)
    assert [*seen, one.nominated] == [None, CLIENT, STRANGER]


@pytest.mark.parametrize(
    "datagram",
    [
        check(key="w" * 32),
        check(username="other:theirs"),
        bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)),
        check()[:-1],
        check()[:-8],
        check() + bytes(4),
    ],
    ids=["wrong password", "wrong ufrag", "no integrity", "cut", "no fingerprint, wrong length", "trailing"],
)
def test_a_bad_check_gets_no_reply_and_changes_nothing(datagram: bytes):
    one = agent()
    assert one.receive(datagram, CLIENT, 1.0) == []
    assert one.validated == {}
    assert one.nominated is None
    assert one.last_check is None


def test_every_changed_byte_of_a_check_is_refused():
    good = check()
    values = [*range(len(good) - 8), *range(len(good) - 4, len(good))]  # all but FINGERPRINT's own header
    for at in values:
        one = agent()
        assert one.receive(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], CLIENT, 1.0) == []
        assert one.validated == {}


def test_a_controlled_peer_is_told_of_the_role_conflict():
    one = agent()
    ((reply, _),) = one.receive(check(role="ICE-CONTROLLED"), CLIENT, 1.0)
    message = stun.parse_message(reply)
    assert message.error_code == 487
    assert message.check_message_integrity(CREDENTIALS.pwd.encode())
    assert one.validated == {}


def test_replies_do_not_amplify():
    request = check(nominate=False)
    for datagram in (request, check(role="ICE-CONTROLLED")):
        ((reply, _),) = agent().receive(datagram, CLIENT, 1.0)
        assert len(reply) <= 1.5 * len(datagram)


def test_responses_and_other_methods_are_ignored():
    for method, kind in (
        (stun.Method.BINDING, stun.Class.RESPONSE),
        (stun.Method.ALLOCATE, stun.Class.REQUEST),
    ):
        message = stun.Message(method, kind, attributes={"USERNAME": f"{CREDENTIALS.ufrag}:x"})
        message.add_message_integrity(CREDENTIALS.pwd.encode())
        assert agent().receive(bytes(message), CLIENT, 1.0) == []


def test_consent_expires_only_after_a_check_was_there():
    one = agent()
    assert not one.expired(1000.0, 15.0)
    one.receive(check(), CLIENT, 1000.0)
    assert not one.expired(1015.0, 15.0)
    assert one.expired(1015.1, 15.0)
    one.receive(check(nominate=False), CLIENT, 1016.0)
    assert not one.expired(1030.0, 15.0)


def test_credentials_are_long_enough_and_ice_chars():
    one, two = IceCredentials.generate(), IceCredentials.generate()
    assert (len(one.ufrag), len(one.pwd)) == (8, 32)
    assert one != two
    assert set(one.ufrag + one.pwd) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


@given(st.binary(max_size=200))
def test_random_bytes_are_dropped(data: bytes):
    one = agent()
    assert one.receive(data, CLIENT, 1.0) == []
    local_ufrag(data)


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 64), st.binary(max_size=40)), max_size=8))
def test_well_framed_nonsense_is_dropped(attributes: list[tuple[int, int, bytes]]):
    body = b"".join(
        kind.to_bytes(2, "big") + length.to_bytes(2, "big") + value for kind, length, value in attributes
    )
    data = b"\x00\x01" + len(body).to_bytes(2, "big") + stun.COOKIE.to_bytes(4, "big") + bytes(12) + body
    assert agent().receive(data, CLIENT, 1.0) == []
    local_ufrag(data)


@given(st.data())
def test_mutated_checks_neither_raise_nor_pass(data: st.DataObject):
    original = check()
    good = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(good)))
    one = agent()
    one.receive(bytes(good[:cut]), CLIENT, 1.0)
    # The header of FINGERPRINT, which comes last, may be read leniently; nothing that is authenticated may change.
    assert one.validated == {} or good[:-8] == original[:-8]


NEW = IceCredentials("newfrag1", "n" * 32)
SIX = ("2001:db8::10", 50000)


def test_both_families_are_answered_with_their_own_mapped_address():
    one = agent()
    for addr in (CLIENT, SIX):
        ((reply, to),) = one.receive(check(), addr, 1.0)
        assert to == addr
        assert stun.parse_message(reply).attributes["XOR-MAPPED-ADDRESS"] == addr
        assert len(reply) <= 1.5 * len(check())
    assert one.validated.keys() == {CLIENT, SIX}


def test_a_restart_keeps_the_old_password_until_the_new_one_is_used():
    one = agent()
    one.receive(check(), CLIENT, 1.0)
    one.restart(NEW)
    assert list(one.ufrags) == [CREDENTIALS.ufrag, NEW.ufrag]
    ((reply, _),) = one.receive(check(), CLIENT, 2.0)
    assert stun.parse_message(reply).check_message_integrity(CREDENTIALS.pwd.encode())
    ((reply, _),) = one.receive(check(NEW, nominate=False), STRANGER, 3.0)
    assert stun.parse_message(reply).check_message_integrity(NEW.pwd.encode())
    assert list(one.ufrags) == [NEW.ufrag]
    assert one.nominated == CLIENT, "media stays until a check nominates"
    assert one.receive(check(), CLIENT, 4.0) == []
    one.receive(check(NEW), STRANGER, 5.0)
    assert one.nominated == STRANGER


def test_a_restart_that_was_never_used_is_replaced():
    one = agent()
    later = IceCredentials("newfrag2", "m" * 32)
    one.restart(NEW)
    one.restart(later)
    assert list(one.ufrags) == [CREDENTIALS.ufrag, later.ufrag]
    assert one.receive(check(NEW), CLIENT, 1.0) == []
    assert one.receive(check(), CLIENT, 1.0)
    assert one.receive(check(later), CLIENT, 1.0)
    assert list(one.ufrags) == [later.ufrag]


@pytest.mark.parametrize("mixed", [(NEW.ufrag, CREDENTIALS.pwd), (CREDENTIALS.ufrag, NEW.pwd)])
def test_names_and_passwords_of_different_generations_do_not_mix(mixed: tuple[str, str]):
    one = agent()
    one.restart(NEW)
    assert one.receive(check(IceCredentials(*mixed)), CLIENT, 1.0) == []
    assert list(one.ufrags) == [CREDENTIALS.ufrag, NEW.ufrag]


def test_a_role_conflict_does_not_end_the_older_credentials():
    one = agent()
    one.restart(NEW)
    assert one.receive(check(NEW, role="ICE-CONTROLLED"), CLIENT, 1.0)
    assert one.receive(check(), CLIENT, 1.0)


def test_the_version_rises_with_each_address_that_comes_or_goes():
    one = agent()
    seen = [one.version]
    for step in (
        lambda: one.receive(check(), CLIENT, 1.0),
        lambda: one.receive(check(), CLIENT, 2.0),
        lambda: one.receive(check(key="w" * 32), STRANGER, 2.0),
        lambda: one.receive(check(), STRANGER, 3.0),
        lambda: one.forget(CLIENT),
        lambda: one.forget(CLIENT),
    ):
        step()
        seen.append(one.version)
    assert seen == [0, 1, 1, 1, 2, 3, 3]


def test_silent_addresses_are_named_but_never_the_nominated_one():
    one = agent()
    one.receive(check(), CLIENT, 1.0)
    one.receive(check(nominate=False), STRANGER, 5.0)
    assert one.stale(16.0, 15.0) == ()
    assert one.stale(20.1, 15.0) == (STRANGER,)
    one.receive(check(), STRANGER, 21.0)
    assert one.stale(21.0, 15.0) == (CLIENT,)


GENERATIONS = (CREDENTIALS, NEW, IceCredentials("newfrag2", "m" * 32))
PLACES = (CLIENT, STRANGER, SIX)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), max_size=30))
def test_any_order_of_restarts_and_checks_keeps_the_rules(steps: list[tuple[int, int, bool]]):
    """A model beside the agent: who may speak is the newest used generation, and the newest offered one."""
    one = agent()
    offered, used = 0, 0
    for now, (which, place, nominate) in enumerate(steps):
        if which == len(GENERATIONS):
            offered = min(offered + 1, len(GENERATIONS) - 1)
            if offered > used:
                one.restart(GENERATIONS[offered])
            continue
        before = one.nominated
        replies = one.receive(check(GENERATIONS[which], nominate=nominate), PLACES[place], float(now))
        good = which in {used, offered}
        assert bool(replies) is good
        if good and which == offered:
            used = offered
        assert one.nominated == (PLACES[place] if good and nominate else before)
        assert list(one.ufrags) == [GENERATIONS[i].ufrag for i in sorted({used, offered})]


def test_the_ufrag_is_found_without_a_parse():
    assert local_ufrag(check()) == CREDENTIALS.ufrag
    assert local_ufrag(check()[:-1]) == CREDENTIALS.ufrag
    assert local_ufrag(bytes(20)) is None
    assert local_ufrag(check() + bytes(4000)) is None
