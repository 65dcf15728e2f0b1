"""Addresses have one spelling; ours are told in a sensible order; a client's candidate has a form."""

from __future__ import annotations

import ipaddress
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.addresses import candidate_lines, canonical, family, gathered, is_candidate, source
from media.sdp import LocalDescription, answer, parse_offer
from media.settings import MediaSettings
from tests.media.golden import read as golden

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("host", "spelt"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:0DB8:0000::0001", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:C000:201", "192.0.2.1"),
        ("::1", "::1"),
    ],
)
def test_an_address_has_one_spelling(host: str, spelt: str):
    assert canonical(host) == spelt


@pytest.mark.parametrize("host", ["", "localhost", "fe80::1%eth0", "192.0.2.256", "1.2.3", "x.local"])
def test_what_is_none_is_refused(host: str):
    with pytest.raises(ValueError):
        canonical(host)
    assert source((host, 1)) is None


@given(st.ip_addresses())
def test_the_spelling_is_stable_and_mapped_addresses_are_ipv4(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
):
    once = canonical(str(ip))
    assert canonical(once) == once
    if isinstance(ip, ipaddress.IPv6Address):
        assert canonical(ip.exploded) == once
    else:
        assert canonical(f"::ffff:{ip}") == once == str(ip)


def test_sockets_of_both_families_tell_the_same_address():
    assert source(("::ffff:192.0.2.1", 5, 0, 0)) == source(("192.0.2.1", 5)) == ("192.0.2.1", 5)
    assert source(("2001:db8:0::1", 5, 0, 0)) == ("2001:db8::1", 5)
    assert source(("fe80::1%eth0", 5, 0, 2)) is None


def test_families_come_by_turns_ipv6_first_private_later_loopback_last():
    found = gathered(
        [
            "127.0.0.1",
            "10.0.0.5",
            "192.88.98.7",
            "fe80::1%eth0",
            "fe80::2",
            "fd00::5",
            "2a00:1450::7",
            "::1",
            "169.254.3.3",
            "0.0.0.0",  # noqa: S104  to be left out
            "::",
            "ff02::1",
            "10.0.0.5",
            "::ffff:10.0.0.5",
            "nonsense",
        ]
    )
    assert found == ("2a00:1450::7", "192.88.98.7", "fd00::5", "10.0.0.5", "127.0.0.1", "::1")


@given(st.lists(st.ip_addresses(), max_size=12))
def test_every_usable_address_is_told_once(ips: list[ipaddress.IPv4Address | ipaddress.IPv6Address]):
    found = gathered(str(ip) for ip in ips)
    assert len(set(found)) == len(found)
    for ip in ips:
        plain = ipaddress.ip_address(canonical(str(ip)))
        assert (str(plain) in found) is not (
            plain.is_link_local or plain.is_multicast or plain.is_unspecified
        )


def test_candidates_fall_in_priority_and_go_on_where_they_ended():
    lines = candidate_lines([("2001:db8::1", 40000), ("192.0.2.1", 40000)])
    assert lines == (
        "candidate:1 1 udp 2130706431 2001:db8::1 40000 typ host",
        "candidate:2 1 udp 2130706175 192.0.2.1 40000 typ host",
    )
    assert candidate_lines([("192.0.2.9", 40000)], first=2) == (
        "candidate:3 1 udp 2130705919 192.0.2.9 40000 typ host",
    )
    assert all(is_candidate(line) for line in lines)
    many = candidate_lines([("192.0.2.1", 1)], first=70_000)
    assert 0 < int(many[0].split()[3]) < 2130706431


def test_an_answer_tells_both_families_and_its_default_is_ipv4():
    local = LocalDescription(
        "serverfrag", "p" * 32, bytes(32), (("2001:db8::1", 40000), ("192.0.2.1", 40000))
    )
    numbers = itertools.count(1000)
    text, _ = answer(parse_offer(golden("chromium"), MediaSettings()), local, lambda: next(numbers))
    assert set(re.findall(r"\nc=(.*)\r", text)) == {"IN IP4 192.0.2.1"}
    assert re.findall(r"a=candidate:\d+ 1 udp \d+ (\S+)", text)[:2] == ["2001:db8::1", "192.0.2.1"]
    only_six = LocalDescription("serverfrag", "p" * 32, bytes(32), (("2001:db8::1", 40000),))
    text, _ = answer(parse_offer(golden("chromium"), MediaSettings()), only_six, lambda: next(numbers))
    assert set(re.findall(r"\nc=(.*)\r", text)) == {"IN IP6 2001:db8::1"}
    assert (family("::1"), family("127.0.0.1")) == ("IP6", "IP4")


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_candidates_of_browsers_have_the_form(name: str):
    found = re.findall(r"a=(candidate:.*?)\r?\n", golden(name))
    assert len(found) >= 8
    assert all(is_candidate(one) and is_candidate(f"a={one}") for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "candidate:1 1 UDP 2113937151 3f1b.local 50000 typ host generation 0 ufrag 55Kt network-cost 999",
        "candidate:2 1 udp 41885439 198.51.100.7 61665 typ relay raddr 192.0.2.9 rport 4711",
        "candidate:3 1 tcp 1518214911 ::1 9 typ host tcptype active",
    ],
)
def test_usual_candidates_and_their_end_are_taken(text: str):
    assert is_candidate(text)


@pytest.mark.parametrize(
    "text",
    [
        "candidate",
        "candidate:1 1 udp 1 192.0.2.1 9",
        "candidate:1 1 udp 1 192.0.2.1 9 typ guess",
        "candidate:1 1 udp -1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=evil",
        "candidate:1 1 udp 1 庭 9 typ host",
        "candidate:" + "1" * 40 + " 1 udp 1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host " + "x" * 500,
    ],
)
def test_anything_else_is_not_a_candidate(text: str):
    assert not is_candidate(text)


@given(st.text(max_size=600))
def test_any_text_is_judged_without_raising(text: str):
    is_candidate("candidate:" + text)
    is_candidate(text)
