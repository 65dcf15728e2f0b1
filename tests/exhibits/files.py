"""Materials for tests, made here: no file of anybody."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

PLACE = b"GPS-23.1291-113.2644"
"""Planted in what files say beside their pixels and sounds; must never be given out."""


def page(text: str, size: tuple[int, int] = (620, 877)) -> Image.Image:
    """A page with a word on it."""
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((40, 40), text, fill="black")
    return picture


def pdf(pages: int = 3) -> bytes:
    """A PDF of so many pages."""
    out = BytesIO()
    first, *rest = [page(f"page {number}") for number in range(1, pages + 1)]
    first.save(out, "PDF", save_all=True, append_images=rest)
    return out.getvalue()


def photo(form: str = "JPEG", size: tuple[int, int] = (800, 600)) -> bytes:
    """A photograph that says where it was taken, turned on its side by its metadata."""
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    exif[0x010E] = PLACE.decode()
    page("photo", size).save(out, form, exif=exif)
    return out.getvalue()


def bomb(side: int = 30_000) -> bytes:
    """A small PNG that unfolds into a large picture."""
    out = BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


def sound(container: str, codec: str, tmp: Path, seconds: int = 1) -> bytes:
    """A tone, with the place in its metadata."""
    return _coded(tmp, container, (("audio", codec),), seconds)


def film(container: str, codecs: tuple[tuple[str, str], ...], tmp: Path) -> bytes:
    """A moving picture, with the place in its metadata."""
    return _coded(tmp, container, codecs, 1)


def _coded(tmp: Path, container: str, codecs: tuple[tuple[str, str], ...], seconds: int) -> bytes:
    path = tmp / f"made.{container}"
    with av.open(str(path), "w", format=container) as out:
        out.metadata["title"] = PLACE.decode()
        streams: list[Any] = []
        for kind, codec in codecs:
            stream: Any = out.add_stream(codec, rate=48000 if kind == "audio" else 10)
            if kind == "video":
                stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
            else:
                stream.layout = "mono"
            streams.append(stream)
        for stream in streams:
            for frame in _frames(stream.type, seconds):
                for packet in stream.encode(frame):
                    out.mux(packet)
            for packet in stream.encode(None):
                out.mux(packet)
    return path.read_bytes()


def _frames(kind: str, seconds: int) -> list[Any]:
    if kind == "video":
        return [
            av.VideoFrame.from_ndarray(np.full((120, 160, 3), 20 * n, np.uint8), format="rgb24")
            for n in range(10 * seconds)
        ]
    frames = []
    for n in range(50 * seconds):
        wave = (np.sin(np.arange(n * 960, n * 960 + 960) / 20) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, n * 960
        frames.append(frame)
    return frames
