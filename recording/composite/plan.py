"""What the composite shows when: a hearing as neutral facts in, scenes out. Pure; knows no court, no codec, no pixel.

Times are milliseconds from the opening. The bench is always among the tiles; what is shown to all is large, else whom the
bench put in the light, else who speaks, with enough slowness that a cough changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TILES_MAX = 12
LEVEL_STEP_MS = 100
"""Levels are given one for so long."""

_LOUD = 40  # 255 x root of the peak: -32 dB of full scale
_CLEARLY = 5, 4  # louder than who speaks now by this ratio, and he is the one
_STEPS_TO_TURN = 5  # half a second of speech is more than a cough
_STEPS_TO_STAY = 20  # who is large stays so for two seconds
_DECAY = 3, 4  # a level fades to 3/4 in a step: a breath between two words is no silence


@dataclass(frozen=True, slots=True)
class Span:
    """[start_ms, end_ms)."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who sits there. label: as on the tape; role, name: as they are written; here: when they were in the courtroom."""

    label: str
    role: str
    name: str
    bench: bool
    here: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What was shown to all. label: of the tape, where it is somebody's screen; still: a picture file, or "" for none."""

    span: Span
    caption: str
    label: str = ""
    still: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """From at_ms on: a stage's title, or the label of whom the bench put in the light ("" for nobody)."""

    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """While nothing was recorded: the ground, in words. covers: it takes the place of all pictures, else it is told beside them."""

    span: Span
    text: str
    covers: bool = True


