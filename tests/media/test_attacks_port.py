"""Attacks on STUN, DTLS and SDP by the rows of the list in research/reliability.md §2.2 that concern the transport.

Row 2 (short datagrams) and the ClientHello race inside one transport are in test_attacks_datagram.py; every row against
a real port, on each engine, in test_attacks_plane.py.
"""

from __future__ import annotations

import itertools
import random
import re
from typing import TYPE_CHECKING

import pytest
from aioice import stun

from media.admission import Admission
from media.ice import IceCredentials
from media.ids import PeerId
from media.sdp import LocalDescription, SdpError, answer, parse_offer
from media.settings import MediaSettings
from media.transport import Connected, Output, Send
from tests.media.golden import read as golden
from tests.media.parts import CERTIFICATE, CLIENT, SETTINGS, STRANGER, Pair, check
from tests.peers.client import rtp_packet
from tests.peers.keys import DtlsClient

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.service

A = PeerId("a")
REMOTE = IceCredentials("abcd", "x" * 32)
LOCAL = LocalDescription("serverfrag", "p" * 32, bytes(32), (("192.0.2.1", 40000),))


class Standing:
    """A port with one connected peer at CLIENT, and everything that went out to anybody else."""

    def __init__(self) -> None:
        self.port = Admission(CERTIFICATE, SETTINGS)
        self.client = DtlsClient()
        self.transport = self.port.open(A, self.client.fingerprint, 0.0, REMOTE)
        self.astray: list[Send] = []
        self.outputs: list[Output] = []

    def give(self, data: bytes, addr: tuple[str, int], now: float = 0.0) -> list[Output]:
        _, outputs = self.port.receive(data, addr, now)
        self.outputs += outputs
        self.astray += [one for one in outputs if isinstance(one, Send) and one.addr != CLIENT]
        return outputs

    def connect(self, between: Callable[[], None] = lambda: None) -> None:
        self.give(check(self.transport.credentials), CLIENT)
        flights = self.client.step()
        while flights:
            between()
            sent = [one for data in flights for one in self.give(data, CLIENT)]
            flights = [
                back for one in sent if isinstance(one, Send) for back in self.client.receive(one.data)
            ]
        assert self.transport.connected


def test_row_1_a_hundred_set_ups_succeed_while_two_strangers_race_with_hellos():
    hellos = [DtlsClient().step()[0] for _ in range(3)]
    sources = (STRANGER, ("198.51.100.9", 4000))
    for _ in range(100):
        one = Standing()

        def spray(one: Standing = one) -> None:
            for hello, source in itertools.product(hellos, sources):
                assert one.give(hello, source) == []

        spray()
        one.connect(spray)
        assert one.astray == []
        assert sum(isinstance(output, Connected) for output in one.outputs) == 1


def test_row_2_a_restart_under_short_datagrams_of_a_stranger_goes_through():
    one = Standing()
    one.connect()
    one.port.renew(one.transport, IceCredentials("efgh", "y" * 32), 1.0)
    rng = random.Random(2)
    for first, length in itertools.product(range(256), range(0, 65, 4)):
        assert one.give((bytes([first]) + rng.randbytes(length))[:length], STRANGER, 1.0) == []
    one.give(check(one.transport.credentials), CLIENT, 1.0)
    assert list(one.transport.ufrags) == [one.transport.credentials.ufrag]
    assert one.astray == []


def test_row_3_media_goes_nowhere_without_an_authenticated_check_that_nominates():
    one = Standing()
    one.connect()
    old = one.transport.credentials
    tx, _ = one.client.sessions()
    one.port.renew(one.transport, IceCredentials("efgh", "y" * 32), 1.0)
    new = one.transport.credentials
    for datagram in (
        tx.protect(rtp_packet(111, b"words", 1, 2, 3)),
        rtp_packet(111, b"words", 1, 2, 3),
        check(new, key="w" * 32),
        check(IceCredentials(new.ufrag, old.pwd)),
        check(IceCredentials(old.ufrag, new.pwd)),
        one.client.close()[0],
    ):
        assert one.give(datagram, STRANGER, 1.0) == []
    assert (one.transport.address, set(one.port.by_address)) == (CLIENT, {CLIENT})
    # Used once, the new credentials end the old: who has learnt the old ones moves nothing any more.
    one.give(check(new), CLIENT, 2.0)
    assert one.give(check(old), STRANGER, 3.0) == []
    assert one.transport.address == CLIENT
    assert one.astray == []


def probes() -> list[bytes]:
    """Everything a scanner of STUN and TURN servers sends, and then some."""
    out = [bytes(stun.Message(method, kind)) for method in stun.Method for kind in stun.Class]
    for method in stun.Method:
        message = stun.Message(method, stun.Class.REQUEST)
        message.attributes["USERNAME"] = "admin:admin"
        message.add_message_integrity(b"admin")
        out.append(bytes(message))
        bare = stun.Message(method, stun.Class.REQUEST)
        bare.add_fingerprint()
        out.append(bytes(bare))
    return [*out, b"\x00\x01\x00\x00" + bytes(16), b"\x40\x00\x00\x04test", *DtlsClient().step()]


