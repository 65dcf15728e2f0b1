"""An offer, read and checked (RFC 8829, RFC 9143): what of it can be answered. Pure.

It must never raise anything but SdpError, whatever the text is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from media import sdp_codecs
from media.negotiated import (
    EXT_ABS_SEND_TIME,
    EXT_AUDIO_LEVEL,
    EXT_MID,
    EXT_REPAIRED_RID,
    EXT_RID,
    EXT_TRANSPORT_CC,
    PayloadType,
)
from media.sdp_lines import SdpError, Section, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.sdp_lines import Codec
    from media.settings import MediaSettings

EXTENSIONS = frozenset(
    {EXT_AUDIO_LEVEL, EXT_MID, EXT_RID, EXT_REPAIRED_RID, EXT_ABS_SEND_TIME, EXT_TRANSPORT_CC}
)

_FINGERPRINT_BYTES = 32
_ICE_PWD_MIN = 22  # RFC 8839 §5.4
_ONE_BYTE_IDS = range(1, 15)  # RFC 8285 §4.2
_TYPES_KEPT = 64
_PROTOCOL = "UDP/TLS/RTP/SAVPF"


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """One m-line of an offer, checked. codecs: those we know, best first, each with its RTX payload type, if any.

    accepted: audio or video we can answer; otherwise the line is rejected with port 0. extensions: those we know,
    as (id, URI).
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

    @property
    def payload_types(self) -> tuple[PayloadType, ...]:
        """Give the codecs as the engine is told of them."""
        return _types(tuple((codec.number, codec.name, codec.clock_rate, rtx) for codec, rtx in self.codecs))


@lru_cache(_TYPES_KEPT)
def _types(codecs: tuple[tuple[int, str, int, int | None], ...]) -> tuple[PayloadType, ...]:
    """One value for every line of every peer that has the same: a browser's two dozen lines have two."""
    return tuple(PayloadType(*one) for one in codecs)


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked offer. fingerprint: SHA-256 of the client's certificate, 32 bytes. slots_max: from the settings.

    session: sess-id of the o= line, the same in every offer of one peer connection (RFC 8829 §5.2.2), "" if
    unreadable. extensions: URI -> id, one id for each in the whole BUNDLE.
    downlink_transport_cc: from the settings.
    """

    session: str
    ufrag: str
    pwd: str
    fingerprint: bytes
    lines: tuple[OfferedLine, ...]
    extensions: dict[str, int]
    slots_max: int
    downlink_transport_cc: bool

    @property
    def layout(self) -> tuple[tuple[str, str], ...]:
        """Give (kind, mid) of every line, ("", "") for one that is rejected."""
        return tuple((line.kind, line.mid or "") if line.accepted else ("", "") for line in self.lines)


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
    ufrag, pwd = _ice(session, live)
    return Offer(
        session=session.session,
        ufrag=ufrag,
        pwd=pwd,
        fingerprint=_fingerprint(session, live),
        lines=lines,
        extensions=_extensions([line for line in lines if line.accepted]),
        slots_max=limits.slots_per_peer,
        downlink_transport_cc=limits.downlink_transport_cc,
    )


def _line(section: Section, session_direction: str | None, bundle: tuple[str, ...]) -> OfferedLine:
    known = sdp_codecs.ranked(section) if section.kind in {"audio", "video"} else ()
    in_use = section.port != 0 or section.bundle_only
    accepted = bool(known) and in_use and section.protocol == _PROTOCOL and section.mid in bundle
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
        codecs=known,
        extensions=tuple(
            (number, uri)
            for number, uri in section.extensions.items()
            if number in _ONE_BYTE_IDS and uri in EXTENSIONS
        ),
        rids=section.simulcast,
        ssrcs=_ssrcs(section),
    )


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


def _extensions(lines: Sequence[OfferedLine]) -> dict[str, int]:
    """RFC 9143 §9.1: within a BUNDLE an extension id means one URI. SdpError if it does not.

    A URI under several ids is allowed there; the engine knows one, so the first counts.
    """
    meanings: dict[int, str] = {}
    out: dict[str, int] = {}
    for number, uri in (pair for line in lines for pair in line.extensions):
        if meanings.setdefault(number, uri) != uri:
            raise SdpError("extmap")
        out.setdefault(uri, number)
    return out


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
