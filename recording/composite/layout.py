"""Where everything stands on the picture: rectangles for so many tiles. Pure; all numbers even, so that chroma fits."""

from __future__ import annotations

from dataclasses import dataclass

_BASE = 1280  # the numbers below are pixels of a picture of this width
_BAND, _GAP, _TALL = 48, 8, 720
_WIDE = (944, 531, 36)  # picture and caption of the large tile, beside one column
_LESS = (848, 477, 36)  # beside two columns
_COLUMN = (304, 171, 30)
_GRID = (200, 112, 42)
_STRIP = (184, 102, 40)
_COLUMN_MAX, _GRID_MAX, _STRIP_MAX = 3, 8, 4


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tile's picture and its caption stand."""

    picture: Box
    caption: Box


@dataclass(frozen=True, slots=True)
class Layout:
    """band: head with case, stage and clock; notice: where a card stands instead of all tiles."""

    band: Box
    notice: Box
    main: Place
    tiles: tuple[Place, ...]


class _Ruler:
    """Scales the base's numbers to even pixels."""

    def __init__(self, width: int) -> None:
        self._width = width

    def box(self, x: float, y: float, width: float, height: float) -> Box:
        even = [round(value * self._width / _BASE / 2) * 2 for value in (x, y, x + width, y + height)]
        return Box(even[0], even[1], even[2] - even[0], even[3] - even[1])

    def place(self, x: float, y: float, size: tuple[int, int, int]) -> Place:
        width, height, caption = size
        return Place(self.box(x, y, width, height), self.box(x, y + height, width, caption))


def layout(width: int, tiles: int) -> Layout:
    """Places for a large tile and `tiles` small ones on a picture of this width. ValueError for more than fit."""
    if not 0 <= tiles <= _GRID_MAX + _STRIP_MAX:
        raise ValueError(f"no layout for {tiles} tiles")
    rule = _Ruler(width)
    top = _BAND + _GAP
    room = _TALL - top - _GAP
    column = tiles <= _COLUMN_MAX
    grid = tiles if column else min(tiles, _GRID_MAX)
    strip = tiles - grid
    big, small = (_WIDE, _COLUMN) if column else (_LESS, _GRID)
    across = 1 if column else 2
    rows = -(-grid // across)
    tall = small[1] + small[2] + _GAP
    lead = top + (0 if strip else max(0, room - rows * tall + _GAP) / 2)
    main_y = top + (0 if strip else (room - big[1] - big[2]) / 2)
    main_x = _GAP if tiles else (_BASE - big[0]) / 2
    left = big[0] + 2 * _GAP
    places = [
        rule.place(left + (at % across) * (small[0] + _GAP), lead + (at // across) * tall, small)
        for at in range(grid)
    ]
    under = top + big[1] + big[2] + _GAP
    step = (big[0] + _GAP) / _STRIP_MAX
    places += [rule.place(_GAP + at * step, under, _STRIP) for at in range(strip)]
    return Layout(
        band=rule.box(0, 0, _BASE, _BAND),
        notice=rule.box(_GAP, top, _BASE - 2 * _GAP, room),
        main=rule.place(main_x, main_y, big),
        tiles=tuple(places),
    )
