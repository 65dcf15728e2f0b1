"""The road to one peer: ICE-lite, then DTLS, then SRTP keys. Sans-IO: datagrams and seconds in, outputs out.

It must never take a non-STUN datagram from an address that has not passed an ICE check, never send media anywhere
but to the nominated address, and never end because of bad packets. RTP and RTCP are the engine's: it reads `srtp`
and `address`; a datagram of that kind handed to `receive` is only counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.dtls import DtlsServer, DtlsState
from media.ice import IceAgent
from media.srtp import SrtpSession

if TYPE_CHECKING:
    from media.addresses import Address
    from media.dtls import Certificate
    from media.ice import IceCredentials
    from media.ids import PeerId
    from media.settings import MediaSettings

# RFC 7983 §7: the first byte says whose the datagram is.
STUN_FIRST_MAX = 3
DTLS_FIRST_MIN, DTLS_FIRST_MAX = 20, 63
RTP_FIRST_MIN, RTP_FIRST_MAX = 128, 191

ADDRESSES_MAX = 16  # validated addresses a peer may hold; a browser with many interfaces shows a handful


@dataclass(frozen=True, slots=True)
class Send:
    """Put this datagram on the wire."""

    data: bytes
    addr: Address


@dataclass(frozen=True, slots=True)
class Connected:
    """ICE has nominated and DTLS is through: `srtp` and `address` are set. Given once."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The end, given once. cause: "consent", "dtls", "setup" or "alert" (media/facts.py PeerLost)."""

    cause: str


Output = Send | Connected | Lost
Outputs = list[Output]


class Transport:
    """One peer's road. srtp: None until DTLS is through and after the end.

    credentials: ours, the newest. remote: the peer's, of its newest offer (the plane hands both to the answerer).
    """

    def __init__(
        self,
        peer: PeerId,
        credentials: IceCredentials,
        certificate: Certificate,
        remote_fingerprint: bytes,
        settings: MediaSettings,
        now: float,
        remote: IceCredentials | None = None,
    ) -> None:
        self.peer = peer
        self.credentials = credentials
        self.remote = remote
        self.srtp: SrtpSession | None = None
        self.connected = False
        self.lost: str | None = None
        self.dropped = 0
        self._settings = settings
        self._ice = IceAgent(credentials)
        self._dtls = DtlsServer(certificate, remote_fingerprint)
        self._dtls_address: Address | None = None
        self._setup_deadline = now + settings.setup_timeout_s
        self._idle_until = (
            now  # of one that is connected: before this no address can have been silent for too long
        )

    @property
    def address(self) -> Address | None:
        """Where media goes now; changes only on an authenticated check that nominates (USE-CANDIDATE)."""
        return self._ice.nominated

    @property
    def addresses(self) -> dict[Address, float]:
        """Validated addresses and the time of the last good check from each. Read only."""
        return self._ice.validated

    @property
    def addresses_version(self) -> int:
        """A number that rises whenever an address enters or leaves `addresses`."""
        return self._ice.version

    @property
    def ufrags(self) -> tuple[str, ...]:
        """Our ufrags that are good now: one, or two while a restart is under way."""
        return self._ice.ufrags

    @property
    def failure(self) -> str | None:
        """Why DTLS failed ("fingerprint", "profile", "handshake"), for the log and the tests."""
        return self._dtls.failure

    def restart(self, credentials: IceCredentials, remote: IceCredentials, now: float) -> None:
        """Restart ICE (RFC 8445 §9): the answer tells these credentials of ours, the offer told those of the peer.

        The older ones are good until the first good check with the new ones. Media, DTLS, SRTP and the validated
        addresses stay; where media goes changes when a check nominates. A transport that is not up yet gets its
        set-up time anew.
        """
        self._ice.restart(credentials)
        self.credentials, self.remote = credentials, remote
        self._setup_deadline = now + self._settings.setup_timeout_s

    def receive(self, data: bytes, addr: Address, now: float) -> Outputs:
        """Take one datagram that claims to be for this peer."""
        if self.lost is not None or not data:
            self.dropped += 1
            return []
        first = data[0]
        if first <= STUN_FIRST_MAX:
            return self._stun(data, addr, now)
        if addr in self._ice.validated and DTLS_FIRST_MIN <= first <= DTLS_FIRST_MAX:
            self._dtls_address = addr
            return self._after_dtls(self._dtls.receive(data, now), addr)
        self.dropped += 1
        return []

    def timer(self, now: float) -> Outputs:
        """Do what is due: set-up timeout, consent expiry, repeated DTLS flight. Call about ten times a second."""
        if self.lost is not None or (self.connected and now < self._idle_until):
            return []
        if not self.connected and now >= self._setup_deadline:
            return self._lose("setup")
        if self._ice.expired(now, self._settings.consent_timeout_s):
            return self._lose("consent")
        # Where the peer was before it moved: nobody must speak for it from there for ever.
        for addr in self._ice.stale(now, self._settings.consent_timeout_s):
            self.forget(addr)
        self._idle_until = (
            min(self._ice.validated.values(), default=self._ice.last_check or now)
            + self._settings.consent_timeout_s
        )
        to = self._dtls_address
        return self._after_dtls(self._dtls.timer(now), to) if to is not None else []

    def close(self) -> Outputs:
        """End it from our side: close_notify to the peer, if it can be reached. No Lost is given."""
        if self.lost is not None:
            return []
        to = self.address or self._dtls_address
        goodbye = self._dtls.close()
        self._end("closed")
        return [Send(data, to) for data in goodbye] if to is not None else []

    def forget(self, addr: Address) -> None:
        """Give up an address: it belongs to another peer now, or has been silent too long."""
        self._ice.forget(addr)
        if self._dtls_address == addr:
            self._dtls_address = None

    def spare_address(self) -> Address | None:
        """Name the address to give up when there are too many: the longest silent one, never the nominated."""
        if len(self._ice.validated) <= ADDRESSES_MAX:
            return None
        return min((a for a in self._ice.validated if a != self.address), key=self._ice.validated.__getitem__)

    def _stun(self, data: bytes, addr: Address, now: float) -> Outputs:
        replies = self._ice.receive(data, addr, now)
        if not replies:
            self.dropped += 1
            return []
        outputs: Outputs = [Send(reply, to) for reply, to in replies]
        return outputs + self._connect()

    def _after_dtls(self, datagrams: list[bytes], addr: Address) -> Outputs:
        outputs: Outputs = [Send(data, addr) for data in datagrams]
        match self._dtls.state:
            case DtlsState.HANDSHAKING:
                return outputs
            case DtlsState.CONNECTED:
                return outputs + self._connect()
            case DtlsState.FAILED:
                return outputs + self._lose("dtls")
            case DtlsState.CLOSED:
                return outputs + self._lose("alert")

    def _connect(self) -> Outputs:
        keys = self._dtls.keys
        if self.connected or keys is None or self.address is None:
            return []
        self.srtp = SrtpSession(keys)
        self.connected = True
        return [Connected()]

    def _lose(self, cause: str) -> Outputs:
        self._end(cause)
        return [Lost(cause)]

    def _end(self, cause: str) -> None:
        self.lost = cause
        self.srtp = None
