"""Offer in, answer and agreement out (RFC 8829, RFC 9143, RFC 8853): the subset browsers and we speak. Pure.

We are ICE-lite and DTLS server, everything is in one BUNDLE. The first audio and the first video line on which the
client sends are its uplinks; lines on which it only receives are paired into downlink slots; the rest is inactive
or rejected. It must never raise anything but SdpError, nor write a piece of the offer into the answer that has not
passed a pattern (media/sdp_lines.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.ids import Kind
from media.negotiated import (
    EXT_ABS_SEND_TIME,
    EXT_AUDIO_LEVEL,
    EXT_MID,
    EXT_REPAIRED_RID,
    EXT_RID,
    Negotiated,
    PayloadType,
    SlotLine,
    SlotPair,
    Uplink,
)
from media.sdp_lines import Codec, SdpError, Section, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.settings import MediaSettings

__all__ = ["LocalDescription", "Offer", "OfferedLine", "SdpError", "answer", "parse_offer"]

# No transport-cc: there is no estimator in the server yet, and offering it would make senders ignore REMB.
VIDEO_FEEDBACK = ("goog-remb", "ccm fir", "nack", "nack pli")
UPLINK_EXTENSIONS = frozenset({EXT_AUDIO_LEVEL, EXT_MID, EXT_RID, EXT_REPAIRED_RID, EXT_ABS_SEND_TIME})

OPUS_BITRATE_BPS = 64_000  # browsers send 32 kbit/s unasked; testimony is kept for decades

_FINGERPRINT_BYTES = 32
_ICE_PWD_MIN = 22  # RFC 8839 §5.4
_ONE_BYTE_IDS = range(1, 15)  # RFC 8285 §4.2
# Dynamic payload types; with rtcp-mux 64..95 would look like RTCP (RFC 5761 §4).
_PAYLOAD_TYPES = frozenset((*range(35, 64), *range(96, 128)))
_PROTOCOL = "UDP/TLS/RTP/SAVPF"


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """One m-line of an offer, checked. codecs: those we know, best first, each with its RTX payload type, if any.

    accepted: audio or video we can answer; otherwise the line is rejected with port 0.
    """

    kind: str
    protocol: str
    formats: tuple[str, ...]
    mid: str | None
    direction: str
    accepted: bool
    reduced_size: bool
    codecs: tuple[tuple[Codec, int | None], ...]
    extensions: tuple[tuple[int, str], ...]
    rids: tuple[str, ...]
    ssrcs: tuple[int, ...]

    @property
    def sends(self) -> bool:
        """Say whether the client offers to send on this line."""
        return self.direction in {"sendonly", "sendrecv"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked offer. fingerprint: SHA-256 of the client's certificate, 32 bytes. slots_max: from the settings."""

    ufrag: str
    pwd: str
    fingerprint: bytes
    lines: tuple[OfferedLine, ...]
    slots_max: int


@dataclass(frozen=True, slots=True)
class LocalDescription:
    """Our side. fingerprint: SHA-256, 32 bytes; candidates: (IPv4 address, port), the most wanted first, not empty."""

    ufrag: str
    pwd: str
    fingerprint: bytes
    candidates: tuple[tuple[str, int], ...]


def parse_offer(text: str, limits: MediaSettings) -> Offer:
    """Read and check an offer; SdpError for any text that is not one we can answer."""
    session, *sections = read(
        text, limits.offer_bytes_max, limits.offer_sections_max, limits.offer_candidates_max
    )
    bundle = session.bundle
    if bundle is None:
        raise SdpError("bundle")
    mids = [section.mid for section in sections if section.mid is not None]
    if len(set(mids)) != len(mids):
        raise SdpError("mid")
    lines = tuple(_line(section, session.direction, bundle) for section in sections)
    live = [section for section, line in zip(sections, lines, strict=True) if line.accepted]
    if not live:
        raise SdpError("no-media")
    _check_payload_types(lines)
    _extensions([line for line in lines if line.accepted])
    ufrag, pwd = _ice(session, live)
    return Offer(ufrag, pwd, _fingerprint(session, live), lines, limits.slots_per_peer)


def answer(offer: Offer, local: LocalDescription, allocate: Callable[[], int]) -> tuple[str, Negotiated]:
    """Write the answer and the agreement. allocate gives a fresh SSRC of ours at each call."""
    uplinks = _uplinks(offer)
    slots = _slots(offer, allocate)
    by_mid: dict[str, list[str]] = {
        mid: _uplink_lines(line, uplink) for mid, (line, uplink) in uplinks.items()
    }
    for slot in slots:
        for line in (slot.audio, slot.video):
            by_mid[line.mid] = _slot_lines(slot, line)
    mids = " ".join(line.mid for line in offer.lines if line.accepted and line.mid is not None)
    out = [
        "v=0",
        # RFC 8866 §5.2: any number that differs from session to session; the ufrag does.
        f"o=- {int.from_bytes(local.ufrag.encode()[:7], 'big')} 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {mids}",
        "a=msid-semantic: WMS *",
    ]
    for offered in offer.lines:
        out += _section_lines(offered, local, by_mid)
    negotiated = Negotiated(
        remote_fingerprint=offer.fingerprint,
        uplinks=tuple(uplink for _, uplink in uplinks.values()),
        slots=slots,
        extensions=_extensions([line for line, _ in uplinks.values()]),
    )
    return "\r\n".join(out) + "\r\n", negotiated


