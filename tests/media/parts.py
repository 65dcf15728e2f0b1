"""Hand tools of the wire's tests: credentials, checks, a transport with its client. No sockets."""

from __future__ import annotations

from aioice import stun

from media.dtls import Certificate
from media.ice import IceCredentials
from media.ids import PeerId
from media.settings import MediaSettings
from media.transport import Connected, Outputs, Send, Transport
from tests.peers.keys import ALL_PROFILES, DtlsClient

CERTIFICATE = Certificate.generate(1_780_000_000_000_000_000)
CREDENTIALS = IceCredentials("serverfrag", "p" * 32)
CLIENT = ("192.0.2.10", 50000)
STRANGER = ("203.0.113.66", 6666)
SETTINGS = MediaSettings()


def check(
    credentials: IceCredentials = CREDENTIALS,
    *,
    nominate: bool = True,
    role: str = "ICE-CONTROLLING",
    key: str | None = None,
    username: str | None = None,
) -> bytes:
    """Give a binding request as a browser writes it."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = username or f"{credentials.ufrag}:theirs"
    request.attributes["PRIORITY"] = 1853817087
    request.attributes[role] = 42
    if nominate:
        request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity((key or credentials.pwd).encode())
    return bytes(request)


class Pair:
    """A transport and its client, joined by function calls."""

    def __init__(
        self, profiles: bytes = ALL_PROFILES, fingerprint: bytes | None = None, now: float = 100.0
    ) -> None:
        self.client = DtlsClient(profiles)
        self.transport = Transport(
            PeerId("p"), CREDENTIALS, CERTIFICATE, fingerprint or self.client.fingerprint, SETTINGS, now
        )
        self.now = now
        self.outputs: Outputs = []

    def give(self, data: bytes, addr: tuple[str, int] = CLIENT) -> Outputs:
        """Hand a datagram to the transport; the client reads the DTLS answers addressed to it."""
        outputs = self.transport.receive(data, addr, self.now)
        self.outputs += outputs
        for output in outputs:
            if isinstance(output, Send) and 20 <= output.data[0] < 64:
                for reply in self.client.receive(output.data):
                    self.give(reply, addr)
        return outputs

    def connect(self) -> None:
        """Check, then shake hands."""
        self.give(check())
        for flight in self.client.step():
            self.give(flight)

    @property
    def connected(self) -> bool:
        """Say whether Connected was given and keys are there."""
        return (
            any(isinstance(output, Connected) for output in self.outputs) and self.transport.srtp is not None
        )
