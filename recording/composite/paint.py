"""Draws words and cards as planes of YUV 4:2:0 (BT.601, limited range), and remembers what it drew. Knows no scene.

Needs a font with Chinese: without one nothing is drawn at all, since boxes in the place of names are worse than no film.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    Plane = np.ndarray[Any, np.dtype[np.uint8]]

PLACES = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJKsc-Regular.otf"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
)
"""Where systems put the font (Debian: fonts-noto-cjk)."""

INK, SOFT, LIVE, WARN = "#eef2f8", "#a9b6c8", "#7ad39a", "#f2c46d"
GROUND, PANEL, DARK = "#0d131c", "#1b2635", "#121a26"
_KEPT = 64  # panels that are remembered: names come again with every scene
_FACES_MAX = 10  # of one font file
_LEAST = 0.85  # a name is written so much smaller at most, then its end is cut


class FontMissing(Exception):  # noqa: N818  named like the law's other outcomes
    """There is no font that can write Chinese."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a panel. size: pixels; align: 0 left, 0.5 middle, 1 right; mark: with a dot before it."""

    text: str
    size: int
    color: str = INK
    align: float = 0.0
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """Pixels as the encoder takes them: chroma has half the size."""

    y: Plane
    u: Plane
    v: Plane


def find_font(configured: Path | None) -> Path:
    """The font file to use. FontMissing."""
    for place in (configured,) if configured is not None else PLACES:
        if place.is_file():
            return place
    raise FontMissing(
        f"no font with Chinese: {configured or 'fonts-noto-cjk is not installed'} (composite.font)"
    )


def _simplified(path: Path) -> int:
    """Number of the face for simplified Chinese in a collection of several. FontMissing."""
    for index in range(_FACES_MAX):
        try:
            name = ImageFont.truetype(str(path), 16, index=index).getname()[0] or ""
        except OSError:
            if index == 0:
                raise FontMissing(f"not a font: {path}") from None
            return 0
        if name.endswith(" SC"):
            return index
    return 0


class Painter:
    """Draws panels with one font. FontMissing."""

    def __init__(self, font: Path) -> None:
        self._path = font
        self._face = _simplified(font)
        self.panel = functools.lru_cache(_KEPT)(self.draw)

    @functools.lru_cache(64)  # noqa: B019  one painter a process
    def _font(self, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(self._path), size, index=self._face)

    def draw(self, width: int, height: int, ground: str, lines: Sequence[Line], lead: float = 0.2) -> Patch:
        """A rectangle with lines in its middle; `panel` is the same, remembered. lead: room between lines, a share of the text's size."""
        image = Image.new("RGB", (width, height), ground)
        draw = ImageDraw.Draw(image)
        talls = [round(line.size * (1 + lead)) for line in lines]
        y = (height - sum(talls)) / 2
        for line, tall in zip(lines, talls, strict=True):
            self._line(draw, width, y + tall / 2, line)
            y += tall
        return patch_of(image)

    def _line(self, draw: ImageDraw.ImageDraw, width: int, middle: float, line: Line) -> None:
        edge = max(8, width // 50)
        dot = line.size if line.mark else 0
        text, font = self._fitted(line, width - 2 * edge - dot)
        long = font.getlength(text) + dot
        x = edge + (width - 2 * edge - long) * line.align
        if line.mark:
            radius = line.size * 0.26
            at = x + line.size * 0.35
            draw.ellipse((at - radius, middle - radius, at + radius, middle + radius), fill=line.color)
        draw.text((x + dot, middle), text, font=font, fill=line.color, anchor="lm")

    def _fitted(self, line: Line, room: float) -> tuple[str, ImageFont.FreeTypeFont]:
        size = line.size
        while self._font(size).getlength(line.text) > room and size > line.size * _LEAST:
            size -= 1
        font, text = self._font(size), line.text
        while font.getlength(text) > room and len(text) > 1:
            text = text[:-2] + "…"
        return text, font


def patch_of(image: Image.Image) -> Patch:
    """A picture's pixels as planes. Width and height must be even."""
    rgb = np.asarray(image, np.float32)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255
    small = rgb.reshape(rgb.shape[0] // 2, 2, rgb.shape[1] // 2, 2, 3).mean(axis=(1, 3))
    red, green, blue = small[..., 0], small[..., 1], small[..., 2]
    cb = 128 + (-37.797 * red - 74.203 * green + 112.0 * blue) / 255
    cr = 128 + (112.0 * red - 93.786 * green - 18.214 * blue) / 255
    return Patch(*(np.rint(plane).astype(np.uint8) for plane in (luma, cb, cr)))
