"""The clients of the load: ICE and DTLS in Python (WirePeer), then socket and keys are handed to the C threads."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING, Any

from aioice import stun

from tests.bench.plane.generator import Keys, Publishing
from tests.peers import offers
from tests.peers.client import WirePeer
from tests.peers.keys import DtlsClient

if TYPE_CHECKING:
    from media.ids import Kind
    from tests.bench.plane.loads import Profile

CONSENT_S = 2.5  # about what browsers do; RFC 7675 §5.1 asks for one in 5 s, randomised
EXT_CC = 5
CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
_NTP_EPOCH_S = 2_208_988_800
_SR, _RR = 200, 201


def with_transport_cc(sdp: str) -> str:
    """Offer transport-wide congestion control on every line as well."""
    out = []
    for line in sdp.split("\r\n"):
        out.append(line)
        if line.startswith(f"a=extmap:{offers.EXT_MID} "):
            out.append(f"a=extmap:{EXT_CC} {CC_URI}")
        if line.startswith("a=rtpmap:") and " rtx/" not in line:
            out.append(f"a=rtcp-fb:{line.split(':')[1].split(' ', maxsplit=1)[0]} transport-cc")
    return "\r\n".join(out)


class LoadPeer(WirePeer):
    """A client whose media are the C threads' affair once it is connected."""

    def __init__(self, host: str, profile: Profile, kind: Kind | None, slots: int) -> None:
        super().__init__(audio=kind == "audio", video=kind == "video", slots=slots, host=host)
        self.dtls = DtlsClient(profile.name)
        self._wish = replace(self._wish, fingerprint=self.dtls.fingerprint)
        self.consent_interval_s = CONSENT_S
        self.kind = kind
        self._profile = profile
        self.number = -1  # in the generator
        self.hears = 0  # the SSRC its receiver reports are about
        self.agreed = ""  # what the server answered

    def offer(self) -> str:
        return with_transport_cc(super().offer())

    def check(self, **how: Any) -> bytes:
        """Give a binding request with FINGERPRINT, which libnice wants (RFC 8445 §7.1.2) and WirePeer leaves out."""
        request = stun.parse_message(super().check(**how))
        request.add_fingerprint()
        return bytes(request)

    def _stun(self, data: bytes) -> None:
        request = stun.parse_message(data)
        if request.message_class != stun.Class.REQUEST:
            super()._stun(data)
            return
        if not self.server[0]:
            return  # earlier than the answer; it comes again
        # Janus' libnice checks back even where it says it is lite.
        reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id)
        reply.attributes["XOR-MAPPED-ADDRESS"] = self.server
        reply.add_message_integrity(self._wish.pwd.encode())
        reply.add_fingerprint()
        self.send_raw(bytes(reply))

    async def open(self) -> None:
        """Take the socket before there is an answer, for a server that wants candidates."""
        await self._open()

    async def _open(self) -> None:
        if self._socket is None:
            await super()._open()

    async def connect(self, answer_sdp: str, timeout_s: float = 10.0, server: Any = None) -> None:
        self.agreed = answer_sdp
        await super().connect(answer_sdp, timeout_s, server)

    def credentials(self) -> tuple[str, str, str]:
        """Give ufrag, pwd and fingerprint as an SDP says them."""
        return self._wish.ufrag, self._wish.pwd, self.dtls.fingerprint.hex(":").upper()

    def hand_over(self) -> int:
        """Stop reading the socket here; gives its descriptor, which stays this object's to close."""
        assert self._socket is not None
        fd: int = self._socket.get_extra_info("socket").fileno()
        asyncio.get_running_loop()._remove_reader(fd)  # type: ignore[attr-defined]
        return fd

    def keys(self) -> Keys:
        """Export the SRTP keys (RFC 5764 §4.2)."""
        assert self.dtls.ssl.get_selected_srtp_profile() == self._profile.name, (
            "the server chose another profile"
        )
        k, s = self._profile.key_bytes, self._profile.salt_bytes
        out = self.dtls.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (k + s))
        return Keys(
            send=out[:k] + out[2 * k : 2 * k + s], receive=out[k : 2 * k] + out[2 * k + s : 2 * (k + s)]
        )

    def publishing(self) -> Publishing:
        """Say how its packets look, as far as the server agreed."""
        assert self.kind is not None
        video = self.kind == "video"

        def agreed(number: int) -> int:
            return number if f"a=extmap:{number}" in self.agreed else 0

        return Publishing(
            self.ssrcs[self.kind, ""],
            offers.VP8 if video else offers.OPUS,
            video,
            self.mids[self.kind],
            agreed(offers.EXT_MID),
            0 if video else agreed(offers.EXT_LEVEL),
            agreed(EXT_CC),
        )

    def report(self, packets: int, highest: int, clock_rate: int) -> None:
        """Send the RTCP of one second: a sender report if it publishes, a receiver report if it hears someone."""
        if self.kind is not None:
            now_ns = time_ns()
            ntp = ((now_ns + _NTP_EPOCH_S * 1_000_000_000) << 32) // 1_000_000_000
            rtp = now_ns * clock_rate // 1_000_000_000 & 0xFFFFFFFF
            body = struct.pack(
                "!IQIII", self.ssrcs[self.kind, ""], ntp, rtp, packets & 0xFFFFFFFF, packets * 1100
            )
            self.send_rtcp(struct.pack("!BBH", 0x80, _SR, len(body) // 4) + body)
        if self.hears and highest:
            body = struct.pack("!IIIIIII", 1, self.hears, 0, highest, 0, 0, 0)
            self.send_rtcp(struct.pack("!BBH", 0x81, _RR, len(body) // 4) + body)
