"""Public keys as files and as names: SubjectPublicKeyInfo (RFC 5280, RFC 8410, RFC 5480), PEM or DER. Pure; holds no secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from recording.package import curves

ED25519 = "ed25519"
P256 = "p256"
SM2 = "sm2"

# All of a key before its bytes: the three forms have one length each, so no parser is needed.
_HEADS = {
    ED25519: bytes.fromhex("302a300506032b6570032100"),
    P256: bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"),
    SM2: bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"),
}
_BYTES = {ED25519: 32, P256: 64, SM2: 64}
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----")
_ID_CHARS = 32
_PEM_CHARS = 64


class NotAKey(ValueError):  # noqa: N818  says what is wrong
    """Not a public key of a known form."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One public key. kind: ED25519, P256 or SM2; raw: its bytes without the frame."""

    kind: str
    raw: bytes

    @property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return _HEADS[self.kind] + self.raw

    @property
    def id(self) -> str:
        """What a manifest calls it: the beginning of SHA-256 of its SPKI."""
        return hashlib.sha256(self.spki).hexdigest()[:_ID_CHARS]

    @property
    def fingerprint(self) -> str:
        """The same for people to compare by eye and by telephone."""
        return ":".join(self.id[at : at + 4] for at in range(0, _ID_CHARS, 4))

    @property
    def pem(self) -> bytes:
        """As a file."""
        return armoured("PUBLIC KEY", self.spki)

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature (64 bytes) is this key's over the message."""
        if self.kind == ED25519:
            return curves.ed25519_holds(self.raw, message, signature)
        point = int.from_bytes(self.raw[:32], "big"), int.from_bytes(self.raw[32:], "big")
        check = curves.ecdsa_holds if self.kind == P256 else curves.sm2_holds
        return check(point, message, signature)


def armoured(what: str, der: bytes) -> bytes:
    """Give DER as PEM (RFC 7468), which wants 64 characters a line."""
    text = base64.b64encode(der).decode()
    lines = [text[at : at + _PEM_CHARS] for at in range(0, len(text), _PEM_CHARS)]
    return "\n".join([f"-----BEGIN {what}-----", *lines, f"-----END {what}-----", ""]).encode()


def from_spki(der: bytes) -> PublicKey:
    """Read a key. NotAKey."""
    for kind, head in _HEADS.items():
        if der.startswith(head) and len(der) == len(head) + _BYTES[kind]:
            return PublicKey(kind, der[len(head) :])
    raise NotAKey("expected a public key: Ed25519, ECDSA P-256 or SM2")


def from_file(data: bytes) -> PublicKey:
    """Read a key file, PEM or DER. NotAKey."""
    found = _PEM.search(data)
    if found is None:
        return from_spki(data)
    try:
        return from_spki(base64.b64decode(b"".join(found[1].split()), validate=True))
    except binascii.Error:
        raise NotAKey("a PEM file that is not base64") from None