@dataclass(frozen=True, slots=True)
class Cue:
    """A line of the transcript. voice: who says it, in words."""

    span: Span
    voice: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on the picture beside names, in the court's language."""

    title: str = ""
    no_picture: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One hearing. zero_ns, end_ns: opening and close, wall clock UTC; people: in the order of their seats, presiding first.

    offset_s: of the court's clock from UTC. ValueError if it ends before it begins.
    """

    zero_ns: int
    end_ns: int
    people: tuple[Person, ...]
    words: Words = field(default_factory=Words)
    offset_s: int = 0
    stages: tuple[Mark, ...] = ()
    lights: tuple[Mark, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    notices: tuple[Notice, ...] = ()
    cues: tuple[Cue, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a hearing without a time."""
        if self.duration_ms <= 0:
            raise ValueError("the end must be after the beginning")

    @property
    def duration_ms(self) -> int:
        """Length of the film."""
        return (self.end_ns - self.zero_ns) // 1_000_000


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn in [start_ms, end_ms). main: a label of the tape, or "" where a still or a notice is large.

    tiles: labels of people, in order; speaking: who does, or ""; fault: what is wrong with the recording, or "".
    """

    start_ms: int
    end_ms: int
    main: str
    caption: str
    tiles: tuple[str, ...]
    speaking: str
    stage: str
    still: str = ""
    notice: str = ""
    fault: str = ""


def turns(levels: Mapping[str, bytes]) -> list[Mark]:
    """Who speaks from when on, in order. levels: by label, 255 x the root of the peak, one for each LEVEL_STEP_MS."""
    labels = sorted(levels)
    found: list[Mark] = []
    current, stayed, wanted, steps = "", _STEPS_TO_STAY, "", 0
    smooth = dict.fromkeys(labels, 0)
    for step in range(max((len(one) for one in levels.values()), default=0)):
        for label in labels:
            now = levels[label][step] if step < len(levels[label]) else 0
            smooth[label] = max(now, smooth[label] * _DECAY[0] // _DECAY[1])
        stayed += 1
        loudest = max(labels, key=lambda label: smooth[label])
        against = smooth.get(current, 0) * _CLEARLY[0] // _CLEARLY[1]
        turning = loudest != current and smooth[loudest] >= _LOUD and smooth[loudest] > against
        steps = steps + 1 if turning and loudest == wanted else int(turning)
        wanted = loudest if turning else ""
        if steps < _STEPS_TO_TURN or stayed < _STEPS_TO_STAY:
            continue
        begun = step - min(steps, stayed) + 1  # he is large from his first word on
        found.append(Mark(begun * LEVEL_STEP_MS, wanted))
        current, stayed, steps, wanted = wanted, step - begun, 0, ""
    return found


def scenes(timeline: Timeline, levels: Mapping[str, bytes]) -> list[Scene]:
    """All scenes: from 0 to the end, without a hole or an overlap; neighbours differ."""
    planner = _Planner(timeline, turns(levels))
    found: list[Scene] = []
    for start_ms, end_ms in pairwise(planner.edges()):
        scene = planner.at(start_ms, end_ms)
        if found and _same(found[-1], scene):
            scene = planner.at(found.pop().start_ms, end_ms, as_of=start_ms)
        found.append(scene)
    return found


def _same(one: Scene, other: Scene) -> bool:
    return _drawn(one) == _drawn(other)


def _drawn(scene: Scene) -> tuple[object, ...]:
    return (
        *(scene.main, scene.caption, scene.tiles, scene.speaking),
        *(scene.stage, scene.still, scene.notice, scene.fault),
    )


def _last(marks: Sequence[Mark], at_ms: int) -> str:
    at = bisect_right(marks, at_ms, key=lambda mark: mark.at_ms)
    return marks[at - 1].text if at else ""


def _covers(span: Span, at_ms: int) -> bool:
    return span.start_ms <= at_ms < span.end_ms


class _Planner:
    """Answers what is to be seen at a moment."""

    def __init__(self, timeline: Timeline, speakers: Sequence[Mark]) -> None:
        self._timeline = timeline
        self._speakers = speakers
        self._stages = sorted(timeline.stages, key=lambda mark: mark.at_ms)
        self._lights = sorted(timeline.lights, key=lambda mark: mark.at_ms)
        self._people = {person.label: person for person in timeline.people}

    def edges(self) -> list[int]:
        """Every moment at which something may change, with both ends."""
        told, end = self._timeline, self._timeline.duration_ms
        spans = [one.span for one in told.exhibits] + [one.span for one in told.notices]
        spans += [span for person in told.people for span in person.here]
        found = {mark.at_ms for mark in (*self._stages, *self._lights, *self._speakers)}
        found |= {at for span in spans for at in (span.start_ms, span.end_ms)}
        return [0, *sorted(at for at in found if 0 < at < end), end]

    def at(self, start_ms: int, end_ms: int, as_of: int | None = None) -> Scene:
        """The scene of this stretch, as it is at its beginning (or as_of)."""
        at_ms = start_ms if as_of is None else as_of
        stage = _last(self._stages, at_ms)
        notices = [one for one in self._timeline.notices if _covers(one.span, at_ms)]
        covering = next((one.text for one in notices if one.covers), "")
        if covering:
            return Scene(start_ms, end_ms, "", "", (), "", stage, notice=covering)
        fault = notices[0].text if notices else ""
        here = [one.label for one in self._timeline.people if any(_covers(s, at_ms) for s in one.here)]
        speaking = _last(self._speakers, at_ms)
        speaking = speaking if speaking in here else ""
        tiles = self._tiles(here, speaking)
        exhibit = next((one for one in reversed(self._timeline.exhibits) if _covers(one.span, at_ms)), None)
        if exhibit is not None:
            shown = exhibit.label, exhibit.caption, tiles, speaking, stage, exhibit.still
            return Scene(start_ms, end_ms, *shown, fault=fault)
        light = _last(self._lights, at_ms)
        main = light if light in here else speaking or next(iter(here), "")
        person = self._people.get(main)
        caption = "" if person is None else f"{person.role}  {person.name}"
        return Scene(start_ms, end_ms, main, caption, tiles, speaking, stage, fault=fault)

    def _tiles(self, here: Sequence[str], speaking: str) -> tuple[str, ...]:
        """The bench first, then who speaks, then the others as there is room; in the order of their seats."""
        bench = [label for label in here if self._people[label].bench]
        others = [label for label in here if label not in bench]
        chosen = dict.fromkeys([*bench[: TILES_MAX - 1], *([speaking] if speaking else []), *others])
        kept = set(list(chosen)[:TILES_MAX])
        return tuple(label for label in [*bench, *others] if label in kept)
