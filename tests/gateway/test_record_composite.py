"""The composite on the case page: whom it is given to, and what is said while it is made or where it failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.gateway.record import COMPOSITE, progress_of
from server.hearing.commands_rooms import ScreenOff
from server.store.results import Artefact
from tests.builders import a_hearing
from tests.cast import DEFENDANT, PLAINTIFF, PRESIDING
from tests.gateway.test_record import copy, entries, job, made
from tests.playbook import by

pytestmark = pytest.mark.pure

_DETAIL = {"seat": "*", "source": COMPOSITE, "duration_ms": 9000}


def piece(name: str, kind: str, **more: Any) -> Artefact:
    path = f"hearings/h-1/copies/{name}"
    return Artefact("h-1", "copy", name, path, {**_DETAIL, "kind": kind, **more}, "cd" * 32, 3)


FILM = piece("~composite.mp4", "film", thumbnails={"count": 1}, wave="AAA=")
PIECES = (
    copy("plaintiff"),
    FILM,
    piece("~composite.vtt", "captions"),
    piece("~composite.json", "levels"),
    piece("~composite-0.jpg", "sheet"),
)


def test_it_stands_beside_the_copies_and_is_no_seats() -> None:
    page = made([], copies=PIECES)
    assert [one["seat"] for one in page["copies"]] == ["plaintiff"]
    assert page["composite"] == {
        "state": "ready",
        "progress": 1.0,
        "reason": "",
        "url": "/media/h-1/~composite.mp4?signed",
        "captions": "/media/h-1/~composite.vtt?signed",
        "levels": "/media/h-1/~composite.json?signed",
        "sheets": ["/media/h-1/~composite-0.jpg?signed"],
        "thumbnails": {"count": 1},
        "wave": "AAA=",
        "duration_ms": 9000,
        "sha256": "cd" * 32,
    }


@pytest.mark.parametrize(
    ("role", "seat", "given"),
    [
        ("plaintiff", "plaintiff", False),
        ("defendant", "defendant", False),
        ("agent", "plaintiff_agent", True),
        ("presiding", "presiding", True),
        ("clerk", "clerk", True),
    ],
)
def test_who_must_not_meet_somebody_gets_none_of_it(role: str, seat: str, given: bool) -> None:
    told = a_hearing().opened()
    told.script >> by(PRESIDING, ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"))
    page = made(entries(told.closed()), copies=PIECES, reader_role=role, reader_seat=seat)
    assert ("~composite" in str(page)) is given
    assert page["composite"]["state"] == ("ready" if given else "none")


def test_while_the_court_sits_nobody_has_it_who_may_be_waiting_outside() -> None:
    page = made(
        entries(a_hearing().opened()), copies=PIECES, reader_role="plaintiff", reader_seat="plaintiff"
    )
    assert page["composite"] == {"state": "none", "progress": 0.0, "reason": ""}


def test_it_is_said_while_it_is_made_and_where_it_failed() -> None:
    own = [copy("plaintiff")]
    building = made([], copies=own, job=job("running", 0.7))["composite"]
    assert (building["state"], building["progress"]) == ("building", 0.7)
    assert made([], copies=[], job=job("running", 0.1))["composite"]["state"] == "none", "copies come first"
    failed = job("failed", 1.0, "composite_font_missing")
    page = made([], copies=own, job=failed)
    assert (page["composite"]["state"], page["composite"]["reason"]) == ("failed", "composite_font_missing")
    assert page["recording"]["state"] == "ready", "everybody's copies are whole"
    assert progress_of(replace(failed, reason="copies_incomplete"), True)["state"] == "failed"
