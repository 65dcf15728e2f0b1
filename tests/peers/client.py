"""WirePeer: a WebRTC client on a real UDP socket for journeys, attacks and benches; it can misbehave on purpose."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from struct import pack, unpack_from
from typing import TYPE_CHECKING

from aioice import stun
from pylibsrtp import Error, Session

from tests.peers import offers
from tests.peers.keys import DtlsClient

if TYPE_CHECKING:
    from collections.abc import Callable

Address = tuple[str, int]
TICK_S = 0.05
_RTCP_TYPES = range(192, 224)  # second byte of RTCP when muxed with RTP (RFC 5761)


def rtp_packet(
    payload_type: int,
    payload: bytes,
    seq: int,
    ts: int,
    ssrc: int,
    *,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
) -> bytes:
    """Write one RTP packet with one-byte header extensions (RFC 3550, RFC 8285)."""
    body = b"".join(
        bytes([(number << 4) | (len(v) - 1)]) + v for number, v in (extensions or {}).items() if v
    )
    body += bytes(-len(body) % 4)
    head = pack(
        "!BBHII", 0x90 if body else 0x80, (marker << 7) | payload_type, seq & 0xFFFF, ts & 0xFFFFFFFF, ssrc
    )
    return head + (pack("!HH", 0xBEDE, len(body) // 4) + body if body else b"") + payload


class WirePeer:
    """One client: an audio and a video uplink (optionally simulcast by rid) and any number of slot pairs.

    received: (ssrc, RTP packet) in order of arrival, unless on_received is given, which then gets them instead.
    """

    def __init__(
        self,
        *,
        audio: bool = True,
        video: bool = True,
        rids: tuple[str, ...] = (),
        slots: int = 1,
        host: str = "127.0.0.1",
        on_received: Callable[[int, bytes], None] | None = None,
    ) -> None:
        self.dtls = DtlsClient()
        names = [("audio", ""), *(("video", rid) for rid in rids or ("",))]
        self.ssrcs = {name: secrets.randbits(31) + 1 for name in names}
        self._wish = offers.Wish(
            secrets.token_hex(4),
            secrets.token_hex(16),
            self.dtls.fingerprint,
            audio,
            video,
            rids,
            slots,
            self.ssrcs,
        )
        self.mids = offers.mids(self._wish)
        self.answer: offers.Answer | None = None
        self.received: list[tuple[int, bytes]] = []
        self.received_rtcp: list[bytes] = []
        self.on_received = on_received
        self.consent_interval_s = 1.0
        self.consenting = True  # set False to fall silent like a lost network
        self.unreadable = 0
        self.server: Address = ("", 0)
        self._host = host
        self._socket: asyncio.DatagramTransport | None = None
        self._checked = False
        self._next_check = 0.0
        self._tx: Session | None = None
        self._rx: Session | None = None
        self._ready: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def offer(self) -> str:
        """Give the offer to hand to the server."""
        return offers.write_offer(self._wish)

    def reoffer(self, *, slots: int | None = None, restart: bool = False) -> str:
        """Give a later offer of the same peer connection: more slots, or an ICE restart. See `take`."""
        wish = self._wish
        self._wish = replace(
            wish,
            slots=wish.slots if slots is None else slots,
            ufrag=secrets.token_hex(4) if restart else wish.ufrag,
            pwd=secrets.token_hex(16) if restart else wish.pwd,
        )
        return self.offer()

    def take(self, answer_sdp: str, server: Address | None = None) -> None:
        """Take the answer to a later offer; the next check is at once, with its credentials."""
        self.answer = offers.read_answer(answer_sdp)
        self.server = server or self.server
        self._next_check = 0.0

    @property
    def connected(self) -> bool:
        """Say whether ICE and DTLS are through and the server has not said goodbye."""
        return self._tx is not None and not self.dtls.closed

    @property
    def local_address(self) -> Address:
        """Where the client's socket is."""
        assert self._socket is not None
        name: Address = self._socket.get_extra_info("sockname")
        return name

    async def connect(self, answer_sdp: str, timeout_s: float = 10.0, server: Address | None = None) -> None:
        """Run ICE and DTLS against the answer; server overrides its candidates. TimeoutError if it does not work."""
        self.answer = offers.read_answer(answer_sdp)
        self.server = server or self.answer.candidates[0]
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        await self._open()
        self._tick()
        async with asyncio.timeout(timeout_s):
            await self._ready

    async def move(self) -> None:
        """Take a new local port, as after a change of network; the next check nominates it."""
        assert self._socket is not None
        old = self._socket
        await self._open()
        old.close()
        self._checked, self._next_check = False, 0.0

    def send_rtp(
        self,
        kind: str,
        payload: bytes,
        seq: int,
        ts: int,
        marker: bool = False,
        ssrc: int | None = None,
        rid: str | None = None,
        level: int | None = None,
    ) -> None:
        """Send one packet of the uplink. ssrc: forged if given. level: dBov, 0 to -127 (RFC 6464)."""
        extensions = {offers.EXT_MID: self.mids.get(kind, "").encode(), offers.EXT_RID: (rid or "").encode()}
        if level is not None:
            extensions[offers.EXT_LEVEL] = bytes([0x80 | (-level & 0x7F)])
        payload_type = offers.OPUS if kind == "audio" else offers.VP8
        number = self.ssrcs[kind, rid or ""] if ssrc is None else ssrc
        self.send_packet(
            rtp_packet(payload_type, payload, seq, ts, number, marker=marker, extensions=extensions)
        )

    def send_packet(self, rtp: bytes) -> None:
        """Protect and send a whole RTP packet."""
        assert self._tx is not None
        self.send_raw(self._tx.protect(rtp))

    def send_rtcp(self, rtcp: bytes) -> None:
        """Protect and send a whole RTCP packet."""
        assert self._tx is not None
        self.send_raw(self._tx.protect_rtcp(rtcp))

    def send_raw(self, data: bytes) -> None:
        """Send a datagram as it is, from the client's socket."""
        assert self._socket is not None
        self._socket.sendto(data, self.server)

    def check(self, *, nominate: bool = True, controlled: bool = False, key: str | None = None) -> bytes:
        """Give a binding request as the client sends it; key overrides the server's password."""
        assert self.answer is not None
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.answer.ufrag}:{self._wish.ufrag}"
        request.attributes["PRIORITY"] = (110 << 24) | (65535 << 8) | 255
        request.attributes["ICE-CONTROLLED" if controlled else "ICE-CONTROLLING"] = 1
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity((key or self.answer.pwd).encode())
        return bytes(request)

    def close(self) -> None:
        """Say close_notify and close the socket. May be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            for data in self.dtls.close():
                self._socket.sendto(data, self.server)
            self._socket.close()
            self._socket = None

    def vanish(self) -> None:
        """Close the socket without a word, as a killed tab does."""
        self.dtls.closed = True
        self.close()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        protocol = _Socket(self._datagram)
        self._socket, _ = await loop.create_datagram_endpoint(lambda: protocol, local_addr=(self._host, 0))

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        if self.consenting and loop.time() >= self._next_check:
            self._next_check = loop.time() + (self.consent_interval_s if self._checked else 2 * TICK_S)
            self.send_raw(self.check())
        for data in self.dtls.retransmit() if self._checked else ():
            self.send_raw(data)
        self._timer = loop.call_later(TICK_S, self._tick)

    def _datagram(self, data: bytes) -> None:
        if not data:
            return
        if data[0] < 4:
            self._stun(data)
        elif 20 <= data[0] < 64:
            for answer in self.dtls.receive(data):
                self.send_raw(answer)
            if self.dtls.done and self._tx is None:
                self._secured()
        elif self._rx is not None:
            self._media(data)

    def _stun(self, data: bytes) -> None:
        assert self.answer is not None
        message = stun.parse_message(data)
        if message.message_class != stun.Class.RESPONSE or not message.check_message_integrity(
            self.answer.pwd.encode()
        ):
            return
        if not self._checked:
            self._checked = True
            self._next_check = asyncio.get_running_loop().time() + self.consent_interval_s
            for flight in self.dtls.step():
                self.send_raw(flight)

    def _secured(self) -> None:
        assert self.answer is not None
        assert self._ready is not None
        if self.dtls.server_fingerprint() != self.answer.fingerprint:
            self._ready.set_exception(ConnectionError("the server's certificate is not the answer's"))
            return
        self._tx, self._rx = self.dtls.sessions()
        if not self._ready.done():
            self._ready.set_result(None)

    def _media(self, data: bytes) -> None:
        assert self._rx is not None
        try:
            if len(data) > 1 and data[1] in _RTCP_TYPES:
                self.received_rtcp.append(self._rx.unprotect_rtcp(data))
                return
            rtp = self._rx.unprotect(data)
        except (Error, ValueError):
            self.unreadable += 1
            return
        ssrc: int = unpack_from("!I", rtp, 8)[0]
        if self.on_received is not None:
            self.on_received(ssrc, rtp)
        else:
            self.received.append((ssrc, rtp))


class _Socket(asyncio.DatagramProtocol):
    """Hands datagrams on."""

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:  # noqa: ARG002  the protocol's shape
        self._receive(data)
