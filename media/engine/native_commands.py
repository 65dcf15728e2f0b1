"""What the C data plane is asked for, as bytes (pure). The reader is media/native/command.c.

An operation byte and its body, integers in network order.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING

from media.ids import Kind
from media.layers import order
from media.negotiated import (
    EXT_ABS_SEND_TIME,
    EXT_AUDIO_LEVEL,
    EXT_MID,
    EXT_REPAIRED_RID,
    EXT_RID,
    EXT_TRANSPORT_CC,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from media.engine.port import Address
    from media.negotiated import Negotiated, PayloadType, SlotLine, Uplink
    from media.srtp_keys import SrtpKeys

(
    _ADD_PEER,
    _LINK,
    _MOVE,
    _ACCEPT,
    _REMOVE_PEER,
    _PERMIT,
    _FEED,
    _ADD_TAP,
    _REMOVE_TAP,
    _FEED_TAP,
    _BUDGET,
    _EXTEND,
    _NAME,
) = range(1, 14)
CODECS = ("opus", "vp8", "h264", "vp9", "av1", "red")
KINDS = (Kind.AUDIO, Kind.VIDEO)
NO_BUDGET = 0xFFFFFFFF
WIDTH_MAX = 0xFFFFFFFF
ADDRESSES_MAX = 32
RouteTo = tuple[int, Kind, int, int]
"""(number of the publisher, kind, slot, width in pixels)."""

_ONE_BYTE_IDS_MAX = 14
_TYPES_MAX, _RIDS_MAX, _SSRCS_MAX = 16, 4, 2


def _name(text: str) -> bytes:
    raw = text.encode()[:32]
    return bytes((len(raw),)) + raw


def _types(types: Sequence[PayloadType]) -> bytes:
    known = [one for one in types if one.codec in CODECS][:_TYPES_MAX]
    return bytes((len(known),)) + b"".join(
        struct.pack("!BBBI", one.number, CODECS.index(one.codec), one.rtx or 0, one.clock_rate)
        for one in known
    )


def _uplink(one: Uplink) -> bytes:
    rids = order(one.rids)[:_RIDS_MAX]
    ssrcs = one.ssrcs[:_SSRCS_MAX]
    return (
        bytes((KINDS.index(one.kind),))
        + _name(one.mid)
        + _types(one.payload_types)
        + bytes((len(rids),))
        + b"".join(map(_name, rids))
        + struct.pack(f"!B{len(ssrcs)}I", len(ssrcs), *ssrcs)
    )


def _line(index: int, cname: str, one: SlotLine) -> bytes:
    head = struct.pack("!BBII", index, KINDS.index(one.kind), one.ssrc, one.rtx_ssrc or 0)
    return head + _name(one.mid) + _name(cname) + _types(one.payload_types)


def kinds_bits(kinds: Iterable[Kind]) -> int:
    """Bit 0: sound, bit 1: picture."""
    return sum(1 << KINDS.index(kind) for kind in kinds)


def add_peer(number: int, may: frozenset[Kind], agreed: Negotiated) -> bytes:
    """Take in a negotiated peer; replaces an older one of the same number."""
    return struct.pack("!BIB", _ADD_PEER, number, kinds_bits(may)) + _agreement(agreed)


def extend(number: int, agreed: Negotiated) -> bytes:
    """Add what a peer that is there has agreed to since: lines of more slots."""
    return struct.pack("!BI", _EXTEND, number) + _agreement(agreed)


def _agreement(agreed: Negotiated) -> bytes:
    uplinks = [one for one in agreed.uplinks if one.payload_types][:2]
    up = {uri: number for number, uri in agreed.extensions.items() if 1 <= number <= _ONE_BYTE_IDS_MAX}
    down = {uri: number for number, uri in agreed.slot_extensions.items() if 1 <= number <= _ONE_BYTE_IDS_MAX}
    ids = [
        up.get(uri, 0) for uri in (EXT_AUDIO_LEVEL, EXT_MID, EXT_RID, EXT_REPAIRED_RID, EXT_TRANSPORT_CC)
    ] + [down.get(uri, 0) for uri in (EXT_MID, EXT_ABS_SEND_TIME, EXT_TRANSPORT_CC)]
    lines = [
        _line(slot.index, slot.cname, half) for slot in agreed.slots for half in (slot.audio, slot.video)
    ]
    return (
        bytes((len(uplinks),))
        + b"".join(map(_uplink, uplinks))
        + bytes(ids)
        + bytes((len(lines),))
        + b"".join(lines)
    )


def address(at: Address) -> bytes:
    """16 bytes of IP and two of port; an IPv4 address as ::ffff:a.b.c.d. A name of a test's becomes 0.0.0.0."""
    try:
        ip = ipaddress.ip_address(at[0])
    except ValueError:
        ip = ipaddress.IPv4Address(0)
    whole = ip.packed if ip.version == 6 else bytes(10) + b"\xff\xff" + ip.packed  # noqa: PLR2004
    return whole + struct.pack("!H", at[1])


