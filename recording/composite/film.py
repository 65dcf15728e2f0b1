"""Makes the pictures of the film in order of time: scenes, everybody's pictures, the clock. Knows no encoder and no file.

A picture is given out when something on it changed, at the moment it changed, but not more often than asked: then the
change is late by less than one step; a sudden one, as a flash or a page put before the camera, is never late. Nothing
moves: one picture a second, for the clock.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from recording.composite.canvas import Canvas
    from recording.composite.plan import Scene

    Moment = tuple[int, int, str, Any]  # ms, rank, label, what

_PAUSE_MS = 2000  # a camera that has sent nothing for longer has no picture any more
_SUDDEN = 10  # of 255: the mean brightness changed by more than this since it was last shown
_LEAST_MS = 5  # between two pictures of the film, also where all is sudden
_SCENE, _PICTURE, _SECOND = range(3)


class Film:
    """One pass over a hearing. pictures: by label, (ms, decoded picture) in order of time; zero_ms: wall clock."""

    def __init__(
        self,
        canvas: Canvas,
        scenes: Sequence[Scene],
        pictures: Mapping[str, Iterable[tuple[int, Any]]],
        *,
        zero_ms: int,
        step_ms: int,
    ) -> None:
        self._canvas = canvas
        self._scenes = scenes
        self._pictures = pictures
        self._zero_ms = zero_ms
        self._step_ms = step_ms
        self._end_ms = scenes[-1].end_ms
        self._latest: dict[str, tuple[int, Any]] = {}
        self._changed: set[str] = set()
        self._since: int | None = None  # when the first change that is not yet given out was made
        self._told_ms = -step_ms
        self._urgent: int | None = None  # when the first sudden change was made that is not yet given out
        self._bright: dict[str, float] = {}  # by label, of what is shown
        self._held: frozenset[str] = frozenset()  # labels whose last picture stays: a screen sends little

    def run(self) -> Iterator[tuple[int, Any]]:
        """Yield (ms, picture), the first at 0, each at a later moment than the one before, all before the end."""
        for at_ms, rank, label, what in heapq.merge(
            self._cuts(), self._seconds(), *(self._of(label) for label in sorted(self._pictures))
        ):
            due = self._due()
            if due is not None and due < at_ms:
                yield due, self._draw(due)
            if rank == _SCENE:
                self._cut(what)
            elif rank == _PICTURE:
                self._take(at_ms, label, what)
            else:
                self._expire(at_ms)
            if self._since is None and (rank != _PICTURE or label in self._changed):
                self._since = at_ms
        due = self._due()
        if due is not None and due < self._end_ms:
            yield due, self._draw(due)

    def _cuts(self) -> Iterator[Moment]:
        for scene in self._scenes:
            yield scene.start_ms, _SCENE, "", scene

    def _seconds(self) -> Iterator[Moment]:
        first = -self._zero_ms % 1000
        for at_ms in range(first, self._end_ms, 1000):
            yield at_ms, _SECOND, "", at_ms  # a number of its own: pictures are never compared

    def _of(self, label: str) -> Iterator[Moment]:
        for at_ms, picture in self._pictures[label]:
            yield at_ms, _PICTURE, label, _Shown(picture)

    def _due(self) -> int | None:
        if self._since is None:
            return None
        due = max(self._since, self._told_ms + self._step_ms)
        return due if self._urgent is None else min(due, max(self._urgent, self._told_ms + _LEAST_MS))

    def _draw(self, at_ms: int) -> Any:
        self._canvas.clock(at_ms)
        for label in sorted(self._changed):
            held = self._latest.get(label)
            self._canvas.show(label, None if held is None else held[1])
            self._bright[label] = 0.0 if held is None else brightness(held[1])
        self._changed.clear()
        self._since, self._urgent, self._told_ms = None, None, at_ms
        return self._canvas.frame()

    def _cut(self, scene: Scene) -> None:
        self._canvas.set_scene(scene)
        if scene.notice:
            self._latest.clear()  # what was last seen before a recess is not what is seen after it
        self._held = frozenset([scene.main])
        self._changed = {label for label in self._latest if self._canvas.shows(label)}

    def _take(self, at_ms: int, label: str, what: _Shown) -> None:
        self._latest[label] = (at_ms, what.picture)
        if not self._canvas.shows(label):
            return
        self._changed.add(label)
        if self._urgent is None and abs(brightness(what.picture) - self._bright.get(label, 0.0)) > _SUDDEN:
            self._urgent = at_ms

    def _expire(self, at_ms: int) -> None:
        for label, (last_ms, _) in list(self._latest.items()):
            if at_ms - last_ms > _PAUSE_MS and not (label in self._held and self._canvas.is_exhibit(label)):
                del self._latest[label]
                if self._canvas.shows(label):
                    self._changed.add(label)


def brightness(picture: Any) -> float:
    """Mean luma of a decoded picture, of every 16th pixel."""
    plane = picture.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return float(rows[: plane.height : 16, : plane.width : 16].mean())


class _Shown:
    """A picture among moments: equal to every other, so that order is by time and label alone."""

    def __init__(self, picture: Any) -> None:
        self.picture = picture

    def __lt__(self, other: object) -> bool:
        return False
