"""Offer in, answer and agreement out (RFC 8829, RFC 9143, RFC 8853): the subset browsers and we speak. Pure.

We are ICE-lite and DTLS server, everything is in one BUNDLE. The first audio and the first video line on which the
client sends are its uplinks; lines on which it only receives are paired into downlink slots; the rest is inactive
or rejected. A later offer of the same peer connection keeps what was agreed and may add slots, or restart ICE.
It must never raise anything but SdpError, nor write a piece of the offer into the answer that has not
passed a pattern (media/sdp_lines.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from media import sdp_codecs
from media.addresses import candidate_lines, family
from media.ids import Kind
from media.negotiated import (
    EXT_ABS_SEND_TIME,
    EXT_MID,
    EXT_TRANSPORT_CC,
    Negotiated,
    SlotLine,
    SlotPair,
    Uplink,
)
from media.offers import Offer, OfferedLine, parse_offer
from media.sdp_lines import SdpError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "LocalDescription",
    "Offer",
    "OfferedLine",
    "SdpError",
    "answer",
    "continued",
    "continues",
    "parse_offer",
]

# What we write into packets of the slots. abs-send-time: receivers estimate by it and tell us in REMB.
SLOT_EXTENSIONS = (EXT_MID, EXT_ABS_SEND_TIME)
_ORIGIN = re.compile(r"^o=- [0-9]+ ([0-9]+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LocalDescription:
    """Our side. fingerprint: SHA-256, 32 bytes; candidates: (IP address, port), the most wanted first, not empty.

    ufrag and pwd: of the transport as it is, or fresh ones if the offer restarts ICE (Admission.renew).
    """

    ufrag: str
    pwd: str
    fingerprint: bytes
    candidates: tuple[tuple[str, int], ...]


def continues(offer: Offer, previous: Negotiated) -> bool:
    """Say whether an offer goes on with the peer connection that agreed on `previous`; if not, it is a new one.

    The same sess-id and the same certificate make it the same. Such an offer must keep every line in its place
    (RFC 8829 §5.2.2) and every slot a slot: SdpError("renegotiation") if it does not.
    """
    if not previous.session or (offer.session, offer.fingerprint) != (
        previous.session,
        previous.remote_fingerprint,
    ):
        return False
    _check_kept(offer, previous)
    return True


def continued(answer_text: str) -> bool:
    """Say whether an answer of ours goes on with a connection: it is not the first one of its session (RFC 3264 §8)."""
    found = _ORIGIN.search(answer_text)
    return found is not None and int(found[1]) > 1


def answer(
    offer: Offer, local: LocalDescription, allocate: Callable[[], int], previous: Negotiated | None = None
) -> tuple[str, Negotiated]:
    """Write the answer and the agreement. allocate gives a fresh SSRC of ours at each call.

    previous: of the running transport that the offer `continues`; its slots keep SSRCs, names and places, and new
    pairs come after them. SdpError("renegotiation") if the offer does not fit it.
    """
    if previous is not None:
        _check_kept(offer, previous)
    uplinks = _uplinks(offer, previous)
    slots = _slots(offer, allocate, previous)
    slot_mids = {line.mid for slot in slots for line in (slot.audio, slot.video)}
    slot_extensions = _slot_extensions(offer, [line for line in offer.lines if line.mid in slot_mids])
    agreed = {mid: _agreed_extensions(offer, line) for mid, (line, _) in uplinks.items()}
    bodies = {mid: _uplink_lines(line, uplink, agreed[mid]) for mid, (line, uplink) in uplinks.items()}
    offered = {line.mid: line.extensions for line in offer.lines}
    for slot in slots:
        for one in (slot.audio, slot.video):
            told = {n: uri for n, uri in slot_extensions.items() if (n, uri) in offered[one.mid]}
            bodies[one.mid] = _slot_lines(slot, one, told)
    feedback = {
        mid: sdp_codecs.uplink_feedback(line.kind, transport_cc=EXT_TRANSPORT_CC in agreed[mid].values())
        for mid, (line, _) in uplinks.items()
    }
    down = EXT_TRANSPORT_CC in slot_extensions.values()
    revision = previous.revision + 1 if previous is not None else 1
    out = _head(offer, revision)
    for line in offer.lines:
        if line.accepted and line.mid is not None:
            wanted = feedback.get(line.mid) or sdp_codecs.slot_feedback(line.kind, transport_cc=down)
            out += _section_lines(line, local, bodies.get(line.mid, ["a=inactive"]), wanted)
        else:
            out += _rejected_lines(line)
    return "\r\n".join(out) + "\r\n", Negotiated(
        remote_fingerprint=offer.fingerprint,
        uplinks=tuple(uplink for _, uplink in uplinks.values()),
        slots=slots,
        extensions={number: uri for ids in agreed.values() for number, uri in ids.items()},
        slot_extensions=slot_extensions,
        session=offer.session,
        layout=offer.layout,
        revision=revision,
    )


def _check_kept(offer: Offer, previous: Negotiated) -> None:
    now = offer.layout
    if len(now) < len(previous.layout):
        raise SdpError("renegotiation")
    for before, after in zip(previous.layout, now, strict=False):
        if before[1] and before != after:  # a line that was rejected may be used for another one
            raise SdpError("renegotiation")
    receiving = {line.mid for line in offer.lines if line.direction == "recvonly"}
    if any(line.mid not in receiving for slot in previous.slots for line in (slot.audio, slot.video)):
        raise SdpError("renegotiation")


# -- what is agreed on -------------------------------------------------------------------------------------


def _uplinks(offer: Offer, previous: Negotiated | None) -> dict[str, tuple[OfferedLine, Uplink]]:
    before = {uplink.mid for uplink in previous.uplinks} if previous is not None else set()
    out: dict[str, tuple[OfferedLine, Uplink]] = {}
    for kind in Kind:
        sending = [one for one in offer.lines if one.accepted and one.sends and one.kind == kind]
        sending.sort(key=lambda one: one.mid not in before)
        if sending and (mid := sending[0].mid) is not None:
            line = sending[0]
            rids = line.rids if kind is Kind.VIDEO else ()
            out[mid] = (line, Uplink(mid, kind, line.payload_types, rids, line.ssrcs))
    return out


def _slots(offer: Offer, allocate: Callable[[], int], previous: Negotiated | None) -> tuple[SlotPair, ...]:
    kept = previous.slots if previous is not None else ()
    known = {one.mid: one for slot in kept for one in (slot.audio, slot.video)}
    used = {ssrc for one in known.values() for ssrc in (one.ssrc, one.rtx_ssrc)}

    def fresh() -> int:
        while (ssrc := allocate()) in used:
            pass
        return ssrc

    by_mid = {line.mid: line for line in offer.lines if line.accepted and line.mid is not None}
    slots = [
        SlotPair(
            slot.index,
            slot.cname,
            _slot_line(by_mid[slot.audio.mid], Kind.AUDIO, fresh, slot.audio),
            _slot_line(by_mid[slot.video.mid], Kind.VIDEO, fresh, slot.video),
        )
        for slot in kept
    ]
    new = [line for mid, line in by_mid.items() if line.direction == "recvonly" and mid not in known]
    audio = [line for line in new if line.kind == Kind.AUDIO]
    video = [line for line in new if line.kind == Kind.VIDEO]
    for a, v in list(zip(audio, video, strict=False))[: max(0, offer.slots_max - len(slots))]:
        index = len(slots)
        slots.append(
            SlotPair(
                index, f"slot{index}", _slot_line(a, Kind.AUDIO, fresh), _slot_line(v, Kind.VIDEO, fresh)
            )
        )
    return tuple(slots)


def _slot_line(
    line: OfferedLine, kind: Kind, fresh: Callable[[], int], before: SlotLine | None = None
) -> SlotLine:
    types = line.payload_types
    ssrc = before.ssrc if before is not None else fresh()
    repair = before.rtx_ssrc if before is not None else None
    if any(payload.rtx is not None for payload in types):
        repair = repair if repair is not None else fresh()
    return SlotLine(line.mid or "", kind, ssrc, repair, types)


def _agreed_extensions(offer: Offer, line: OfferedLine) -> dict[int, str]:
    """Give id -> URI of what the client shall write on an uplink."""
    ids = {number: uri for number, uri in line.extensions if offer.extensions[uri] == number}
    counted = "transport-cc" in line.codecs[0][0].feedback
    return {number: uri for number, uri in ids.items() if counted or uri != EXT_TRANSPORT_CC}


def _slot_extensions(offer: Offer, lines: Sequence[OfferedLine]) -> dict[int, str]:
    """Give id -> URI of what we write on the slots: what all of them offer under one id.

    abs-send-time is for pictures: Firefox offers it there only, and passes over it on sound.
    """
    wanted = [*SLOT_EXTENSIONS]
    if offer.downlink_transport_cc and all("transport-cc" in line.codecs[0][0].feedback for line in lines):
        wanted.append(EXT_TRANSPORT_CC)
    found = [(offer.extensions[uri], uri) for uri in wanted if uri in offer.extensions]
    return {
        number: uri
        for number, uri in found
        if lines
        and all(
            (number, uri) in line.extensions or (uri == EXT_ABS_SEND_TIME and line.kind == Kind.AUDIO)
            for line in lines
        )
    }


# -- how it is written -------------------------------------------------------------------------------------


def _head(offer: Offer, revision: int) -> list[str]:
    # RFC 8866 §5.2: one number for the session, whatever ICE does; a version that rises with each answer.
    number = int.from_bytes(sha256(offer.fingerprint + offer.session.encode()).digest()[:7], "big")
    mids = " ".join(line.mid for line in offer.lines if line.accepted and line.mid is not None)
    return [
        "v=0",
        f"o=- {number} {revision} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        # Candidates may come later, of a network that came up: no a=end-of-candidates below (RFC 8840 §4.1).
        "a=ice-options:trickle",
        f"a=group:BUNDLE {mids}",
        "a=msid-semantic: WMS *",
    ]


def _rejected_lines(line: OfferedLine) -> list[str]:
    out = [f"m={line.kind} 0 {line.protocol} {' '.join(line.formats)}", "c=IN IP4 0.0.0.0", "a=inactive"]
    return out + ([f"a=mid:{line.mid}"] if line.mid is not None else [])


def _section_lines(
    line: OfferedLine, local: LocalDescription, body: Sequence[str], feedback: tuple[str, ...]
) -> list[str]:
    # The default candidate is IPv4 where there is one: what is not ICE understands that, if anything (RFC 8421 §5).
    host, port = next((one for one in local.candidates if family(one[0]) == "IP4"), local.candidates[0])
    numbers = [str(n) for codec, rtx in line.codecs for n in (codec.number, rtx) if n is not None]
    return [
        f"m={line.kind} {port} {line.protocol} {' '.join(numbers)}",
        f"c=IN {family(host)} {host}",
        f"a=rtcp:{port} IN {family(host)} {host}",
        *(f"a={one}" for one in candidate_lines(local.candidates)),
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint.hex(':').upper()}",
        "a=setup:passive",
        f"a=mid:{line.mid}",
        *body,
        "a=rtcp-mux",
        *(["a=rtcp-rsize"] if line.reduced_size else []),
        *(text for codec, rtx in line.codecs for text in sdp_codecs.lines(codec, rtx, feedback)),
    ]


def _extmap_lines(extensions: dict[int, str]) -> list[str]:
    return [f"a=extmap:{number} {uri}" for number, uri in extensions.items()]


def _uplink_lines(line: OfferedLine, uplink: Uplink, extensions: dict[int, str]) -> list[str]:
    out = ["a=recvonly" if line.sends else "a=inactive", *_extmap_lines(extensions)]
    if uplink.rids:
        out += [f"a=rid:{rid} recv" for rid in uplink.rids]
        out.append(f"a=simulcast:recv {';'.join(uplink.rids)}")
    return out


def _slot_lines(slot: SlotPair, line: SlotLine, extensions: dict[int, str]) -> list[str]:
    out = ["a=sendonly", *_extmap_lines(extensions), f"a=msid:{slot.cname} {slot.cname}-{line.kind}"]
    if line.rtx_ssrc is not None:
        out.append(f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}")
    out += [f"a=ssrc:{ssrc} cname:{slot.cname}" for ssrc in (line.ssrc, line.rtx_ssrc) if ssrc is not None]
    return out
