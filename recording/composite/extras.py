"""What goes with the film: small pictures for the line of time, levels of the voices, captions. Opens no tape.

Captions are WebVTT (W3C), one cue a line of the transcript, who speaks in a voice tag.
"""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

from PIL import Image

from recording.composite.plan import LEVEL_STEP_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from recording.composite.plan import Cue

_ACROSS, _DOWN = 10, 10
_WIDE, _HIGH = 192, 108
_JPEG_QUALITY = 70
_WAVE_POINTS = 1200  # of the line of time: more than a screen has pixels for it
_LEAST_CUE_MS = 500


class Thumbnails:
    """Collects small pictures on sheets; the first sheet is whole when _ACROSS x _DOWN pictures are on it."""

    def __init__(self, interval_s: float) -> None:
        self.interval_ms = max(1000, round(interval_s * 1000))
        self.count = 0
        self.sheets: list[bytes] = []
        self._sheet: Image.Image | None = None

    def see(self, at_ms: int, frame: Any) -> None:
        """Take a picture of the film if one is due."""
        if at_ms < self.count * self.interval_ms:
            return
        small = Image.fromarray(
            frame.reformat(width=_WIDE, height=_HIGH, format="rgb24", threads=1).to_ndarray()
        )
        while self.count * self.interval_ms <= at_ms:
            place = self.count % (_ACROSS * _DOWN)
            if self._sheet is None:
                self._sheet = Image.new("RGB", (_ACROSS * _WIDE, _DOWN * _HIGH))
            self._sheet.paste(small, (place % _ACROSS * _WIDE, place // _ACROSS * _HIGH))
            self.count += 1
            if place == _ACROSS * _DOWN - 1:
                self._put_away()

    def end(self) -> list[bytes]:
        """All sheets as JPEG."""
        self._put_away()
        return self.sheets

    def _put_away(self) -> None:
        if self._sheet is None:
            return
        rows = -(-(self.count - len(self.sheets) * _ACROSS * _DOWN) // _ACROSS)
        out = io.BytesIO()
        self._sheet.crop((0, 0, _ACROSS * _WIDE, rows * _HIGH)).save(out, "JPEG", quality=_JPEG_QUALITY)
        self.sheets.append(out.getvalue())
        self._sheet = None

    def index(self) -> dict[str, int]:
        """How to find a picture: number at_ms / interval_ms, across x down a sheet."""
        shape = {"across": _ACROSS, "down": _DOWN, "width": _WIDE, "height": _HIGH}
        return {"interval_ms": self.interval_ms, "count": self.count, **shape}


def levels_text(levels: Mapping[str, bytes]) -> bytes:
    """Everybody's levels as JSON: bytes in base64, by label; one for each step_ms, 255 x the root of the peak."""
    coded = {label: base64.b64encode(found).decode() for label, found in levels.items()}
    return json.dumps({"step_ms": LEVEL_STEP_MS, "levels": coded}, sort_keys=True).encode()


def wave_of(levels: Iterable[bytes]) -> str:
    """The loudest of all, as few points as a line of time has pixels, in base64."""
    lines = list(levels)
    steps = max((len(line) for line in lines), default=0)
    points = min(_WAVE_POINTS, steps)
    loudest = bytearray()
    for at in range(points):
        start, end = at * steps // points, (at + 1) * steps // points
        loudest.append(max((max(line[start:end], default=0) for line in lines), default=0))
    return base64.b64encode(bytes(loudest)).decode()


def captions(cues: Iterable[Cue]) -> bytes:
    """The lines as WebVTT, in order of time."""
    parts = ["WEBVTT\n"]
    for cue in sorted(cues, key=lambda one: (one.span.start_ms, one.span.end_ms)):
        end_ms = max(cue.span.end_ms, cue.span.start_ms + _LEAST_CUE_MS)
        text = _escaped(" ".join(cue.text.split()))
        parts.append(
            f"{_stamp(cue.span.start_ms)} --> {_stamp(end_ms)}\n<v {_escaped(cue.voice)}>{text}</v>\n"
        )
    return "\n".join(parts).encode()


def _stamp(ms: int) -> str:
    ms = max(0, ms)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
