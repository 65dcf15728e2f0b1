"""Signatures over elliptic curves in plain arithmetic: checks Ed25519, ECDSA P-256, SM2; makes SM2's, which no library here does.

Pure. Checking handles public values only. Signing is not of constant time: it belongs on a machine that nobody else can
time. Ed25519: RFC 8032 §5.1.7. ECDSA: FIPS 186-5 §6.4. SM2: GB/T 32918.2-2016 §6, §7; nonce as in RFC 6979 §3.2 with SM3.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from recording.package import sm3

Point = tuple[int, int] | None  # None: the point at infinity
SIGNATURE_BYTES = 64
SM2_ID = b"1234567812345678"  # the identity that GM/T 0009 §10 names where none was agreed on


@dataclass(frozen=True, slots=True)
class Curve:
    """y² = x³ - 3x + b over GF(p), n points, base point g."""

    p: int
    b: int
    n: int
    g: tuple[int, int]

    def add(self, one: Point, other: Point) -> Point:
        """Sum of two points."""
        if one is None or other is None:
            return one or other
        p = self.p
        (x1, y1), (x2, y2) = one, other
        if x1 == x2:
            if (y1 + y2) % p == 0:
                return None
            slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, p)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, p)
        x = (slope * slope - x1 - x2) % p
        return x, (slope * (x1 - x) - y1) % p

    def times(self, factor: int, point: Point) -> Point:
        """Multiple of a point."""
        total: Point = None
        while factor:
            if factor & 1:
                total = self.add(total, point)
            point = self.add(point, point)
            factor >>= 1
        return total

    def holds(self, point: tuple[int, int]) -> bool:
        """Whether the point lies on the curve."""
        x, y = point
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x * x * x + 3 * x - self.b) % self.p == 0


P256 = Curve(  # SEC 2 §2.4.2
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    g=(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
)
SM2 = Curve(  # GB/T 32918.5-2017
    p=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    b=0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    n=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    g=(
        0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
        0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
    ),
)


def _pair(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


def _joined(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def ecdsa_holds(point: tuple[int, int], message: bytes, signature: bytes) -> bool:
    """Check r‖s over SHA-256 of the message; of the two values that s may have, only the lower one is taken."""
    curve = P256
    if len(signature) != SIGNATURE_BYTES or not curve.holds(point):
        return False
    r, s = _pair(signature)
    if not (0 < r < curve.n and 0 < s <= curve.n // 2):
        return False
    e, inverse = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, curve.n)
    found = curve.add(curve.times(e * inverse % curve.n, curve.g), curve.times(r * inverse % curve.n, point))
    return found is not None and found[0] % curve.n == r


def lowered(signature: bytes) -> bytes:
    """Give r‖s of ECDSA P-256 with the lower s."""
    r, s = _pair(signature)
    return _joined(r, min(s, P256.n - s))


def _sm2_digest(point: tuple[int, int], message: bytes) -> int:
    """GB/T 32918.2 §5.5 and §6.1 A1-A2: SM3(Z ‖ message)."""
    a = SM2.p - 3
    numbers = (a, SM2.b, *SM2.g, *point)
    z = sm3.new(
        (8 * len(SM2_ID)).to_bytes(2, "big") + SM2_ID + b"".join(n.to_bytes(32, "big") for n in numbers)
    ).digest()
    return int.from_bytes(sm3.new(z + message).digest(), "big")


def sm2_holds(point: tuple[int, int], message: bytes, signature: bytes) -> bool:
    """Check r‖s of SM2 with SM3."""
    curve = SM2
    if len(signature) != SIGNATURE_BYTES or not curve.holds(point):
        return False
    r, s = _pair(signature)
    t = (r + s) % curve.n
    if not (0 < r < curve.n and 0 < s < curve.n) or t == 0:
        return False
    found = curve.add(curve.times(s, curve.g), curve.times(t, point))
    return found is not None and (_sm2_digest(point, message) + found[0]) % curve.n == r


def sm2_sign(secret: int, message: bytes) -> bytes:
    """Sign with SM2 and SM3: r‖s. The same message gives the same signature. ValueError if the key is none."""
    curve = SM2
    if not 0 < secret < curve.n - 1:
        raise ValueError("not a secret key of SM2")
    point = curve.times(secret, curve.g)
    assert point is not None  # noqa: S101  0 < secret < n
    e = _sm2_digest(point, message)
    k, v = b"\0" * 32, b"\1" * 32
    seed = secret.to_bytes(32, "big") + (e % curve.n).to_bytes(32, "big")
    for mark in (b"\0", b"\1"):
        k = _hmac(k, v + mark + seed)
        v = _hmac(k, v)
    while True:
        v = _hmac(k, v)
        nonce = int.from_bytes(v, "big")
        spot = curve.times(nonce, curve.g) if 0 < nonce < curve.n else None
        if spot is not None:
            r = (e + spot[0]) % curve.n
            s = pow(1 + secret, -1, curve.n) * (nonce - r * secret) % curve.n
            if r and s and r + nonce != curve.n:
                return _joined(r, s)
        k = _hmac(k, v + b"\0")
        v = _hmac(k, v)


def _hmac(key: bytes, data: bytes) -> bytes:
    """RFC 2104 with SM3."""
    if sm3.NATIVE:
        return hmac.digest(key, data, "sm3")
    pads = [bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C)]
    return sm3.new(pads[1] + sm3.new(pads[0] + data).digest()).digest()


# --- Ed25519 ---

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)  # of -1
_Extended = tuple[int, int, int, int]


def _unpacked(data: bytes) -> _Extended | None:
    """RFC 8032 §5.1.3."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _sum(one: _Extended, other: _Extended) -> _Extended:
    """RFC 8032 §5.1.4."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiple(factor: int, point: _Extended) -> _Extended:
    total: _Extended = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        factor >>= 1
    return total


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Check a signature; S must be below the group's order, so that there is one signature and no second spelling of it."""
    if len(public) != SIGNATURE_BYTES // 2 or len(signature) != SIGNATURE_BYTES:
        return False
    key, r = _unpacked(public), _unpacked(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= _L:
        return False
    base = _unpacked((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    assert base is not None  # noqa: S101  RFC 8032 §5.1
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    left, right = _multiple(s, base), _sum(r, _multiple(k, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % _P == 0
