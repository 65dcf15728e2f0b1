"""What a material is, by its first bytes and never by its name. Pure. What is not in this list is not taken."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 64
"""As much of a file's beginning as is looked at."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is taken. suffix, content_type: of what is given out for playing; container: as FFmpeg names it."""

    kind: str
    suffix: str
    content_type: str
    container: str = ""


PDF = Form("pdf", ".pdf", "application/pdf")
PNG = Form("image", ".png", "image/png")
JPEG = Form("image", ".jpg", "image/jpeg")
WEBP = Form("image", ".webp", "image/webp")
MP4 = Form("video", ".mp4", "video/mp4", "mp4")
WEBM = Form("video", ".webm", "video/webm", "webm")
M4A = Form("audio", ".m4a", "audio/mp4", "mp4")
MP3 = Form("audio", ".mp3", "audio/mpeg", "mp3")
OGG = Form("audio", ".ogg", "audio/ogg", "ogg")
WAV = Form("audio", ".wav", "audio/wav", "wav")

FORMS = {form.suffix: form for form in (PDF, PNG, JPEG, WEBP, MP4, WEBM, M4A, MP3, OGG, WAV)}

_MP4_BRANDS = (
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"dash",
    b"M4V ",
    b"MSNV",
    b"3gp",
)
_MPEG_SYNC = 0xE0


def form_of(head: bytes) -> Form | None:
    """The form of a file that begins like this, or None for one that is not taken."""
    for form, begins in (
        (PDF, b"%PDF-"),
        (PNG, b"\x89PNG\r\n\x1a\n"),
        (JPEG, b"\xff\xd8\xff"),
        (WEBM, b"\x1a\x45\xdf\xa3"),
        (OGG, b"OggS"),
        (MP3, b"ID3"),
    ):
        if head.startswith(begins):
            return form
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _mp4(head[8:12])
    return MP3 if _is_mpeg_layer_3(head) else None


def _is_mpeg_layer_3(head: bytes) -> bool:
    """Frames of MPEG audio, layer III, without a tag before them."""
    if len(head) < 2 or head[0] != 0xFF:  # noqa: PLR2004  the first two bytes of a frame
        return False
    return head[1] & _MPEG_SYNC == _MPEG_SYNC and head[1] >> 1 & 3 == 1


def _mp4(brand: bytes) -> Form | None:
    if brand in {b"M4A ", b"M4B "}:
        return M4A
    return MP4 if brand.startswith(_MP4_BRANDS) else None
