"""Asks a time-stamping authority for the time of a manifest (RFC 3161 over HTTP, §3.4). Bounded in time and size.

Checks that the answer is granted, of this digest, and of this question. The authority's own signature and certificate are
not checked here: whoever wants to rely on them uses a tool for RFC 3161 and that authority's certificate.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.sealing.settings import SealingSettings

_SHA256 = bytes.fromhex("300d06096086480165030402010500")  # AlgorithmIdentifier
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # 1.2.840.113549.1.7.2
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # 1.2.840.113549.1.9.16.1.4
_NONCE_BYTES = 8
_TYPES = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
_OK = 200
_SHORT = 0x80
_LENGTH_BYTES_MAX = 4
_INTEGER, _OCTETS, _OID, _SEQUENCE, _EXPLICIT, _TIME = 0x02, 0x04, 0x06, 0x30, 0xA0, 0x18
_GRANTED = {b"\0", b"\1"}
_GENERALIZED = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z")


class NoTimestamp(Exception):  # noqa: N818  named like the law's other outcomes
    """The authority did not answer, or not to this. reason: a stable id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Stamp:
    """A timestamp. token: TimeStampToken, DER; at: the time it tells, ISO 8601 UTC, to the second."""

    token: bytes
    at: str


@dataclass(frozen=True, slots=True)
class _Value:
    """One DER value. body: what it holds; whole: with its tag and length."""

    tag: int
    body: bytes
    whole: bytes


def _values(data: bytes) -> Iterator[_Value]:
    """Take apart what stands in a DER value. ValueError."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("cut off")
        length, start = data[at + 1], at + 2
        if length >= _SHORT:
            count = length - _SHORT
            if not 0 < count <= _LENGTH_BYTES_MAX:
                raise ValueError("a length of another form")
            length, start = int.from_bytes(data[start : start + count], "big"), start + count
        if start + length > len(data):
            raise ValueError("cut off")
        yield _Value(data[at], data[start : start + length], data[at : start + length])
        at = start + length


def _inside(value: _Value, *tags: int) -> list[_Value]:
    """Give what stands in a value, which must begin with these tags. ValueError."""
    found = list(_values(value.body))
    if [one.tag for one in found[: len(tags)]] != list(tags):
        raise ValueError("something else than was expected")
    return found


def _der(tag: int, body: bytes) -> bytes:
    if len(body) >= _SHORT:
        raise ValueError("longer than a question is")
    return bytes((tag, len(body))) + body


def question(message: bytes, nonce: bytes) -> bytes:
    """TimeStampReq (§2.4.1) for SHA-256 of the message, with the authority's certificate asked for."""
    imprint = _der(_SEQUENCE, _SHA256 + _der(_OCTETS, hashlib.sha256(message).digest()))
    return _der(_SEQUENCE, b"\x02\x01\x01" + imprint + _der(_INTEGER, nonce) + b"\x01\x01\xff")


def read_answer(data: bytes, message: bytes, nonce: bytes) -> Stamp:
    """Read a TimeStampResp (§2.4.2). NoTimestamp: "refused", "nonsense", "another"."""
    try:
        (response,) = _values(data)
        status, *tokens = _inside(response, _SEQUENCE)
        if _inside(status, _INTEGER)[0].body not in _GRANTED:
            raise NoTimestamp("refused")
        token = tokens[0]
        info = _info(token)
        imprint, asked, told = info[2], nonce, info[4]
        found = _GENERALIZED.fullmatch(told.body)
        if told.tag != _TIME or found is None:
            raise ValueError("no time")
    except (ValueError, IndexError):
        raise NoTimestamp("nonsense") from None
    expected = _der(_SEQUENCE, _SHA256 + _der(_OCTETS, hashlib.sha256(message).digest()))
    if imprint.whole != expected or not any((one.tag, one.body) == (_INTEGER, asked) for one in info[5:]):
        raise NoTimestamp("another")
    year, month, day, hour, minute, second = (part.decode() for part in found.groups())
    return Stamp(token.whole, f"{year}-{month}-{day}T{hour}:{minute}:{second}Z")


def _info(token: _Value) -> list[_Value]:
    """TSTInfo out of ContentInfo, SignedData, EncapsulatedContentInfo (RFC 5652 §3, §5). ValueError, IndexError."""
    kind, content = _inside(token, _OID, _EXPLICIT)
    (signed,) = _inside(content, _SEQUENCE)
    inner = _inside(signed, _INTEGER)[2]
    what, octets = _inside(inner, _OID, _EXPLICIT)
    if (kind.whole, what.whole) != (_SIGNED_DATA, _TST_INFO):
        raise ValueError("not a timestamp")
    (text,) = _inside(octets, _OCTETS)
    (info,) = _inside(text, _SEQUENCE)
    return _inside(info, _INTEGER, _OID, _SEQUENCE, _INTEGER)


async def ask(settings: SealingSettings, message: bytes) -> Stamp:
    """Ask the authority. NoTimestamp: as read_answer, "unreachable", or "http_N"."""
    nonce = (0x40 | secrets.randbits(6)).to_bytes(1, "big") + secrets.token_bytes(_NONCE_BYTES - 1)
    timeout = aiohttp.ClientTimeout(total=settings.timestamp_timeout_s)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(settings.timestamp_url, data=question(message, nonce), headers=_TYPES) as response,
        ):
            if response.status != _OK:
                raise NoTimestamp(f"http_{response.status}")
            data = b""
            async for block in response.content.iter_any():
                data += block
                if len(data) > settings.timestamp_bytes_max:
                    raise NoTimestamp("nonsense")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        raise NoTimestamp("unreachable") from None
    return read_answer(data, message, nonce)