def test_row_7_no_probe_is_answered_and_no_answer_is_much_larger_than_its_question():
    one = Standing()
    one.connect()
    for probe in probes():
        assert one.give(probe, STRANGER) == []
    for nominate, role, addr in itertools.product(
        (True, False), ("ICE-CONTROLLING", "ICE-CONTROLLED"), (STRANGER, ("2001:db8::66", 6666))
    ):
        request = check(one.transport.credentials, nominate=nominate, role=role)
        outputs = one.give(request, addr, 1.0)
        assert len(outputs) == 1
        assert sum(len(output.data) for output in outputs if isinstance(output, Send)) <= 1.5 * len(request)


SPELLINGS = (
    *("127.0.0.1", "0.0.0.0", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "255.255.255.255"),  # noqa: S104  hostile on purpose
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "fe80::1", "fd00::1", "64:ff9b::7f00:1", "ff02::1"),
    *("localhost", "metadata.internal", "0x7f000001", "2130706433", "127.1", "017700000001"),
)


@pytest.mark.parametrize("host", SPELLINGS)
def test_row_8_nothing_is_ever_sent_to_an_address_that_a_client_only_names(host: str):
    """There is no TURN server to be led inwards; a lite agent does not even keep the candidates it is told."""
    hostile = f"a=candidate:1 1 udp 2113937151 {host} 9 typ host\r\na=mid:0"
    text = golden("chromium").replace("a=mid:0", hostile, 1)
    text = text.replace("c=IN IP4 127.0.0.1", f"c=IN IP4 {host}", 1)
    offer = parse_offer(text, SETTINGS)
    written, _ = answer(offer, LOCAL, lambda: 1)
    port = Admission(CERTIFICATE, SETTINGS)
    transport = port.open(A, offer.fingerprint, 0.0, IceCredentials(offer.ufrag, offer.pwd))
    for now in range(14):
        assert port.timer(float(now)) == []
    assert transport.address is None
    assert set(re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+)", written)) == {"192.0.2.1"}


HUGE: dict[str, Callable[[str], str]] = {
    "5000 lines": lambda text: text + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 5000,
    "20000 candidates": lambda text: text + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * 20000,
    "201 candidates": lambda text: text + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * 201,
    "65 lines": lambda text: text + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 61,
    "a long line": lambda text: text + "a=fmtp:111 " + "x" * 200_000,
    "long numbers": lambda text: text.replace("a=mid:0", "a=mid:0\r\na=ssrc:" + "9" * 4000),
    "many sources": lambda text: text + "".join(f"a=ssrc:{n} cname:x\r\n" for n in range(1, 5000)),
    "many rids": lambda text: text + "".join(f"a=rid:r{n} send\r\n" for n in range(1000)),
    "many formats": lambda text: text.replace("SAVPF 111", "SAVPF " + " ".join(["111"] * 300)),
}


@pytest.mark.parametrize("name", sorted(HUGE))
def test_row_9_a_huge_offer_is_refused_by_its_size(name: str):
    with pytest.raises(SdpError) as caught:
        parse_offer(HUGE[name](golden("chromium").replace("\r\n", "\n").replace("\n", "\r\n")), SETTINGS)
    assert re.fullmatch(r"[a-z-]+", caught.value.reason)


@pytest.mark.parametrize("line", sorted({one.split(":")[0] + ":" for one in golden("firefox").splitlines()}))
def test_row_9_as_many_of_one_line_as_fit_make_no_larger_answer_than_a_few_offers(line: str):
    text = golden("firefox")
    whole = next(one for one in text.splitlines() if one.startswith(line.removesuffix(":")))
    room = (SETTINGS.offer_bytes_max - len(text.encode())) // (len(whole) + 2)
    bloated = text + f"{whole}\r\n" * room
    try:
        written, _ = answer(parse_offer(bloated, SETTINGS), LOCAL, itertools.count(1000).__next__)
    except SdpError:
        return
    assert len(written) < 4 * SETTINGS.offer_bytes_max


def test_row_25_a_stolen_offer_gives_no_keys_to_another_certificate():
    """The fingerprint of the offer is enforced also where ICE was passed with the right password."""
    pair = Pair(fingerprint=DtlsClient().fingerprint)
    pair.connect()
    assert pair.transport.srtp is None
    assert pair.transport.failure == "fingerprint"


def test_the_limits_of_an_offer_are_settings():
    with pytest.raises(SdpError, match="too-long"):
        parse_offer(golden("chromium"), MediaSettings(offer_bytes_max=100))
