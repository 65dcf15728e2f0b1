"""Session descriptions of the test client: an offer by hand, and what it needs of an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

OPUS, VP8, VP8_RTX, H264, H264_RTX = 111, 96, 97, 102, 103
EXT_LEVEL, EXT_TIME, EXT_MID, EXT_RID, EXT_RRID = 1, 2, 4, 10, 11

_AUDIO = (
    f"a=rtpmap:{OPUS} opus/48000/2",
    f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
    f"a=extmap:{EXT_LEVEL} urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    f"a=extmap:{EXT_TIME} http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    f"a=extmap:{EXT_MID} urn:ietf:params:rtp-hdrext:sdes:mid",
)
_H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
_VIDEO = (
    *(
        line
        for pt, rtx, name in ((VP8, VP8_RTX, "VP8"), (H264, H264_RTX, "H264"))
        for line in (
            f"a=rtpmap:{pt} {name}/90000",
            *(f"a=rtcp-fb:{pt} {feedback}" for feedback in ("goog-remb", "ccm fir", "nack", "nack pli")),
            f"a=rtpmap:{rtx} rtx/90000",
            f"a=fmtp:{rtx} apt={pt}",
        )
    ),
    f"a=fmtp:{H264} {_H264}",
    f"a=extmap:{EXT_TIME} http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    f"a=extmap:{EXT_MID} urn:ietf:params:rtp-hdrext:sdes:mid",
    f"a=extmap:{EXT_RID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    f"a=extmap:{EXT_RRID} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the client wants to agree on. ssrcs: (kind, rid or "") -> media SSRC of the client."""

    ufrag: str
    pwd: str
    fingerprint: bytes
    audio: bool
    video: bool
    rids: tuple[str, ...]
    slots: int
    ssrcs: dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Slot:
    """One downlink slot pair as the answer names it."""

    audio_ssrc: int
    video_ssrc: int
    video_rtx_ssrc: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client needs of an answer."""

    ufrag: str
    pwd: str
    fingerprint: bytes
    candidates: tuple[tuple[str, int], ...]
    slots: tuple[Slot, ...]
    sections: tuple[str, ...]


def mids(wish: Wish) -> dict[str, str]:
    """Uplink kind -> mid."""
    kinds = [kind for kind, wanted in (("audio", wish.audio), ("video", wish.video)) if wanted]
    return {kind: str(index) for index, kind in enumerate(kinds)}


def write_offer(wish: Wish) -> str:
    """Uplinks first, then the slot pairs, all in one BUNDLE."""
    up = mids(wish)
    lines = [(kind, True) for kind in up] + [("audio", False), ("video", False)] * wish.slots
    out = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    out.append("a=group:BUNDLE " + " ".join(str(index) for index in range(len(lines))))
    for index, (kind, sends) in enumerate(lines):
        numbers = f"{OPUS}" if kind == "audio" else f"{VP8} {VP8_RTX} {H264} {H264_RTX}"
        out += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {numbers}",
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{wish.ufrag}",
            f"a=ice-pwd:{wish.pwd}",
            f"a=fingerprint:sha-256 {wish.fingerprint.hex(':').upper()}",
            "a=setup:actpass",
            f"a=mid:{index}",
            "a=sendonly" if sends else "a=recvonly",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            *(_AUDIO if kind == "audio" else _VIDEO),
        ]
        if sends:
            out += _sources(wish, kind)
    return "\r\n".join(out) + "\r\n"


def _sources(wish: Wish, kind: str) -> list[str]:
    if kind == "video" and wish.rids:
        return [f"a=rid:{rid} send" for rid in wish.rids] + [f"a=simulcast:send {';'.join(wish.rids)}"]
    return [f"a=ssrc:{wish.ssrcs[kind, '']} cname:test"]


def read_answer(text: str) -> Answer:
    """Read the answer with patterns only; a missing piece is an AssertionError of the test."""
    _, *sections = re.split(r"(?m)^(?=m=)", text)
    live = [section for section in sections if not re.match(r"m=\w+ 0 ", section)]
    assert live, "no line was accepted"
    sending = [section for section in live if "a=sendonly" in section]
    return Answer(
        ufrag=_one(r"a=ice-ufrag:(\S+)", live[0]),
        pwd=_one(r"a=ice-pwd:(\S+)", live[0]),
        fingerprint=bytes.fromhex(_one(r"a=fingerprint:sha-256 (\S+)", live[0]).replace(":", "")),
        candidates=tuple(
            (ip, int(port))
            for ip, port in re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", live[0])
        ),
        slots=tuple(
            _slot(audio, video)
            for audio, video in zip(
                [section for section in sending if section.startswith("m=audio")],
                [section for section in sending if section.startswith("m=video")],
                strict=True,
            )
        ),
        sections=tuple(sections),
    )


def _slot(audio: str, video: str) -> Slot:
    pair = re.search(r"a=ssrc-group:FID (\d+) (\d+)", video)
    return Slot(
        audio_ssrc=int(_one(r"a=ssrc:(\d+)", audio)),
        video_ssrc=int(_one(r"a=ssrc:(\d+)", video)),
        video_rtx_ssrc=int(pair[2]) if pair else None,
    )


def _one(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, f"the answer has no {pattern}"
    return match[1]
