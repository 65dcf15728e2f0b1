"""Which codecs we carry, in which order, and what of their feedback is agreed on. Pure; the answerer's table.

Nothing is decoded here: a codec is carried if the engine can find its key frames and number its packets anew.
H.264 with packetization-mode 0 is left out: who offers it offers mode 1 too, whose packets hold the same and more
(RFC 6184 §6.3), and a picture cannot go from one mode to the other without being packed anew.
RED is agreed to when offered, after Opus, so that browsers send plain Opus: in-band FEC repairs single losses at no
cost in packets, and twice the sound (Chromium, measured: 113 kbit/s instead of 59) would be paid for on every
listener's line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.sdp_lines import Codec, Section

OPUS_BITRATE_BPS = 64_000  # browsers send 32 kbit/s unasked; testimony is kept for decades

# Dynamic payload types; with rtcp-mux 64..95 would look like RTCP (RFC 5761 §4).
_PAYLOAD_TYPES = frozenset((*range(35, 64), *range(96, 128)))
_H264_PROFILES = {"42e0": 1, "4200": 2}  # constrained baseline, baseline: what every browser decodes
_VIDEO_REPAIR = ("ccm fir", "nack", "nack pli")


def ranked(section: Section) -> tuple[tuple[Codec, int | None], ...]:
    """Give the codecs of an offered line that we carry, best first, each with its RTX payload type, if any."""
    usable = [codec for codec in section.codecs.values() if codec.number in _PAYLOAD_TYPES]
    retransmits = {
        codec.parameter("apt"): codec.number
        for codec in reversed(usable)
        if codec.name == "rtx" and section.kind == "video"
    }
    opus = frozenset(codec.number for codec in usable if _is_opus(section.kind, codec))
    found = [(rank, codec) for codec in usable if (rank := _rank(section.kind, codec, opus)) is not None]
    found.sort(key=lambda item: item[0])
    return tuple((codec, retransmits.get(str(codec.number))) for _, codec in found)


def _is_opus(kind: str, codec: Codec) -> bool:
    # RFC 7587 §7: always written /2.
    return (kind, codec.name, codec.clock_rate, codec.channels) == ("audio", "opus", 48000, 2)


def _rank(kind: str, codec: Codec, opus: frozenset[int]) -> int | None:
    """Give the codec's place in our order of preference, None for one we do not carry."""
    if _is_opus(kind, codec):
        return 0
    match kind, codec.name, codec.clock_rate:
        case "audio", "red", 48000 if codec.channels == 2:  # noqa: PLR2004  as the Opus within
            return 1 if any(codec.fmtp == f"{number}/{number}" for number in opus) else None
        case "video", "vp8", 90000:
            return 0
        case "video", "h264", 90000 if codec.parameter("packetization-mode") == "1":
            profile = (codec.parameter("profile-level-id") or "").lower()
            return _H264_PROFILES.get(profile[:4]) if len(profile) == 6 else None  # noqa: PLR2004
        case "video", "vp9", 90000 if (codec.parameter("profile-id") or "0") == "0":
            return 3
        case "video", "av1", 90000 if (codec.parameter("profile") or "0") == "0":
            return 4
        case _:
            return None


def uplink_feedback(kind: str, *, transport_cc: bool) -> tuple[str, ...]:
    """Say what we tell a sender. Sound may be asked for again: the tape takes it however late it comes."""
    if kind == "video":
        return ("transport-cc" if transport_cc else "goog-remb", *_VIDEO_REPAIR)
    return ("transport-cc", "nack") if transport_cc else ("nack",)


def slot_feedback(kind: str, *, transport_cc: bool) -> tuple[str, ...]:
    """Say what a receiver may tell us. No NACK of sound: what comes a round trip later is not played any more."""
    if kind == "video":
        return ("transport-cc" if transport_cc else "goog-remb", *_VIDEO_REPAIR)
    return ("transport-cc",) if transport_cc else ()


def lines(codec: Codec, rtx: int | None, feedback: tuple[str, ...]) -> list[str]:
    """Write one codec of the answer; of the feedback only what was offered for it."""
    n = codec.number
    agreed = [f"a=rtcp-fb:{n} {one}" for one in feedback if one in codec.feedback]
    match codec.name:
        case "opus":
            return [f"a=rtpmap:{n} opus/48000/2", *agreed, f"a=fmtp:{n} {_opus_wishes(codec.fmtp)}"]
        case "red":
            return [f"a=rtpmap:{n} red/48000/2", *agreed, f"a=fmtp:{n} {codec.fmtp}"]
    out = [f"a=rtpmap:{n} {codec.name.upper()}/{codec.clock_rate}"]
    out += [f"a=fmtp:{n} {codec.fmtp}"] if codec.fmtp else []
    out += agreed
    if rtx is not None:
        out += [f"a=rtpmap:{rtx} rtx/{codec.clock_rate}", f"a=fmtp:{rtx} apt={n}"]
    return out


def _opus_wishes(fmtp: str) -> str:
    """Say what we want to receive (RFC 7587 §6.1): mono, and in-band FEC, for tape and recogniser need it under loss."""
    kept = [pair.strip() for pair in fmtp.split(";") if pair.strip()]
    ours = {"useinbandfec", "stereo", "sprop-stereo", "maxaveragebitrate"}
    kept = [pair for pair in kept if pair.partition("=")[0] not in ours]
    return ";".join([*kept, "useinbandfec=1", f"maxaveragebitrate={OPUS_BITRATE_BPS}"])
