"""Protection profiles of SRTP, and the keys DTLS exports for them (RFC 5764, RFC 7714). Plain values; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SrtpProfile:
    """One protection profile: OpenSSL's name, its DTLS-SRTP number (libsrtp's too), key and salt length in bytes."""

    name: str
    number: int
    key_bytes: int
    salt_bytes: int


PROFILES = (
    # AES-128-GCM first: half the cost of AES-CM with HMAC-SHA1, measured; browsers accept it.
    SrtpProfile("SRTP_AEAD_AES_128_GCM", 7, 16, 12),
    SrtpProfile("SRTP_AEAD_AES_256_GCM", 8, 32, 12),
    SrtpProfile("SRTP_AES128_CM_SHA1_80", 1, 16, 14),
)


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master key followed by master salt for each direction, as RFC 5764 §4.2 exports them."""

    profile: SrtpProfile
    send: bytes
    receive: bytes