def _line(section: Section, session_direction: str | None, bundle: tuple[str, ...]) -> OfferedLine:
    codecs = _codecs(section) if section.kind in {"audio", "video"} else ()
    in_use = section.port != 0 or section.bundle_only
    accepted = bool(codecs) and in_use and section.protocol == _PROTOCOL and section.mid in bundle
    if accepted and not section.rtcp_mux:
        raise SdpError("rtcp-mux")
    direction = section.direction or session_direction or "sendrecv"
    return OfferedLine(
        kind=section.kind,
        protocol=section.protocol,
        formats=section.formats,
        mid=section.mid,
        direction=direction,
        accepted=accepted,
        reduced_size=section.rtcp_rsize,
        codecs=codecs,
        extensions=tuple(
            (number, uri)
            for number, uri in section.extensions.items()
            if number in _ONE_BYTE_IDS and uri in UPLINK_EXTENSIONS
        ),
        rids=section.simulcast,
        ssrcs=_ssrcs(section),
    )


def _codecs(section: Section) -> tuple[tuple[Codec, int | None], ...]:
    usable = [codec for codec in section.codecs.values() if codec.number in _PAYLOAD_TYPES]
    retransmits = {
        codec.parameter("apt"): codec.number
        for codec in reversed(usable)
        if codec.name == "rtx" and section.kind == "video"
    }
    ranked = [(rank, codec) for codec in usable if (rank := _rank(section.kind, codec)) is not None]
    ranked.sort(key=lambda item: item[0])
    return tuple((codec, retransmits.get(str(codec.number))) for _, codec in ranked)


def _rank(kind: str, codec: Codec) -> int | None:
    """Give the codec's place in our order of preference, None for one we do not carry."""
    match kind, codec.name, codec.clock_rate:
        case "audio", "opus", 48000 if codec.channels == 2:  # noqa: PLR2004  RFC 7587 §7: always written /2
            return 0
        case "video", "vp8", 90000:
            return 0
        case "video", "h264", 90000 if codec.parameter("packetization-mode") == "1":
            profile = (codec.parameter("profile-level-id") or "").lower()
            return {"42e0": 1, "4200": 2}.get(profile[:4]) if len(profile) == 6 else None  # noqa: PLR2004
        case _:
            return None


def _ssrcs(section: Section) -> tuple[int, ...]:
    partners = set(section.pairs.values())
    out: list[int] = []
    for ssrc in section.ssrcs:
        if ssrc not in partners:
            out.append(ssrc)
            out += [section.pairs[ssrc]] if ssrc in section.pairs else []
    return tuple(out)


def _check_payload_types(lines: Sequence[OfferedLine]) -> None:
    """RFC 9143 §10.1.1: within a BUNDLE a payload type means one codec."""
    seen: dict[int, tuple[str, int]] = {}
    for line in lines:
        for codec, rtx in line.codecs if line.accepted else ():
            meanings = {codec.number: (codec.name, 0)} | ({rtx: ("rtx", codec.number)} if rtx else {})
            for number, meaning in meanings.items():
                if seen.setdefault(number, meaning) != meaning:
                    raise SdpError("payload-type")


def _ice(session: Section, live: Sequence[Section]) -> tuple[str, str]:
    # With BUNDLE the first line's transport carries all (RFC 9143 §7.3.1).
    ufrag, pwd = live[0].ufrag or session.ufrag, live[0].pwd or session.pwd
    if ufrag is None or pwd is None or len(pwd) < _ICE_PWD_MIN:
        raise SdpError("ice")
    return ufrag, pwd


def _fingerprint(session: Section, live: Sequence[Section]) -> bytes:
    setup = live[0].setup or session.setup
    if setup not in {"actpass", "active"}:
        raise SdpError("setup")
    found = {f for section in (session, *live) for f in section.fingerprints}
    if len(found) != 1:
        raise SdpError("fingerprint")
    (fingerprint,) = found
    if len(fingerprint) != _FINGERPRINT_BYTES:
        raise SdpError("fingerprint")
    return fingerprint


def _payload_types(line: OfferedLine) -> tuple[PayloadType, ...]:
    return tuple(PayloadType(codec.number, codec.name, codec.clock_rate, rtx) for codec, rtx in line.codecs)


def _uplinks(offer: Offer) -> dict[str, tuple[OfferedLine, Uplink]]:
    out: dict[str, tuple[OfferedLine, Uplink]] = {}
    for kind in Kind:
        line = next((one for one in offer.lines if one.accepted and one.sends and one.kind == kind), None)
        if line is not None and line.mid is not None:
            rids = line.rids if kind is Kind.VIDEO else ()
            out[line.mid] = (line, Uplink(line.mid, kind, _payload_types(line), rids, line.ssrcs))
    return out


