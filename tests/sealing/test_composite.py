"""The scripted hearing's composite: made of the log and the tape, filed, shown to whom it may be shown, sealed with the rest."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import av
import pytest

from recording.composite.plan import scenes
from recording.composite.settings import CompositeSettings
from recording.package.verify import verify
from server.composer import Composer
from server.demo import cast
from server.exhibits.apart import Worker
from server.exhibits.drawn import Drawn
from server.exhibits.settings import ExhibitSettings
from server.film import timeline
from server.gateway.record import record, session_of
from server.store.codec import EventCodec
from server.store.materials import Materials
from tests.fakes.clock import NOON
from tests.sealing.test_sealer import enter

if TYPE_CHECKING:
    from pathlib import Path

    from recording.composite.plan import Timeline
    from tests.sealing.rig import House

pytestmark = pytest.mark.service

NAMES = {"~composite.mp4", "~composite.vtt", "~composite.json", "~composite-0.jpg"}
SMALL = CompositeSettings(width_px=640, pictures_per_second_max=5)


def composer(house: House, settings: CompositeSettings = SMALL) -> Composer:
    return Composer(
        cases=house.cases,
        events=house.events,
        results=house.results,
        codec=EventCodec(),
        folders=house.folders,
        settings=settings,
        materials=Materials(house.database),
        drawn=Drawn(house.folders.drawn, Worker(ExhibitSettings()), 1 << 20),
        now_ms=lambda: NOON,
    )


async def session(house: House) -> tuple[int, int]:
    found = session_of(await house.events.read(cast.HELD))
    return found["opened_at"], found["closed_at"]


async def told(house: House) -> Timeline:
    file = await house.cases.hearing(cast.HELD)
    assert file is not None
    entries = await house.events.read(cast.HELD)
    lines = await house.results.utterances(cast.HELD)
    return timeline(file, entries, EventCodec(), lines, await session(house))


async def shown(house: House, role: str, seat: str) -> dict[str, Any]:
    """The record as a reader gets it."""
    file = await house.cases.hearing(cast.HELD)
    assert file is not None
    artefacts = await house.results.artefacts(cast.HELD)
    return record(
        file=file,
        reader_role=role,
        reader_seat=seat,
        entries=await house.events.read(cast.HELD),
        verdict=await house.events.verify(cast.HELD),
        copies=[one for one in artefacts if one.kind == "copy"],
        lines=[],
        transcript=None,
        job=None,
        sign=lambda path: f"{path}?signed",
    )


async def test_it_is_filed_shown_and_sealed_and_kept_from_who_must_not_meet_somebody(
    house: House, tmp_path: Path
) -> None:
    shares: list[float] = []
    assert await composer(house).compose(cast.HELD, await session(house), shares.append) == ""
    assert shares == sorted(shares)
    assert len(shares) > 20
    opened, closed = await session(house)
    found = (await shown(house, "plaintiff", "plaintiff"))["composite"]
    assert (found["state"], found["url"]) == ("ready", f"/media/{cast.HELD}/~composite.mp4?signed")
    assert found["captions"] == f"/media/{cast.HELD}/~composite.vtt?signed"
    assert found["duration_ms"] == closed - opened
    with av.open(str(house.folders.copies(cast.HELD) / "~composite.mp4")) as container:
        assert abs((container.duration or 0) / av.time_base - (closed - opened) / 1000) <= 0.04
        assert [one["metadata"]["title"] for one in container.chapters()][:1] == ["宣布开庭"]
    assert not house.folders.copies(cast.HELD).with_name("pages").exists()

    await enter(house, cast.HELD, ("seats_screened", {"one": "witness", "other": "defendant", "reason": "x"}))
    key = house.key()
    package = await house.sealer().seal(cast.HELD)
    assert {path.name for path in (package / "copies").glob("~*")} == NAMES
    for seat, role, without in (
        ("defendant", "defendant", True),
        ("plaintiff", "plaintiff", False),
        ("presiding", "presiding", False),
    ):
        page = (await shown(house, role, seat))["composite"]
        assert ("url" in page) is not without, seat
        out = tmp_path / f"{seat}.zip"
        await house.sealer().edition(cast.HELD, seat, out)
        with zipfile.ZipFile(out) as opened_zip:
            inside = {name.removeprefix("copies/") for name in opened_zip.namelist()}
        assert inside & NAMES == (set() if without else NAMES), seat
        report = verify(out, [key])
        assert report.findings == [], report.as_text()


async def test_a_changed_second_of_the_film_is_found_and_told(house: House) -> None:
    """The package's index knows the film's seconds as it knows everybody's copy's."""
    assert await composer(house).compose(cast.HELD, await session(house), lambda _share: None) == ""
    key = house.key()
    package = await house.sealer().seal(cast.HELD)
    film = package / "copies" / "~composite.mp4"
    data = bytearray(film.read_bytes())
    data[len(data) // 2] ^= 1
    film.unlink()  # the package's file is a link of the published one
    film.write_bytes(data)
    (finding,) = verify(package, [key]).findings
    assert (finding.file, finding.seat) == ("copies/~composite.mp4", "*")
    opened, closed = await session(house)
    assert finding.at_ms is not None
    assert 0 < finding.at_ms < closed - opened


async def test_without_a_font_the_reason_is_told_and_nothing_is_filed(house: House, tmp_path: Path) -> None:
    settings = replace(SMALL, font=tmp_path / "none.ttc")
    reason = await composer(house, settings).compose(cast.HELD, await session(house), lambda _share: None)
    assert reason == "composite_font_missing"
    assert not list(house.folders.copies(cast.HELD).glob("~*"))
    assert "url" not in (await shown(house, "presiding", "presiding"))["composite"]


async def test_the_log_says_who_is_to_be_seen(house: House) -> None:
    found = await told(house)
    assert [person.label for person in found.people][:2] == ["presiding", "clerk"]
    by_label = {person.label: person for person in found.people}
    assert "observer" not in by_label
    assert by_label["plaintiff_agent"].role == "原告诉讼代理人"
    whole = found.duration_ms
    (recess,) = [notice.span for notice in found.notices]
    assert [(span.start_ms, span.end_ms) for span in by_label["presiding"].here] == [
        (0, recess.start_ms),
        (recess.end_ms, whole),
    ]
    witness = by_label["witness"].here
    assert len(witness) == 1, "he is in the courtroom from the call to the dismissal"
    assert 0 < witness[0].start_ms < witness[0].end_ms < whole
    assert found.words.title.startswith(cast.COURT)
    assert found.cues[0].voice.endswith("林静")
    seen = scenes(found, {})
    assert all("presiding" in scene.tiles for scene in seen if not scene.notice)
