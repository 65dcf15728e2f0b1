"""Lines of a session description (RFC 8866) into m-sections of the subset browsers offer. Pure.

Reads; decides nothing. No exception but SdpError leaves this module whatever the text is, and no text goes into
values kept here without having passed a pattern of its own, for the answerer writes some of them out again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TEXT_MAX = 16  # characters of a mid or rid: what a one-byte RTP header extension can carry (RFC 8285 §4.2)
RIDS_MAX = 8
SSRCS_MAX = 32  # a=ssrc and group members of one m-line
CODECS_MAX = 64  # payload types of one m-line
FEEDBACK_MAX = 16  # a=rtcp-fb values of one payload type, and of "*"
FMTP_MAX = 256  # characters of one a=fmtp line

_LINE = re.compile(r"([a-z])=([^\x00-\x08\x0a-\x1f\x7f]*)")
_NUMBER = re.compile(r"[0-9]{1,10}")
_TOKEN = re.compile(rf"[A-Za-z0-9_\-]{{1,{TEXT_MAX}}}")
_MEDIA = re.compile(
    r"([a-z]{1,16}) ([0-9]{1,5})(?:/[0-9]{1,5})? ([A-Za-z0-9/]{1,32})((?: [!-~]{1,64}){1,255})"
)
_RTPMAP = re.compile(r"([0-9]{1,3}) ([A-Za-z0-9_.\-]{1,32})/([0-9]{1,6})(?:/([0-9]))?")
_FMTP = re.compile(rf"([0-9]{{1,3}}) ([ -~]{{1,{FMTP_MAX}}})")
_FEEDBACK = re.compile(r"([0-9]{1,3}|\*) ([ -~]{1,64})")
_EXTMAP = re.compile(r"([0-9]{1,5})(?:/[a-z]{1,8})? ([!-~]{1,255})(?: [ -~]*)?")
_RID = re.compile(rf"([A-Za-z0-9_\-]{{1,{TEXT_MAX}}}) (send|recv)(?: [!-~]*)?")
_FINGERPRINT = re.compile(r"([A-Za-z0-9\-]{1,16}) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){0,127})")
_SSRC = re.compile(r"([0-9]{1,10})(?: .*)?")
_ORIGIN = re.compile(r"[!-~]{1,128} ([0-9]{1,20}) [0-9]{1,20} IN IP[46] [!-~]{1,128}")
_ICE_TEXT = re.compile(r"[A-Za-z0-9+/\-_=]{4,256}")  # ice-char, and what some clients add to it
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})
_FLAGS = {"rtcp-mux": "rtcp_mux", "rtcp-rsize": "rtcp_rsize", "bundle-only": "bundle_only"}
_SSRC_LIMIT = 1 << 32


class SdpError(ValueError):
    """The offer cannot be answered. reason: stable id, never a piece of the offer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Codec:
    """One payload type of an m-line as offered. feedback: the a=rtcp-fb values that apply to it."""

    number: int
    name: str = ""
    clock_rate: int = 0
    channels: int = 1
    fmtp: str = ""
    feedback: tuple[str, ...] = ()

    def parameter(self, key: str) -> str | None:
        """Give one key of the fmtp line, or None."""
        for pair in self.fmtp.split(";"):
            name, _, value = pair.strip().partition("=")
            if name.lower() == key:
                return value
        return None


@dataclass(slots=True)
class Section:
    """The session part (kind "") or one m-section, as far as we read them. session: sess-id of the o= line."""

    kind: str = ""
    session: str = ""
    port: int = 0
    protocol: str = ""
    formats: tuple[str, ...] = ()
    mid: str | None = None
    direction: str | None = None
    ufrag: str | None = None
    pwd: str | None = None
    setup: str | None = None
    fingerprints: list[bytes] = field(default_factory=list)
    bundle: tuple[str, ...] | None = None
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    bundle_only: bool = False
    codecs: dict[int, Codec] = field(default_factory=dict)
    feedback: list[str] = field(default_factory=list)
    extensions: dict[int, str] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)
    simulcast: tuple[str, ...] = ()
    ssrcs: list[int] = field(default_factory=list)
    pairs: dict[int, int] = field(default_factory=dict)
    candidates: int = 0


def read(text: str, bytes_max: int, sections_max: int, candidates_max: int) -> list[Section]:
    """Give the session part and every m-section, in order. SdpError for what is not a session description."""
    # Characters first: encoding a huge text only to measure it would be work done for a stranger.
    if len(text) > bytes_max or len(text.encode("utf-8", "surrogatepass")) > bytes_max:
        raise SdpError("too-long")
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if lines[0] != "v=0":
        raise SdpError("version")
    sections = [Section()]
    for line in lines:
        _take(sections, line, sections_max)
    if sum(section.candidates for section in sections) > candidates_max:
        raise SdpError("too-many-candidates")
    for section in sections:
        if section.simulcast and sorted(section.simulcast) != sorted(section.rids):
            raise SdpError("simulcast")
    return sections


def _take(sections: list[Section], line: str, sections_max: int) -> None:
    match = _LINE.fullmatch(line)
    if match is None:
        raise SdpError("line")
    letter, value = match.groups()
    if letter == "m":
        if len(sections) > sections_max:
            raise SdpError("too-many-sections")
        sections.append(_media(value))
    elif letter == "o":
        origin = _ORIGIN.fullmatch(value)
        sections[0].session = origin[1] if origin is not None else ""
    elif letter == "a":
        _attribute(sections[-1], value)