def _slots(offer: Offer, allocate: Callable[[], int]) -> tuple[SlotPair, ...]:
    lines = [line for line in offer.lines if line.accepted and line.direction == "recvonly"]
    audio = [line for line in lines if line.kind == Kind.AUDIO]
    video = [line for line in lines if line.kind == Kind.VIDEO]
    pairs = list(zip(audio, video, strict=False))[: offer.slots_max]
    return tuple(
        SlotPair(
            index, f"slot{index}", _slot_line(a, Kind.AUDIO, allocate), _slot_line(v, Kind.VIDEO, allocate)
        )
        for index, (a, v) in enumerate(pairs)
    )


def _slot_line(line: OfferedLine, kind: Kind, allocate: Callable[[], int]) -> SlotLine:
    types = _payload_types(line)
    rtx = any(payload.rtx is not None for payload in types)
    return SlotLine(line.mid or "", kind, allocate(), allocate() if rtx else None, types)


def _extensions(lines: Sequence[OfferedLine]) -> dict[int, str]:
    """RFC 9143 §9.1: within a BUNDLE an extension id means one URI. SdpError if it does not."""
    out: dict[int, str] = {}
    for number, uri in (pair for line in lines for pair in line.extensions):
        if out.setdefault(number, uri) != uri:
            raise SdpError("extmap")
    return out


def _section_lines(line: OfferedLine, local: LocalDescription, by_mid: dict[str, list[str]]) -> list[str]:
    if not line.accepted or line.mid is None:
        rejected = [
            f"m={line.kind} 0 {line.protocol} {' '.join(line.formats)}",
            "c=IN IP4 0.0.0.0",
            "a=inactive",
        ]
        return rejected + ([f"a=mid:{line.mid}"] if line.mid is not None else [])
    address, port = local.candidates[0]
    numbers = [str(n) for codec, rtx in line.codecs for n in (codec.number, rtx) if n is not None]
    return [
        f"m={line.kind} {port} {line.protocol} {' '.join(numbers)}",
        f"c=IN IP4 {address}",
        f"a=rtcp:{port} IN IP4 {address}",
        *(
            f"a=candidate:{i + 1} 1 udp {_priority(i)} {ip} {port} typ host"
            for i, (ip, port) in enumerate(local.candidates)
        ),
        "a=end-of-candidates",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint.hex(':').upper()}",
        "a=setup:passive",
        f"a=mid:{line.mid}",
        *by_mid.get(line.mid, ["a=inactive"]),
        "a=rtcp-mux",
        *(["a=rtcp-rsize"] if line.reduced_size else []),
        *(text for codec, rtx in line.codecs for text in _codec_lines(codec, rtx)),
    ]


def _priority(index: int) -> int:
    """RFC 8445 §5.1.2.1: host candidates, component 1."""
    return (126 << 24) | ((65535 - index) << 8) | 255


def _codec_lines(codec: Codec, rtx: int | None) -> list[str]:
    n = codec.number
    if codec.name == "opus":
        return [f"a=rtpmap:{n} opus/48000/2", f"a=fmtp:{n} {_opus_wishes(codec.fmtp)}"]
    name = codec.name.upper()
    out = [f"a=rtpmap:{n} {name}/{codec.clock_rate}"]
    out += [f"a=fmtp:{n} {codec.fmtp}"] if codec.fmtp else []
    out += [f"a=rtcp-fb:{n} {feedback}" for feedback in VIDEO_FEEDBACK if feedback in codec.feedback]
    if rtx is not None:
        out += [f"a=rtpmap:{rtx} rtx/{codec.clock_rate}", f"a=fmtp:{rtx} apt={n}"]
    return out


def _opus_wishes(fmtp: str) -> str:
    """Say what we want to receive (RFC 7587 §6.1): mono, and in-band FEC, for tape and recogniser need it under loss."""
    kept = [pair.strip() for pair in fmtp.split(";") if pair.strip()]
    ours = {"useinbandfec", "stereo", "sprop-stereo", "maxaveragebitrate"}
    kept = [pair for pair in kept if pair.partition("=")[0] not in ours]
    return ";".join([*kept, "useinbandfec=1", f"maxaveragebitrate={OPUS_BITRATE_BPS}"])


def _uplink_lines(line: OfferedLine, uplink: Uplink) -> list[str]:
    out = ["a=recvonly", *(f"a=extmap:{number} {uri}" for number, uri in line.extensions)]
    if uplink.rids:
        out += [f"a=rid:{rid} recv" for rid in uplink.rids]
        out.append(f"a=simulcast:recv {';'.join(uplink.rids)}")
    return out


def _slot_lines(slot: SlotPair, line: SlotLine) -> list[str]:
    # No header extensions: the engine strips all of them on the way down, and browsers find the line by a=ssrc.
    out = ["a=sendonly", f"a=msid:{slot.cname} {slot.cname}-{line.kind}"]
    if line.rtx_ssrc is not None:
        out.append(f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}")
    out += [f"a=ssrc:{ssrc} cname:{slot.cname}" for ssrc in (line.ssrc, line.rtx_ssrc) if ssrc is not None]
    return out
