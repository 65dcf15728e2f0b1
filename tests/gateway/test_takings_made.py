"""What is made for a taking: a copy, its sound, a package; where it lies, how long, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recording.apart import RebuildDied
from server.courtroom.ports import NewEntry
from server.gateway import takings
from server.sealing.sealer import NotSealed
from server.store.results import Artefact
from tests.fakes.clock import NOON
from tests.gateway.asking import COPY, Http, begin, reason
from tests.gateway.door import HEARING, Door
from tests.gateway.test_takings import over, readings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.conftest import OpenDoor

pytestmark = pytest.mark.service

PICTURE = {"action": "copy", "thing": "picture", "what": "plaintiff", "purpose": "appeal"}
SOUND = PICTURE | {"thing": "sound"}
COURTS = {"action": "export", "thing": "court", "purpose": "appeal"}


class Packages:
    """Sealed packages of a few bytes. failure: what goes wrong in the middle of writing one."""

    def __init__(self, folder: Path, failure: Exception | None = None) -> None:
        self.folder = folder
        self.failure = failure
        self.made: list[tuple[str, str | None]] = []

    def package(self, hearing: str) -> Path:
        return self.folder / hearing

    async def edition(self, hearing: str, seat: str | None, out: Path) -> int:
        self.made.append((hearing, seat))
        if seat == "witness":
            raise NotSealed("not_for_this_seat")
        out.write_bytes(b"PK" + (seat or "court").encode())
        if self.failure is not None:
            raise self.failure
        return 0


def lying(door: Door) -> list[Path]:
    """What lies where takings are made."""
    folder = door.folder / "takings"
    return sorted(folder.iterdir()) if folder.exists() else []


async def test_packages_are_made_for_the_court_and_for_whom_it_says(door: Door, http: Http) -> None:
    await over(door)
    court, party = await door.bearer("clerk"), await door.bearer("plaintiff")
    assert await reason(await begin(http, door, court, COURTS)) == (403, "not_sealed")
    packages = door.takings._editions = Packages(door.folder / "packages")
    found = await (await begin(http, door, court, COURTS)).json()
    assert await (await http.get(f"{door.url}{found['url']}")).read() == b"PKcourt"
    found = await (await begin(http, door, court, COURTS | {"thing": "seat", "what": "defendant"})).json()
    assert await (await http.get(f"{door.url}{found['url']}")).read() == b"PKdefendant"
    answer = await begin(http, door, court, COURTS | {"thing": "seat", "what": "witness"})
    assert await reason(answer) == (403, "not_for_you")
    for thing in ("court", "seat", "own"):
        answer = await begin(http, door, party, COURTS | {"thing": thing, "what": "plaintiff"})
        assert await reason(answer) == (403, "not_for_you")
    assert packages.made == [(HEARING, None), (HEARING, "defendant"), (HEARING, "witness")]
    rows = [
        (row["thing"], row["what"], [one["megabytes"] for one in row["files"]])
        for row in await readings(http, door)
    ]
    assert rows == [("seat", "defendant", [[[0, 1]]]), ("court", "", [[[0, 1]]])]


async def test_a_court_may_let_its_parties_take_their_own(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(parties_may_export=True)
    await over(door)
    door.takings._editions = Packages(door.folder / "packages")
    wish = {"action": "export", "thing": "own", "what": "defendant", "purpose": "read_file"}
    found = await (await begin(http, door, await door.bearer("plaintiff"), wish)).json()
    answer = await http.get(f"{door.url}{found['url']}")
    assert await answer.read() == b"PKplaintiff", "its own, whatever it names"


async def test_one_readers_many_files_push_out_his_own_alone(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(takings_kept_max=2)
    await over(door)
    judges = (await (await begin(http, door, await door.bearer("judge"), PICTURE)).json())["url"]
    bearer = await door.bearer("clerk")
    urls = [(await (await begin(http, door, bearer, PICTURE)).json())["url"] for _ in range(3)]
    first, *others = [await http.get(f"{door.url}{url}") for url in (*urls, judges)]
    assert await reason(first) == (403, "link_expired")
    assert [answer.status for answer in others] == [200, 200, 200]
    assert len(lying(door)) == 3
    assert (door.copies(HEARING) / "plaintiff.webm").read_bytes() == COPY, "the record stays"


async def test_a_file_goes_when_its_time_is_over(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(link_lifetime_s=-120)
    await over(door)
    assert (await begin(http, door, await door.bearer("clerk"), PICTURE)).status == 200
    await door.until(lambda: not lying(door))


async def test_a_full_disk_is_left_to_the_tapes(open_door: OpenDoor, http: Http) -> None:
    door = await open_door(taking_disk_free_bytes_min=1 << 60)
    await over(door)
    answer = await begin(http, door, await door.bearer("clerk"), PICTURE)
    assert await reason(answer) == (503, "disk_full")
    assert lying(door) == []


async def test_a_package_is_not_begun_that_has_no_room(door: Door, http: Http) -> None:
    await over(door)
    packages = door.takings._editions = Packages(door.folder / "packages")
    tape = packages.package(HEARING) / "tape" / "0001"
    tape.parent.mkdir(parents=True)
    with tape.open("wb") as file:
        file.truncate(1 << 42)  # in holes: more than any disk of the tests
    answer = await begin(http, door, await door.bearer("clerk"), COURTS)
    assert await reason(answer) == (503, "disk_full")
    assert (packages.made, lying(door)) == ([], [])


@pytest.mark.parametrize(
    ("failure", "said"),
    [(OSError(28, "full"), (503, "disk_full")), (NotSealed("not_sealed"), (403, "not_sealed"))],
)
async def test_half_a_package_does_not_stay(
    door: Door, http: Http, failure: Exception, said: tuple[int, str]
) -> None:
    await over(door)
    door.takings._editions = Packages(door.folder / "packages", failure)
    assert await reason(await begin(http, door, await door.bearer("clerk"), COURTS)) == said
    assert lying(door) == []
    assert await readings(http, door) == [], "what was not given is no reading"


@pytest.mark.parametrize("died", [True, False])
async def test_sound_that_does_not_come_to_be_leaves_nothing(
    door: Door, http: Http, monkeypatch: pytest.MonkeyPatch, died: bool
) -> None:
    async def apart(_: Path, out: Path) -> bool:
        out.write_bytes(b"half")
        if died:
            raise RebuildDied(9)
        return False

    await over(door)
    monkeypatch.setattr(takings, "sound_apart", apart)
    answer = await begin(http, door, await door.bearer("clerk"), SOUND)
    assert await reason(answer) == ((503, "passage_failed") if died else (404, "no_sound"))
    assert lying(door) == []


async def test_the_composite_is_copied_by_those_who_see_everybody_in_it(door: Door, http: Http) -> None:
    await over(door)
    detail = {"source": "composite", "kind": "film", "duration_ms": 200, "thumbnails": {}, "wave": ""}
    await door.results.save_artefact(
        Artefact(
            HEARING,
            "copy",
            "composite.mp4",
            f"hearings/{HEARING}/copies/composite.mp4",
            detail,
            "ef" * 32,
            NOON,
        )
    )
    (door.copies(HEARING) / "composite.mp4").write_bytes(COPY[::-1])
    wish = {"action": "copy", "thing": "picture", "what": "composite", "purpose": "appeal"}
    found = await (await begin(http, door, await door.bearer("clerk"), wish)).json()
    assert await (await http.get(f"{door.url}{found['url']}")).read() == COPY[::-1]
    screen = {"one": "plaintiff", "other": "defendant", "reason": "x"}
    entry = NewEntry(NOON, "presiding", None, "seats_screened", 1, screen)
    await door.log.append(HEARING, await door.log.last_seq(HEARING), [entry])
    answer = await begin(http, door, await door.bearer("plaintiff"), wish | {"thing": "sound"})
    assert await reason(answer) == (404, "not_found")
