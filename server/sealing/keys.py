"""Secret keys of the court as files: made once, for this account's eyes only, and used to sign. Never logs what they hold."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from recording.package import curves, keys
from server.store.secret_file import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recording.package.keys import PublicKey
    from server.sealing.settings import SealingSettings

# PrivateKeyInfo (RFC 5208) around ECPrivateKey (RFC 5915) on the curve of SM2: all of it has one length.
_SM2_OUTER = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d")
_SM2_INNER = bytes.fromhex("306b0201010420")
_SM2_POINT = bytes.fromhex("a14403420004")
_SM2_BYTES = len(_SM2_OUTER) + len(_SM2_INNER) + 32 + len(_SM2_POINT) + 64
_PEM = re.compile(rb"-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----")
_KEY_BYTES = 32


class BadKey(OSError):  # noqa: N818  says what is wrong
    """The file holds no secret key of a known form; a sentence for the operator, with the file's name."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs. sign: message to 64 bytes."""

    public: PublicKey
    sign: Callable[[bytes], bytes] = field(repr=False)


def make(path: Path, kind: str) -> PublicKey:
    """Make a secret key of this kind (recording.package.keys) at path. FileExistsError: it is never overwritten; OSError."""
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == keys.SM2:
        pem = _sm2_pem(1 + secrets.randbelow(curves.SM2.n - 2))
    else:
        made = (
            Ed25519PrivateKey.generate() if kind == keys.ED25519 else ec.generate_private_key(ec.SECP256R1())
        )
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    signer = _signer(pem, path)
    write_private(path, pem)
    return signer.public


def load(path: Path) -> Signer:
    """Read a secret key. BadKey, OSError."""
    return _signer(path.read_bytes(), path)


def signers(settings: SealingSettings) -> list[Signer]:
    """The keys that are configured, the court's own first. BadKey, OSError."""
    files = (settings.court_key_file, settings.sm2_key_file)
    return [load(file) for file in files if file is not None]


def _signer(pem: bytes, path: Path) -> Signer:
    found = _PEM.search(pem)
    if found is None:
        raise BadKey(f"{path}: expected a PEM file with an unencrypted private key")
    try:
        der = base64.b64decode(b"".join(found[1].split()), validate=True)
        if der.startswith(_SM2_OUTER):
            return _sm2(der)
        loaded = serialization.load_der_private_key(der, None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(f"{path}: {error}") from None
    if isinstance(loaded, Ed25519PrivateKey):
        return Signer(_public(loaded), loaded.sign)
    if isinstance(loaded, ec.EllipticCurvePrivateKey) and isinstance(loaded.curve, ec.SECP256R1):
        return Signer(_public(loaded), lambda message: _ecdsa(loaded, message))
    raise BadKey(f"{path}: expected a key of Ed25519, ECDSA P-256 or SM2")


def _public(secret: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> PublicKey:
    der = secret.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return keys.from_spki(der)


def _ecdsa(secret: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """r‖s with the lower s (recording.package.curves)."""
    r, s = decode_dss_signature(secret.sign(message, ec.ECDSA(hashes.SHA256())))
    return curves.lowered(r.to_bytes(_KEY_BYTES, "big") + s.to_bytes(_KEY_BYTES, "big"))


def _sm2_raw(secret: int) -> bytes:
    point = curves.SM2.times(secret, curves.SM2.g)
    assert point is not None  # noqa: S101  0 < secret < n
    return b"".join(number.to_bytes(_KEY_BYTES, "big") for number in point)


def _sm2_pem(secret: int) -> bytes:
    der = _SM2_OUTER + _SM2_INNER + secret.to_bytes(_KEY_BYTES, "big") + _SM2_POINT + _sm2_raw(secret)
    return keys.armoured("PRIVATE KEY", der)


def _sm2(der: bytes) -> Signer:
    start = len(_SM2_OUTER) + len(_SM2_INNER)
    if len(der) != _SM2_BYTES:
        raise ValueError("an SM2 key of another form")
    secret = int.from_bytes(der[start : start + _KEY_BYTES], "big")
    if not 0 < secret < curves.SM2.n - 1 or not der.endswith(_sm2_raw(secret)):
        raise ValueError("an SM2 key that does not fit its point")
    return Signer(
        keys.PublicKey(keys.SM2, _sm2_raw(secret)), lambda message: curves.sm2_sign(secret, message)
    )
