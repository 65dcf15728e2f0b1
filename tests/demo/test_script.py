"""The scripted hearing: every cue names a seat of it, every line is there with its sound, and the law lets it pass."""

from __future__ import annotations

import json

import pytest

from server.demo import cast
from server.demo.held import SOUND
from server.demo.script import CUES, EPILOGUE, PEOPLE, PROLOGUE
from server.hearing.commands import Close, OpenCourt

pytestmark = pytest.mark.pure

LINES = json.loads((SOUND / "lines.json").read_text(encoding="utf-8"))
CUED = [cue for cues in (PROLOGUE, *CUES.values(), EPILOGUE) for cue in cues]


def test_everybody_in_it_has_a_seat() -> None:
    seats = {row.seat for row in cast.HELD_SEATS}
    assert set(PEOPLE) == seats
    assert {cue.seat for cue in CUED} - {""} <= seats
    assert {line["seat"] for line in LINES} <= seats


def test_every_line_has_its_sound_and_every_cue_its_line() -> None:
    assert all((SOUND / line["file"]).is_file() for line in LINES)
    assert all(line["seconds"] > 0 and line["text"] for line in LINES)
    assert set(CUES) <= set(range(len(LINES)))


def test_it_is_opened_and_closed_once() -> None:
    for kind in (OpenCourt, Close):
        assert sum(isinstance(cue.command, kind) for cue in CUED) == 1
    assert all(cue.after_ms > 0 for cue in CUED)
