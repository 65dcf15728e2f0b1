"""One picture that is kept and changed in places: tiles, captions, head, clock. Draws what it is told; decides nothing.

Planes are YUV 4:2:0. Only what changed is drawn anew, so that a second in which nothing moves costs its clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from PIL import Image

from recording.composite.layout import Box, Layout, layout
from recording.composite.paint import DARK, GROUND, INK, LIVE, PANEL, SOFT, WARN, Line, Patch, patch_of

if TYPE_CHECKING:
    from recording.composite.layout import Place
    from recording.composite.paint import Painter
    from recording.composite.plan import Person, Scene, Timeline

_BASE = 1280
_CLOCK_SHARE = 0.27  # of the band's width
_STAGE_SHARE = 0.25
_FRAME = 4  # pixels of the line around who speaks, of a picture of _BASE


class Canvas:
    """The picture in the making. Everything is in milliseconds of the film."""

    def __init__(self, timeline: Timeline, painter: Painter, width: int) -> None:
        self._told = timeline
        self._people: dict[str, Person] = {person.label: person for person in timeline.people}
        self._painter = painter
        self._scale = width / _BASE
        height = width * 9 // 16
        self.y = np.empty((height, width), np.uint8)
        self.u = np.empty((height // 2, width // 2), np.uint8)
        self.v = np.empty((height // 2, width // 2), np.uint8)
        self._width = width
        self._layout: Layout = layout(width, 0)
        self._scene: Scene | None = None
        self._places: dict[str, list[Place]] = {}
        self._reformer: dict[tuple[int, int], Any] = {}

    def frame(self) -> Any:
        """The picture as the encoder takes it."""
        flat = np.concatenate([self.y.reshape(-1), self.u.reshape(-1), self.v.reshape(-1)])
        return av.VideoFrame.from_ndarray(flat.reshape(-1, self._width), format="yuv420p")

    def _size(self, size: float) -> int:
        return max(8, round(size * self._scale))

    def _put(self, box: Box, patch: Patch) -> None:
        x, y = box.x // 2, box.y // 2
        high, wide = patch.u.shape
        self.y[box.y : box.y + 2 * high, box.x : box.x + 2 * wide] = patch.y
        self.u[y : y + high, x : x + wide] = patch.u
        self.v[y : y + high, x : x + wide] = patch.v

    # --- a scene ---

    def set_scene(self, scene: Scene) -> None:
        """Draw all of a scene but the pictures: they are shown next."""
        self._scene = scene
        self._layout = layout(self._width, len(scene.tiles))
        full = Box(0, 0, self._width, self._width * 9 // 16)
        self._put(full, self._painter.panel(full.width, full.height, GROUND, ()))
        self._places = {}
        self._head(scene)
        if scene.notice:
            self._card(self._layout.notice, scene.notice)
            return
        self._main(scene)
        for label, place in zip(scene.tiles, self._layout.tiles, strict=True):
            self._places.setdefault(label, []).append(place)
            person = self._people[label]
            speaks = label == scene.speaking
            self._caption(place, person, speaks=speaks)
        for label in self._places:
            self.show(label, None)

    def _head(self, scene: Scene) -> None:
        band = self._layout.band
        clock, stage = (round(band.width * share / 2) * 2 for share in (_CLOCK_SHARE, _STAGE_SHARE))
        rest = band.width - clock - stage
        title = (Line(self._told.words.title, self._size(19)),)
        told = Line(scene.fault, self._size(19), WARN, 0.5) if scene.fault else None
        named = (told or Line(scene.stage, self._size(19), SOFT, 0.5),)
        self._put(Box(band.x, band.y, rest, band.height), self._painter.panel(rest, band.height, DARK, title))
        self._put(
            Box(band.x + rest, band.y, stage, band.height),
            self._painter.panel(stage, band.height, DARK, named),
        )

    def clock(self, at_ms: int) -> None:
        """Draw the court's date and time of this moment (AVR 4)."""
        band = self._layout.band
        wide = round(band.width * _CLOCK_SHARE / 2) * 2
        now = self._told.zero_ns // 1_000_000 + at_ms
        stamp = datetime.fromtimestamp(now // 1000, UTC) + timedelta(seconds=self._told.offset_s)
        line = Line(stamp.strftime("%Y-%m-%d %H:%M:%S"), self._size(24), INK, 1.0)
        self._put(
            Box(band.x + band.width - wide, band.y, wide, band.height),
            self._painter.draw(wide, band.height, DARK, (line,)),
        )

    def _card(self, box: Box, text: str) -> None:
        first, _, rest = text.partition("\n")
        lines = [Line(first, self._size(46), INK, 0.5)]
        lines += [Line(more, self._size(24), SOFT, 0.5) for more in rest.splitlines()]
        self._put(box, self._painter.panel(box.width, box.height, PANEL, tuple(lines), 0.5))

    def _main(self, scene: Scene) -> None:
        place = self._layout.main
        line = Line(
            scene.caption,
            self._size(21),
            LIVE if scene.main and scene.main == scene.speaking else INK,
            0.0,
            mark=bool(scene.main) and scene.main == scene.speaking,
        )
        box = place.caption
        self._put(box, self._painter.panel(box.width, box.height, PANEL, (line,)))
        if scene.main:
            self._places[scene.main] = [place]
        elif scene.still:
            self._still(place.picture, Path(scene.still), scene.caption)
        else:
            self._card(place.picture, scene.caption)

    def _still(self, box: Box, path: Path, caption: str) -> None:
        try:
            with Image.open(path) as opened:
                image = opened.convert("RGB")
        except OSError:  # a page that can't be read is named instead
            self._card(box, caption)
            return
        image.thumbnail((box.width, box.height))
        ground = Image.new("RGB", (box.width, box.height), GROUND)
        ground.paste(image, ((box.width - image.width) // 2, (box.height - image.height) // 2))
        self._put(box, patch_of(ground))

    def _caption(self, place: Place, person: Person, *, speaks: bool) -> None:
        box = place.caption
        color = LIVE if speaks else INK
        if box.height > self._size(36):
            lines: tuple[Line, ...] = (
                Line(person.role, self._size(14), LIVE if speaks else SOFT, 0.0, mark=speaks),
                Line(person.name, self._size(15), color),
            )
        else:
            lines = (Line(f"{person.role}  {person.name}", self._size(17), color, 0.0, mark=speaks),)
        self._put(box, self._painter.panel(box.width, box.height, PANEL, lines, 0.05))
        if speaks:
            self._edge(box)

    def _edge(self, box: Box) -> None:
        """A line beneath who speaks: seen from far, and not by its colour alone."""
        tall = max(2, round(_FRAME * self._scale / 2) * 2)
        edge = Box(box.x, box.y + box.height - tall, box.width, tall)
        self._put(edge, self._painter.panel(edge.width, edge.height, LIVE, ()))

    # --- pictures ---

    def shows(self, label: str) -> bool:
        """Whether the label has a place in this scene."""
        return label in self._places

    def is_exhibit(self, label: str) -> bool:
        """Whether the label is nobody's face: a screen, or an object before another camera."""
        return label not in self._people

    def show(self, label: str, frame: Any | None) -> None:
        """Draw a decoded picture in all places of its label; None: a tile that says there is none."""
        for place in self._places.get(label, ()):
            if frame is None:
                self._blank(place, label)
            else:
                self._picture(place.picture, frame)

    def _blank(self, place: Place, label: str) -> None:
        box, big = place.picture, place is self._layout.main
        person = self._people.get(label)
        lines = [Line(self._told.words.no_picture, self._size(22 if big else 15), SOFT, 0.5)]
        if person is not None and big:
            lines.insert(0, Line(f"{person.role}  {person.name}", self._size(34), INK, 0.5))
        self._put(box, self._painter.panel(box.width, box.height, DARK, tuple(lines), 0.35))

    def _picture(self, box: Box, frame: Any) -> None:
        """Scale into the box, whole and undistorted, on the ground's colour."""
        share = min(box.width / frame.width, box.height / frame.height)
        wide = min(box.width, max(2, round(frame.width * share / 2) * 2))
        high = min(box.height, max(2, round(frame.height * share / 2) * 2))
        reformer = self._reformer.setdefault((box.width, box.height), av.video.reformatter.VideoReformatter())
        small = reformer.reformat(
            frame, width=wide, height=high, format="yuv420p", interpolation="BILINEAR", threads=1
        )
        planes = []
        for plane, (rows, columns) in zip(
            small.planes, ((high, wide), (high // 2, wide // 2), (high // 2, wide // 2)), strict=True
        ):
            raw = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            planes.append(raw[:rows, :columns])
        if (wide, high) != (box.width, box.height):
            self._put(box, self._painter.panel(box.width, box.height, DARK, ()))
        x = box.x + (box.width - wide) // 4 * 2
        y = box.y + (box.height - high) // 4 * 2
        self._put(Box(x, y, wide, high), Patch(*planes))
