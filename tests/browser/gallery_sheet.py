"""Puts the gallery's pictures of one stage on one sheet, and its complaints into one report. Must never change a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
COLUMNS = (("zh-CN", "desktop", 720), ("en", "desktop", 720), ("zh-CN", "phone", 208), ("en", "phone", 208))
"""Language, size and width on the sheet in pixels: a desktop and a phone are of the same height."""

_HEIGHT = 450
_TALLEST = 900  # of a page that is longer than its window
_GAP, _HEAD, _NAME = 16, 56, 30


def sheet(out: Path, key: str, title: str, rows: Sequence[str]) -> None:
    """Write `key.png` into out: rows are roles, columns languages and sizes."""
    strips = [
        [_thumb(out / key / f"{row}-{lang}-{size}.png", width) for lang, size, width in COLUMNS]
        for row in rows
    ]
    heights = [max([_HEIGHT, *(one.height for one in strip if one)]) for strip in strips]
    width = sum(column[2] for column in COLUMNS) + _GAP * (len(COLUMNS) + 1)
    whole = Image.new("RGB", (width, _HEAD + sum(heights) + (_NAME + _GAP) * len(rows)), "#d9d5ca")
    pen = ImageDraw.Draw(whole)
    pen.text((_GAP, 12), f"{key}  {title}", font=ImageFont.truetype(FONT, 26), fill="#1b2330")
    top = _HEAD
    for row, strip, height in zip(rows, strips, heights, strict=True):
        pen.text((_GAP, top), row, font=ImageFont.truetype(FONT, 18), fill="#1b2330")
        left = _GAP
        for picture, column in zip(strip, COLUMNS, strict=True):
            if picture:
                whole.paste(picture, (left, top + _NAME))
            left += column[2] + _GAP
        top += _NAME + height + _GAP
    whole.save(out / f"{key}.png")


def _thumb(path: Path, width: int) -> Image.Image | None:
    if not path.exists():
        return None
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize(
            (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
        )
    return small.crop((0, 0, width, min(small.height, _TALLEST)))


def report(found: Iterable[tuple[str, str, str, str]]) -> str:
    """Each complaint once, with where it was seen. found: (scene, view, variant, complaint)."""
    by_word: dict[str, list[str]] = {}
    for key, view, variant, word in found:
        by_word.setdefault(word, []).append(f"{key}/{view} {variant}")
    lines = []
    for word, places in sorted(by_word.items(), key=lambda one: (-len(one[1]), one[0])):
        more = f" and {len(places) - 4} more" if len(places) > 4 else ""
        lines.append(f"- {word}\n    {'; '.join(places[:4])}{more}")
    return "\n".join(lines) or "nothing to complain of"
