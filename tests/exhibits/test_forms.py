"""A material is what its first bytes say, whatever it is called."""

from __future__ import annotations

import pytest

from server.exhibits.forms import FORMS, HEAD_BYTES, M4A, MP3, MP4, OGG, PDF, WAV, WEBM, WEBP, Form, form_of

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"%PDF-1.7\n", PDF),
        (b"\x89PNG\r\n\x1a\n", FORMS[".png"]),
        (b"\xff\xd8\xff\xe0", FORMS[".jpg"]),
        (b"RIFF\0\0\0\0WEBPVP8 ", WEBP),
        (b"RIFF\0\0\0\0WAVEfmt ", WAV),
        (b"\0\0\0\x20ftypisom", MP4),
        (b"\0\0\0\x20ftypM4A ", M4A),
        (b"\x1a\x45\xdf\xa3\x01", WEBM),
        (b"OggS\0", OGG),
        (b"ID3\x04", MP3),
        (b"\xff\xfb\x90\x00", MP3),
    ],
)
def test_what_is_taken_is_known(head: bytes, form: Form) -> None:
    assert form_of(head.ljust(HEAD_BYTES, b"\0")) is form


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"<html><script>",
        b"<svg xmlns=",
        b"<?xml version",
        b"GIF89a",
        b"PK\x03\x04",
        b"MZ\x90",
        b"#EXTM3U\n",
        b"ffconcat version 1.0",
        b"RIFF\0\0\0\0AVI LIST",
        b"\0\0\0\x20ftypheic",
        b"\0\0\0\x20ftypqt  ",
        b" %PDF-1.7",
        b"\xff\xf1\x50",  # ADTS: layer 0
    ],
)
def test_anything_else_is_not(head: bytes) -> None:
    assert form_of(head) is None


def test_each_form_is_named_once_by_its_suffix() -> None:
    assert all(suffix == form.suffix for suffix, form in FORMS.items())
    assert {form.kind for form in FORMS.values()} == {"pdf", "image", "video", "audio"}
