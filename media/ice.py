"""ICE-lite for one peer (RFC 8445 §2.5): answers connectivity checks, remembers who passed. Never sends first.

Sans-IO: datagrams and seconds in, datagrams out. A lite agent gathers nothing and checks nothing; the browser's
checks come to us, and each one that carries our password also renews consent (RFC 7675). After a restart (RFC 8445
§9) both passwords count until the first good check with the new one; media stays where it is until then.
It must never answer an unauthenticated datagram, nor let a foreign parser's exception out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from struct import unpack_from
from typing import TYPE_CHECKING

from aioice import stun

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.addresses import Address as Address  # noqa: PLC0414  known under this name too

REQUEST_BYTES_MAX = 1280  # a check of a browser is about 100 bytes; more is not one
ATTRIBUTES_MAX = 16  # looked through for USERNAME; browsers write it first
REPLY_RATIO_MAX = 1.5  # no reply larger than this times the request: nobody is worth amplifying through us
UFRAG_BYTES = 6  # 8 characters; RFC 8445 §5.3 asks for 4 at least
PWD_BYTES = 24  # 32 characters, 192 bits; RFC 8445 asks for 22 at least

_HEADER_BYTES = 20
_ATTRIBUTE_USERNAME = 0x0006
_ROLE_CONFLICT = (487, "Role Conflict")


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """What the answer tells the peer: a=ice-ufrag and a=ice-pwd (ice-char only)."""

    ufrag: str
    pwd: str

    @classmethod
    def generate(cls, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> IceCredentials:
        """Make fresh credentials; random_bytes(n) gives n unpredictable bytes."""
        return cls(ufrag=_ice_text(random_bytes(UFRAG_BYTES)), pwd=_ice_text(random_bytes(PWD_BYTES)))


def local_ufrag(data: bytes) -> str | None:
    """Read our half of USERNAME ("ours:theirs", RFC 8445 §7.2.2) without a full parse; None if there is none."""
    end = len(data)
    if not _HEADER_BYTES <= end <= REQUEST_BYTES_MAX or unpack_from("!I", data, 4)[0] != stun.COOKIE:
        return None
    at = _HEADER_BYTES
    for _ in range(ATTRIBUTES_MAX):
        if at + 4 > end:
            break
        kind, length = unpack_from("!HH", data, at)
        at += 4
        if kind == _ATTRIBUTE_USERNAME:
            value = data[at : at + length]
            return value.split(b":", 1)[0].decode("ascii", "replace") if len(value) == length else None
        at += length + (-length % 4)
    return None


class IceAgent:
    """The lite agent of one peer.

    validated: address -> time of its last good check, seconds; version rises with each address that comes or goes.
    nominated: where the peer wants our packets. ufrags: those we answer to, one, or two while a restart is under way.
    """

    def __init__(self, credentials: IceCredentials) -> None:
        self._keys = {credentials.ufrag: credentials.pwd.encode()}
        self._newest = credentials.ufrag
        self.validated: dict[Address, float] = {}
        self.version = 0
        self.nominated: Address | None = None
        self.last_check: float | None = None

    @property
    def ufrags(self) -> tuple[str, ...]:
        """Our ufrags that are good now."""
        return tuple(self._keys)

    def restart(self, credentials: IceCredentials) -> None:
        """Answer to these too; the older ones end at the first good check with these. An unused restart is replaced."""
        oldest = next(iter(self._keys))
        self._keys = {oldest: self._keys[oldest], credentials.ufrag: credentials.pwd.encode()}
        self._newest = credentials.ufrag

    def receive(self, data: bytes, addr: Address, now: float) -> list[tuple[bytes, Address]]:
        """Take one STUN datagram; give the replies. Anything but a good binding request is dropped silently."""
        request = _parse(data)
        ufrag = self._authentic(request) if request is not None else None
        if request is None or ufrag is None:
            return []
        key = self._keys[ufrag]
        if "ICE-CONTROLLED" in request.attributes:
            # RFC 8445 §7.3.1.1: a lite agent is always the controlled one, so the peer must switch.
            return _reply(request, key, stun.Class.ERROR, "ERROR-CODE", _ROLE_CONFLICT, addr, len(data))
        reply = _reply(request, key, stun.Class.RESPONSE, "XOR-MAPPED-ADDRESS", addr, addr, len(data))
        if not reply:
            return []
        if ufrag == self._newest:
            self._keys = {ufrag: key}
        if addr not in self.validated:
            self.version += 1
        self.validated[addr] = now
        self.last_check = now
        if "USE-CANDIDATE" in request.attributes:
            self.nominated = addr
        return reply

    def expired(self, now: float, timeout_s: float) -> bool:
        """Say whether consent has lapsed: there were good checks, and none for timeout_s."""
        return self.last_check is not None and now - self.last_check > timeout_s

    def forget(self, addr: Address) -> None:
        """Take an address out of the validated set (another peer has it now, or there are too many)."""
        if self.validated.pop(addr, None) is not None:
            self.version += 1
        if self.nominated == addr:
            self.nominated = None

    def stale(self, now: float, timeout_s: float) -> tuple[Address, ...]:
        """Name the addresses that have not been checked for timeout_s, but never the nominated one."""
        return tuple(
            addr for addr, at in self.validated.items() if now - at > timeout_s and addr != self.nominated
        )

    def _authentic(self, request: stun.Message) -> str | None:
        """Give which of our ufrags a good request names."""
        if request.message_method != stun.Method.BINDING or request.message_class != stun.Class.REQUEST:
            return None
        # Mandatory for ICE (RFC 8445 §7.1.1); its value has been checked by the parser.
        if "FINGERPRINT" not in request.attributes:
            return None
        ufrag = str(request.attributes.get("USERNAME", "")).split(":", 1)[0]
        key = self._keys.get(ufrag)
        # check_message_integrity answers with a bool and raises nothing.
        return ufrag if key is not None and request.check_message_integrity(key) else None


def _reply(
    request: stun.Message,
    key: bytes,
    message_class: stun.Class,
    name: str,
    value: object,
    addr: Address,
    request_bytes: int,
) -> list[tuple[bytes, Address]]:
    reply = stun.Message(stun.Method.BINDING, message_class, request.transaction_id, {name: value})
    reply.add_message_integrity(key)
    packed = bytes(reply)
    return [(packed, addr)] if len(packed) <= REPLY_RATIO_MAX * request_bytes else []


def _parse(data: bytes) -> stun.Message | None:
    if len(data) > REQUEST_BYTES_MAX:
        return None
    try:
        return stun.parse_message(data)
    except Exception:  # noqa: BLE001  a foreign parser fed by strangers: whatever it raises, the datagram is bad
        return None


def _ice_text(raw: bytes) -> str:
    # ice-char is ALPHA / DIGIT / "+" / "/" (RFC 8839 §5.4): exactly base64 without padding.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    number = int.from_bytes(raw, "big")
    return "".join(alphabet[(number >> (6 * i)) & 63] for i in range(len(raw) * 8 // 6))
