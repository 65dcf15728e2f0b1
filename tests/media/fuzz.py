"""Mutated offers and STUN by the thousand: `python -m tests.media.fuzz [cases] [seed]`. The tests run a few thousand.

Whatever comes, an offer is answered or refused with an SdpError, and a datagram without our password changes nothing.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from media.admission import Admission
from media.ice import IceCredentials
from media.ids import PeerId
from media.sdp import LocalDescription, SdpError, answer, continues, parse_offer
from media.settings import MediaSettings
from media.transport import Send
from tests.media.golden import read as golden
from tests.media.parts import CERTIFICATE, CLIENT, STRANGER, check
from tests.peers.offers import Wish, write_offer

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.negotiated import Negotiated

SETTINGS = MediaSettings()
LOCAL = LocalDescription("serverfrag", "p" * 32, bytes(32), (("2001:db8::1", 40000), ("192.0.2.1", 40000)))
PLAIN = Wish("abcd", "x" * 32, bytes(32), True, True, ("q", "h"), 2, {("audio", ""): 11})
REASON = re.compile(r"[a-z-]+")
ANSWER_LINE = re.compile(r"[a-z]=[ -~]+")
_SCRAPS = (
    *("", "\r\n", "\n", " ", ":", ";", "/", ",", "-1", "0", "255", "65536", "4294967296", "9" * 40, "\x00"),
    *(
        "a=",
        "m=",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "a=mid:0\r\n",
        "a=extmap:15 x\r\n",
        "a=rid:q send\r\n",
    ),
    *(
        "a=fmtp:63 111/111\r\n",
        "a=rtcp-fb:* nack\r\n",
        "o=- 1 1 IN IP4 x\r\n",
        "\ud800",
        "١",
        "\u2028",
        "~",
        "é",
    ),
)


def mutate_text(rng: random.Random, text: str) -> str:
    """Cut, double, swap and replace pieces and whole lines."""
    for _ in range(rng.randint(1, 6)):
        lines = text.split("\r\n")
        at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(to, lines[at])
            case 2:
                lines[at], lines[to] = lines[to], lines[at]
            case 3:
                lines[at:to] = []
            case _:
                line = lines[at]
                place = rng.randint(0, len(line))
                lines[at] = line[:place] + rng.choice(_SCRAPS) + line[place + rng.randint(0, 8) :]
        text = "\r\n".join(lines or ["v=0"])
    return text


def fuzz_offers(cases: int, seed: int) -> dict[str, int]:
    """Answer mutated offers, half of them as later ones of a connection; give how many ended how."""
    rng = random.Random(seed)
    bases = [
        golden("chromium").replace("\n", "\r\n").replace("\r\r", "\r"),
        golden("firefox"),
        write_offer(PLAIN),
    ]
    numbers = itertools.count(1000)
    agreed: list[Negotiated] = [
        answer(parse_offer(base, SETTINGS), LOCAL, lambda: next(numbers))[1] for base in bases
    ]
    longer = [bases[0], bases[1], write_offer(replace(PLAIN, slots=4))]
    ends = {"answered": 0, "continued": 0, "refused": 0}
    for _ in range(cases):
        which, again = rng.randrange(3), rng.random() < 0.5
        text = mutate_text(rng, (longer if again else bases)[which])
        try:
            offer = parse_offer(text, SETTINGS)
            previous = agreed[which] if again and continues(offer, agreed[which]) else None
            written, negotiated = answer(offer, LOCAL, lambda: next(numbers), previous)
        except SdpError as error:
            assert REASON.fullmatch(error.reason), error.reason
            ends["refused"] += 1
            continue
        lines = written.removesuffix("\r\n").split("\r\n")
        assert all(ANSWER_LINE.fullmatch(line) for line in lines), written
        ssrcs = [line.ssrc for slot in negotiated.slots for line in (slot.audio, slot.video)]
        assert len(set(ssrcs)) == len(ssrcs) <= 2 * SETTINGS.slots_per_peer
        if previous is not None:
            for before, now in zip(previous.slots, negotiated.slots, strict=False):
                assert (before.audio.ssrc, before.video.ssrc) == (now.audio.ssrc, now.video.ssrc)
            assert len(negotiated.slots) >= len(previous.slots)
        ends["answered" if previous is None else "continued"] += 1
    return ends


def mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    """Flip, cut, lengthen and splice."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out)) if out else 0
        match rng.randrange(6):
            case 0 if out:
                out[at] ^= 1 << rng.randrange(8)
            case 1 if out:
                out[at] = rng.randrange(256)
            case 2:
                out[at : at + rng.randrange(12)] = b""
            case 3:
                out[at:at] = rng.randbytes(rng.randrange(1, 12))
            case 4 if len(out) >= 4:  # an attribute's length
                out[at & ~3 : (at & ~3) + 2] = rng.choice(
                    (b"\0\0", b"\0\1", b"\xff\xff", b"\x7f\xff", b"\0\x40")
                )
            case _:
                out += rng.randbytes(rng.randrange(8))
    return bytes(out)


def fuzz_stun(cases: int, seed: int) -> dict[str, int]:
    """Give mutated checks to a port with one peer, ICE restarting now and then; give how many ended how."""
    rng = random.Random(seed)
    port = Admission(CERTIFICATE, SETTINGS)
    transport = port.open(PeerId("p"), bytes(32), 0.0, IceCredentials("abcd", "x" * 32))
    port.receive(check(transport.credentials), CLIENT, 0.0)
    bases: list[bytes] = []
    ends = {"dropped": 0, "passed": 0}
    for case in range(cases):
        if case % 500 == 0:
            port.renew(transport, IceCredentials(f"frag{case}", "x" * 32), 0.0)
            bases = [
                check(transport.credentials, role=role, nominate=nominate)
                for role in ("ICE-CONTROLLING", "ICE-CONTROLLED")
                for nominate in (True, False)
            ]
        base = rng.choice(bases)
        data = mutate_bytes(rng, base)
        before = (transport.address, dict(transport.addresses), transport.ufrags)
        found, outputs = port.receive(data, STRANGER, 0.0)
        if not outputs:  # found: the address of a check that passed before
            assert found in {None, transport}
            assert (transport.address, transport.addresses, transport.ufrags) == before
            ends["dropped"] += 1
            continue
        # What the password covers is untouched. Not covered (RFC 8489 §14.5): the length in the header, FINGERPRINT's
        # own header, and what follows.
        end = len(base) - 8
        assert (data[:2], data[4:end]) == (base[:2], base[4:end])
        assert all(isinstance(one, Send) and one.addr == STRANGER for one in outputs)
        assert sum(len(one.data) for one in outputs if isinstance(one, Send)) <= 1.5 * len(data)
        ends["passed"] += 1
        transport.forget(STRANGER)
    return ends


FUZZERS: tuple[Callable[[int, int], dict[str, int]], ...] = (fuzz_offers, fuzz_stun)


def main() -> None:
    """Run every fuzzer for so many cases."""
    cases, seed = (int(word) for word in (*sys.argv[1:], *("100000", "1")[len(sys.argv) - 1 :]))
    for fuzzer in FUZZERS:
        print(fuzzer.__name__, cases, "cases:", fuzzer(cases, seed), flush=True)


if __name__ == "__main__":
    main()
