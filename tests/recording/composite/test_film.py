"""Pictures are given out when something changed: at its own moment, not too often, a sudden change at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.composite.film import Film
from recording.composite.plan import Scene

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.service

STEP_MS = 40


def picture(luma: int) -> Any:
    planes = np.full((48, 32), 128, np.uint8)
    planes[:32] = luma
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


DARK, BRIGHT = picture(50), picture(200)


@dataclass
class Board:
    """A canvas that notes what it is told."""

    shown: set[str] = field(default_factory=set)
    now: dict[str, Any] = field(default_factory=dict)
    clocks: list[int] = field(default_factory=list)

    def set_scene(self, scene: Scene) -> None:
        self.shown = {*scene.tiles, scene.main}
        self.now = {}

    def clock(self, at_ms: int) -> None:
        self.clocks.append(at_ms)

    def shows(self, label: str) -> bool:
        return label in self.shown

    def is_exhibit(self, label: str) -> bool:
        return label.endswith("~screen")

    def show(self, label: str, frame: Any | None) -> None:
        self.now[label] = frame

    def frame(self) -> dict[str, Any]:
        return dict(self.now)


def scene(start_ms: int, end_ms: int, *tiles: str, main: str = "", notice: str = "") -> Scene:
    return Scene(start_ms, end_ms, main, "", tiles, "", "", notice=notice)


def filmed(
    scenes: list[Scene], pictures: dict[str, Iterable[tuple[int, Any]]], zero_ms: int = 0
) -> list[tuple[int, Any]]:
    board: Any = Board()
    return list(Film(board, scenes, pictures, zero_ms=zero_ms, step_ms=STEP_MS).run())


def when(film: list[tuple[int, Any]], frame: Any, label: str = "a") -> int:
    return next(at for at, shown in film if shown.get(label) is frame)


def test_where_nothing_moves_there_is_one_picture_a_second_at_the_clocks_turn() -> None:
    film = filmed([scene(0, 3500, "a")], {}, zero_ms=1_790_000_000_250)
    assert [at for at, _ in film] == [0, 750, 1750, 2750]


def test_a_picture_is_shown_at_its_own_moment() -> None:
    frame = picture(52)
    film = filmed([scene(0, 3000, "a")], {"a": [(333, DARK), (777, frame)]})
    assert when(film, DARK) == 333
    assert when(film, frame) == 777


def test_a_sudden_change_does_not_wait_for_its_turn() -> None:
    calm, after = picture(52), picture(54)
    film = filmed([scene(0, 1000, "a")], {"a": [(500, DARK), (510, calm), (517, BRIGHT), (600, after)]})
    assert when(film, DARK) == 500
    assert when(film, BRIGHT) == 517
    assert calm not in [shown.get("a") for _, shown in film], "what was never due is not drawn"


def test_a_camera_that_stopped_has_no_picture_and_a_screen_that_stands_still_has() -> None:
    scenes = [scene(0, 10_000, "a", main="a~screen")]
    film = filmed(scenes, {"a": [(100, DARK)], "a~screen": [(200, BRIGHT)]})
    last = film[-1][1]
    assert last["a"] is None
    assert last["a~screen"] is BRIGHT


def test_what_was_seen_before_a_recess_is_not_what_is_seen_after_it() -> None:
    scenes = [scene(0, 1000, "a"), scene(1000, 1500, notice="休庭"), scene(1500, 3000, "a")]
    film = filmed(scenes, {"a": [(900, DARK)]})
    assert all(shown.get("a") is None for at, shown in film if at >= 1000)


@given(
    st.lists(st.tuples(st.integers(0, 4999), st.sampled_from([40, 45, 200])), max_size=60),
    st.lists(st.integers(1, 4999), unique=True, max_size=5),
    st.integers(0, 999),
)
def test_moments_rise_stay_within_the_film_and_are_not_late(
    sent: list[tuple[int, int]], cuts: list[int], zero_ms: int
) -> None:
    edges = [0, *sorted(cuts), 5000]
    scenes = [
        scene(one, other, "a", main="a" if n % 2 else "") for n, (one, other) in enumerate(pairwise(edges))
    ]
    pictures = [(at, picture(luma)) for at, luma in sorted(sent, key=lambda one: one[0])]
    film = filmed(scenes, {"a": pictures}, zero_ms)
    times = [at for at, _ in film]
    assert times[0] == 0
    assert times == sorted(set(times))
    assert times[-1] < 5000
    assert all(later - earlier <= 1000 + STEP_MS for earlier, later in pairwise([*times, 5000]))
    for at, frame in pictures:
        held = [shown for moment, shown in film if at <= moment <= at + STEP_MS]
        newer = [other for moment, other in pictures if at <= moment <= at + STEP_MS]
        assert at + STEP_MS >= 5000 or any(shown.get("a") in newer for shown in held), (at, frame)