def _media(value: str) -> Section:
    match = _MEDIA.fullmatch(value)
    if match is None:
        raise SdpError("media-line")
    kind, port, protocol, formats = match.groups()
    section = Section(kind=kind, port=int(port), protocol=protocol, formats=tuple(formats.split()))
    if kind in {"audio", "video"}:
        for text in section.formats:
            number = _number(text, 128, "payload-type")
            if number in section.codecs or len(section.codecs) >= CODECS_MAX:
                raise SdpError("payload-type")
            section.codecs[number] = Codec(number)
    return section


def _attribute(section: Section, value: str) -> None:
    name, _, rest = value.partition(":")
    if name in _DIRECTIONS:
        section.direction = name
    elif name in _FLAGS:
        setattr(section, _FLAGS[name], True)
    elif name in _READERS:
        _READERS[name](section, rest)


def _number(text: str, below: int, reason: str) -> int:
    if _NUMBER.fullmatch(text) is None or int(text) >= below:
        raise SdpError(reason)
    return int(text)


def _read_mid(section: Section, value: str) -> None:
    if _TOKEN.fullmatch(value) is None:
        raise SdpError("mid")
    section.mid = value


def _read_group(section: Section, value: str) -> None:
    semantics, *mids = value.split(" ")
    if semantics == "BUNDLE":
        section.bundle = tuple(mids)


def _read_ufrag(section: Section, value: str) -> None:
    section.ufrag = _ice_text(value)


def _read_pwd(section: Section, value: str) -> None:
    section.pwd = _ice_text(value)


def _ice_text(value: str) -> str:
    if _ICE_TEXT.fullmatch(value) is None:
        raise SdpError("ice")
    return value


def _read_setup(section: Section, value: str) -> None:
    section.setup = value


def _read_fingerprint(section: Section, value: str) -> None:
    match = _FINGERPRINT.fullmatch(value)
    if match is None:
        raise SdpError("fingerprint")
    if match[1].lower() == "sha-256":
        section.fingerprints.append(bytes.fromhex(match[2].replace(":", "")))


def _read_rtpmap(section: Section, value: str) -> None:
    match = _RTPMAP.fullmatch(value)
    if match is None:
        raise SdpError("rtpmap")
    codec = section.codecs.get(int(match[1]))
    if codec is not None:
        codec.name, codec.clock_rate, codec.channels = match[2].lower(), int(match[3]), int(match[4] or 1)


def _read_fmtp(section: Section, value: str) -> None:
    # An unreadable fmtp of a format we do not know (a data channel, telephone-event ranges) is no matter of ours.
    match = _FMTP.fullmatch(value)
    codec = section.codecs.get(int(match[1])) if match else None
    if match and codec is not None:
        codec.fmtp = match[2]


def _read_feedback(section: Section, value: str) -> None:
    match = _FEEDBACK.fullmatch(value)
    if match is None:
        return
    number, value = match.groups()
    if number == "*":
        if value in section.feedback or len(section.feedback) >= FEEDBACK_MAX:
            return
        section.feedback.append(value)
    numbers = tuple(section.codecs) if number == "*" else (int(number),)
    for codec in (section.codecs[n] for n in numbers if n in section.codecs):
        if len(codec.feedback) < FEEDBACK_MAX:
            codec.feedback += (value,)


def _read_extmap(section: Section, value: str) -> None:
    match = _EXTMAP.fullmatch(value)
    if match is None:
        raise SdpError("extmap")
    number = int(match[1])
    if number in section.extensions or not number:
        raise SdpError("extmap")
    section.extensions[number] = match[2]


def _read_rid(section: Section, value: str) -> None:
    match = _RID.fullmatch(value)
    if match is None:
        raise SdpError("rid")
    if match[2] == "send":
        if match[1] in section.rids or len(section.rids) >= RIDS_MAX:
            raise SdpError("rid")
        section.rids.append(match[1])


def _read_simulcast(section: Section, value: str) -> None:
    # RFC 8853: "send 1,~4;2 recv 3"; of alternatives the first is taken, "~" (starts paused) makes no difference.
    words = value.split(" ")
    if len(words) % 2:
        raise SdpError("simulcast")
    for direction, layers in zip(words[::2], words[1::2], strict=True):
        if direction == "send":
            section.simulcast = tuple(layer.split(",", 1)[0].lstrip("~") for layer in layers.split(";"))


def _read_ssrc(section: Section, value: str) -> None:
    match = _SSRC.fullmatch(value)
    if match is None:
        raise SdpError("ssrc")
    number = _number(match[1], _SSRC_LIMIT, "ssrc")
    if number not in section.ssrcs:
        if len(section.ssrcs) >= SSRCS_MAX:
            raise SdpError("ssrc")
        section.ssrcs.append(number)


def _read_ssrc_group(section: Section, value: str) -> None:
    semantics, *members = value.split(" ")
    if semantics != "FID":
        return
    numbers = [_number(member, _SSRC_LIMIT, "ssrc") for member in members]
    if len(numbers) != 2 or len(section.pairs) >= SSRCS_MAX:  # noqa: PLR2004  RFC 5576 §4.2: media and its partner
        raise SdpError("ssrc")
    section.pairs[numbers[0]] = numbers[1]


def _read_candidate(section: Section, value: str) -> None:  # noqa: ARG001  a lite agent waits for the peer's checks
    section.candidates += 1


_READERS = {
    "mid": _read_mid,
    "group": _read_group,
    "ice-ufrag": _read_ufrag,
    "ice-pwd": _read_pwd,
    "setup": _read_setup,
    "fingerprint": _read_fingerprint,
    "rtpmap": _read_rtpmap,
    "fmtp": _read_fmtp,
    "rtcp-fb": _read_feedback,
    "extmap": _read_extmap,
    "rid": _read_rid,
    "simulcast": _read_simulcast,
    "ssrc": _read_ssrc,
    "ssrc-group": _read_ssrc_group,
    "candidate": _read_candidate,
}