def address_text(raw: bytes) -> str:
    """The other way: an IPv4-mapped address is an IPv4 address."""
    ip = ipaddress.IPv6Address(raw)
    return str(ip.ipv4_mapped or ip)


def link(number: int, keys: SrtpKeys, at: Address) -> bytes:
    """Set the keys and the address of an added peer; nothing happens if it has keys."""
    return struct.pack("!BIB", _LINK, number, keys.profile.number) + keys.send + keys.receive + address(at)


def move(number: int, at: Address) -> bytes:
    """Set where its packets go."""
    return struct.pack("!BI", _MOVE, number) + address(at)


def accept(number: int, addresses: Iterable[Address]) -> bytes:
    """Set from where its media may come."""
    rows = [address(one) for one in addresses][:ADDRESSES_MAX]
    return struct.pack("!BIB", _ACCEPT, number, len(rows)) + b"".join(rows)


def remove_peer(number: int) -> bytes:
    """Forget a peer and everything of it."""
    return struct.pack("!BI", _REMOVE_PEER, number)


def permit(number: int, kinds: frozenset[Kind]) -> bytes:
    """Set what it may send."""
    return struct.pack("!BIB", _PERMIT, number, kinds_bits(kinds))


def _routes(routes: Sequence[RouteTo]) -> bytes:
    return struct.pack("!H", len(routes)) + b"".join(
        struct.pack("!IBBI", publisher, KINDS.index(kind), slot & 0xFF, min(max(width, 0), WIDTH_MAX))
        for publisher, kind, slot, width in routes
    )


def feed(number: int, routes: Sequence[RouteTo]) -> bytes:
    """Set everything a receiver gets; whatever is not in it stops."""
    return struct.pack("!BI", _FEED, number) + _routes(routes)


def name_peer(number: int, name: str) -> bytes:
    """Set what a reader of packets is to call a peer that is there."""
    return struct.pack("!BBI", _NAME, 0, number) + _label(name)


def name_tap(number: int, name: str) -> bytes:
    """Set what a reader of packets is to call a machine ear that is there."""
    return struct.pack("!BBI", _NAME, 1, number) + _label(name)


def _label(name: str) -> bytes:
    raw = name.encode()
    return struct.pack("!B", len(raw)) + raw


def add_tap(number: int, ring: int) -> bytes:
    """Let a machine ear get its packets by a ring; replaces an older one of the same number."""
    return struct.pack("!BIB", _ADD_TAP, number, ring)


def remove_tap(number: int) -> bytes:
    """Let a machine ear get nothing more."""
    return struct.pack("!BI", _REMOVE_TAP, number)


def feed_tap(number: int, routes: Sequence[RouteTo]) -> bytes:
    """Set everything a machine ear gets."""
    return struct.pack("!BI", _FEED_TAP, number) + _routes(routes)


def budget(number: int, bitrate_bps: int | None) -> bytes:
    """Set how many bits a second one picture to this receiver may have."""
    return struct.pack(
        "!BII", _BUDGET, number, NO_BUDGET if bitrate_bps is None else min(bitrate_bps, NO_BUDGET - 1)
    )
