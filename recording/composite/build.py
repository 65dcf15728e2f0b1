"""Makes the composite of a hearing from its tape: film with chapters, captions, small pictures, levels. Never touches the tape.

Two passes: the sound, which also tells who spoke when; then the pictures by the plan made of that. Nothing long is in
memory. The same tape and timeline give the same bytes. Every file has another name until all are whole; the film gets its
name last, so that a rebuild that fails leaves what was published.
"""

from __future__ import annotations

import itertools
import logging
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import av

from media.ids import Kind
from recording.clocks import ClockMap
from recording.composite.canvas import Canvas
from recording.composite.encode import form_of, write_film, write_sound
from recording.composite.extras import Thumbnails, captions, levels_text, wave_of
from recording.composite.film import Film
from recording.composite.frames import frames_of
from recording.composite.paint import FontMissing, Painter, find_font
from recording.composite.plan import scenes
from recording.composite.sound import Mixer
from recording.reading import Tape
from recording.segments import sync_directory
from recording.voice import RATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from recording.composite.plan import Timeline
    from recording.composite.settings import CompositeSettings
    from recording.places import Where

log = logging.getLogger(__name__)

STEM = "~composite"
"""Name of every file of it: no label's file begins so (no seat's name has a tilde)."""

_PART = ".part"
_SOUND_SHARE = 0.2  # of the work


class CompositeFailed(Exception):  # noqa: N818  named like the law's other outcomes
    """There is no new composite; what was published is untouched. reason: "font_missing", "disk" or "broken"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Composite:
    """All files of one composite. thumbnails: how they lie on the sheets; wave: levels of all, base64 (see extras)."""

    film: Path
    captions: Path
    levels: Path
    sheets: tuple[Path, ...]
    duration_ms: int
    thumbnails: dict[str, int] = field(default_factory=dict)
    wave: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file, the film first."""
        return (self.film, self.captions, self.levels, *self.sheets)


def build(
    where: Where,
    out: Path,
    timeline: Timeline,
    settings: CompositeSettings,
    on_progress: Callable[[float], object] = lambda _share: None,
) -> Composite:
    """Make the composite of the tape into `out`. on_progress: share done, 0 to 1. CompositeFailed. Blocks."""
    try:
        painter = Painter(find_font(settings.font))
        out.mkdir(parents=True, exist_ok=True)
        return _Build(Tape(where), out, timeline, settings, on_progress).run(painter)
    except FontMissing as missing:
        log.error("%s", missing)  # noqa: TRY400  it says all
        raise CompositeFailed("font_missing") from missing
    except OSError as error:
        log.exception("the composite could not be written")
        raise CompositeFailed("disk") from error
    except (ValueError, ArithmeticError, LookupError, av.FFmpegError) as error:
        log.exception("the composite could not be made")
        raise CompositeFailed("broken") from error


class _Build:
    """One making."""

    def __init__(
        self,
        tape: Tape,
        out: Path,
        timeline: Timeline,
        settings: CompositeSettings,
        on_progress: Callable[[float], object],
    ) -> None:
        self._tape = tape
        self._out = out
        self._told = timeline
        self._settings = settings
        self._on_progress = on_progress
        self._clocks = {label: self._learn(label) for label in self._labels()}
        self._temporary: list[Path] = []
        self._ready: list[tuple[Path, Path]] = []  # whole files, and the names they will have; the film last

    def _labels(self) -> list[str]:
        known = {person.label for person in self._told.people} | {one.label for one in self._told.exhibits}
        return [label for label in self._tape.labels if label in known]

    def _learn(self, label: str) -> ClockMap:
        """The picture beside the voice: both are placed by the one clock of their connection, as in the viewing copies."""
        kinds = (self._tape.items(label, kind) for kind in (Kind.AUDIO, Kind.VIDEO))
        return ClockMap.learn(itertools.chain(*kinds))

    def run(self, painter: Painter) -> Composite:
        """Everything, in place. OSError, av.FFmpegError."""
        form = form_of(self._settings)
        sound = self._part("sound")
        film = self._part("film")
        try:
            mixer = Mixer(self._tape, self._clocks, self._told.zero_ns, self._told.end_ns)
            whole = self._told.duration_ms * RATE // 1000
            for samples in write_sound(sound, form, mixer.blocks()):
                self._on_progress(_SOUND_SHARE * samples / whole)
            people = {person.label for person in self._told.people}
            voices = {label: line for label, line in mixer.levels.items() if label in people}
            thumbnails = Thumbnails(self._settings.thumbnail_interval_s)
            frames = self._frames(painter, voices, thumbnails)
            for at_ms in write_film(
                film, sound, self._settings, frames, self._told.duration_ms, self._told.stages
            ):
                done = at_ms / self._told.duration_ms
                self._on_progress(_SOUND_SHARE + (1 - _SOUND_SHARE) * done)
            sheets = [
                self._write(f"{STEM}-{number}.jpg", sheet) for number, sheet in enumerate(thumbnails.end())
            ]
            made = Composite(
                captions=self._write(f"{STEM}.vtt", captions(self._told.cues)),
                levels=self._write(f"{STEM}.json", levels_text(voices)),
                sheets=tuple(sheets),
                film=self._whole(film, self._out / f"{STEM}{form.suffix}"),
                duration_ms=self._told.duration_ms,
                thumbnails=thumbnails.index(),
                wave=wave_of(voices.values()),
            )
            for (
                part,
                path,
            ) in self._ready:  # all are whole: a kill before this leaves the old ones as they were
                part.replace(path)
            sync_directory(self._out)
            self._on_progress(1.0)
            return made
        finally:
            for path in self._temporary:
                with suppress(OSError):  # only room is lost by a leftover
                    path.unlink(missing_ok=True)

    def _frames(
        self, painter: Painter, levels: dict[str, bytes], seen: Thumbnails
    ) -> Iterator[tuple[int, Any]]:
        told = self._told
        pictures = {label: self._pictures(label) for label in self._clocks}
        film = Film(
            Canvas(told, painter, self._settings.width_px),
            scenes(told, levels),
            pictures,
            zero_ms=told.zero_ns // 1_000_000 + told.offset_s * 1000,
            step_ms=1000 // self._settings.pictures_per_second_max,
        )
        for at_ms, frame in film.run():
            seen.see(at_ms, frame)
            yield at_ms, frame

    def _pictures(self, label: str) -> Iterable[tuple[int, Any]]:
        return frames_of(self._tape, label, self._clocks[label], self._told.zero_ns, self._told.end_ns)

    # --- files ---

    def _part(self, name: str) -> Path:
        path = self._out / f".{STEM}-{name}.{os.getpid()}{_PART}"
        self._temporary.append(path)
        return path

    def _write(self, name: str, data: bytes) -> Path:
        part = self._part(name)
        part.write_bytes(data)
        return self._whole(part, self._out / name)

    def _whole(self, part: Path, path: Path) -> Path:
        """Bring a whole file to the disk, still under its other name; give the name that it will have."""
        handle = os.open(part, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        self._ready.append((part, path))
        return path
