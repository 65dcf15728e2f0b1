"""What follows a hearing, with a real ledger that fails now and then, a real tape and a recogniser of our own."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from recording.apart import build_apart
from recording.facts import TapeOrder
from recording.recorder import Recorder
from server.courtroom.ports import NewEntry, Unavailable
from server.finish import Finisher, Folders
from server.hearing.ids import HearingId
from server.sealing.sealer import NotSealed
from server.store.cases import Cases
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.results import Results
from tests.recording.desks import SETTINGS
from tests.recording.senders import T0, Sender, by_arrival
from tests.store.ledgers import settings_for
from transcripts.segments import FinalUtterance
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from media.ids import PeerId
    from media.taps import TapPacket
    from server.finish import Compose, Transcribe
    from server.store.results import Job

pytestmark = pytest.mark.service

OPENED_MS = T0 // 1_000_000
H1 = HearingId("h1")


class FailingDatabase(Database):
    """Answers Unavailable to so many writes."""

    refuse = 0

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Any]:
        if self.refuse:
            self.refuse -= 1
            raise Unavailable("ledger")
        async with super().write() as connection:
            yield connection


class House:
    """A ledger with two hearings, and a finisher."""

    def __init__(self, database: FailingDatabase, root: Path) -> None:
        self.database = database
        self.results = Results(database)
        self.folders = Folders(root)
        self.heard: list[dict[str, str]] = []
        self.breaks = 0

    async def recognise(
        self, files: Mapping[str, Path], _settings: TranscriptSettings, on_progress: Callable[[float], None]
    ) -> list[FinalUtterance]:
        """One line a file."""
        self.heard.append({label: path.name for label, path in files.items()})
        if self.breaks:
            self.breaks -= 1
            raise RuntimeError("the recogniser broke")
        for share in (0.2, 0.5, 1.0):
            on_progress(share)
        return [FinalUtterance(label, 0, 500, "现在开庭。", 0.9, ()) for label in files]

    def finisher(
        self,
        transcribe: Transcribe | None = None,
        seal: Callable[[str], Awaitable[object]] | None = None,
        compose: Compose | None = None,
    ) -> Finisher:
        return Finisher(
            events=SqlEventLog(self.database),
            results=self.results,
            folders=self.folders,
            transcripts=TranscriptSettings(),
            now_ms=lambda: OPENED_MS,
            transcribe=transcribe or self.recognise,
            retry_s=0.001,
            seal=seal,
            compose=compose,
        )

    @asynccontextmanager
    async def working(self, finisher: Finisher) -> AsyncIterator[None]:
        running = asyncio.ensure_future(finisher.run())
        try:
            yield
        finally:
            assert not running.done(), "the finisher ended by itself"
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def until(self, hearing: str, *states: str) -> Job:
        """Wait for a state; pytest's own timeout ends a wait for one that never comes."""
        while True:
            job = await self.results.job(hearing, "finish")
            if job is not None and job.state in states:
                return job
            await asyncio.sleep(0.01)

    async def tape(self, hearing: str, packets: list[TapPacket], labels: dict[PeerId, str]) -> None:
        recorder = Recorder(SETTINGS, self.folders.tape(hearing), hearing, lambda _fact: None)
        await recorder.start()
        recorder.follow(TapeOrder(True, None, labels))
        for packet in packets:
            assert recorder.offer(packet)
        await recorder.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = FailingDatabase(await settings_for("sqlite", tmp_path))
    cases = Cases(database)
    log = SqlEventLog(database)
    case = await cases.create_case(case_no="1", cause="c", court="c", procedure="p", now_ms=0)
    for hearing in ("h1", "h2"):
        await cases.create_hearing(
            case_id=case, public=True, procedure="p", scheduled_at=0, seats=(), now_ms=0, hearing_id=hearing
        )
        moments = (("court_opened", 0), ("court_closed", 3000))
        entries = [NewEntry(OPENED_MS + at, None, None, kind, 1) for kind, at in moments]
        await log.append(hearing, 0, entries)
    yield House(database, tmp_path)
    await database.close()


async def with_a_voice(house: House, hearing: str) -> None:
    voice = Sender("p1").tone(500, 0, 1)
    await house.tape(hearing, voice, {voice[0].track.peer: "a"})


async def test_a_ledger_that_is_away_is_waited_for(house: House) -> None:
    await with_a_voice(house, "h1")
    finisher = house.finisher()
    house.database.refuse = 5  # more than one door at a start
    async with house.working(finisher):
        await finisher.enter(H1)
        job = await house.until("h1", "done")
    assert (job.progress, job.reason) == (1.0, "")
    assert house.database.refuse == 0
    assert [line.text for line in await house.results.utterances("h1")] == ["现在开庭。"]


async def test_a_job_that_the_ledger_interrupts_is_done_again(house: House) -> None:
    await with_a_voice(house, "h1")

    async def recognise(*given: Any) -> list[FinalUtterance]:
        house.database.refuse = 1 if not house.heard else 0  # the first transcript can't be filed
        return await house.recognise(given[0], given[1], lambda _share: None)

    finisher = house.finisher(recognise)
    async with house.working(finisher):
        await finisher.enter(H1)
        await house.until("h1", "done")
    assert len(house.heard) == 2


async def test_a_failed_job_is_done_again_at_the_next_start_and_not_before(house: House) -> None:
    await with_a_voice(house, "h1")
    await with_a_voice(house, "h2")
    house.breaks = 1
    finisher = house.finisher()
    async with house.working(finisher):
        await finisher.enter(H1)
        failed = await house.until("h1", "failed")
        await finisher.enter(HearingId("h2"))
        await house.until("h2", "done")
        assert (await house.until("h1", "failed", "done")).state == "failed"
    assert failed.reason == "internal"
    assert len(house.heard) == 2
    async with house.working(house.finisher()):
        await house.until("h1", "done")


async def test_a_seat_with_two_codecs_has_two_copies_and_is_heard_once(house: House) -> None:
    phone, chrome = Sender("p1", codec="h264"), Sender("p2")
    packets = by_arrival(phone.film(0, 1), chrome.film(1, 1), chrome.tone(500, 1, 1))
    peers = {packet.track.peer: "a" for packet in packets}
    await house.tape("h1", packets, peers)
    finisher = house.finisher()
    async with house.working(finisher):
        await finisher.enter(H1)
        await house.until("h1", "done")
    copies = [item for item in await house.results.artefacts("h1") if item.kind == "copy"]
    assert {copy.label: (copy.detail["seat"], copy.detail["kind"]) for copy in copies} == {
        "a.webm": ("a", "av"),
        "a-h264.mp4": ("a", "video"),
    }
    assert house.heard == [{"a": "a.webm"}]


async def test_no_progress_is_written_after_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_a_voice(house, "h1")
    said: list[tuple[str, float]] = []
    true_set, true_file = house.results.set_job, house.results.replace_utterances

    async def slow_set(job_id: str, **values: Any) -> None:
        for _ in range(20):
            await asyncio.sleep(0)  # the slowest way to the ledger
        await true_set(job_id, **values)
        said.append((values["state"], round(values["progress"], 6)))

    async def file(*given: Any) -> None:
        said.append(("filed", 0.0))
        await true_file(*given)

    monkeypatch.setattr(house.results, "set_job", slow_set)
    monkeypatch.setattr(house.results, "replace_utterances", file)
    finisher = house.finisher()
    async with house.working(finisher):
        await finisher.enter(H1)
        await house.until("h1", "done")
    assert said == [("running", 0.2), ("running", 0.36), ("filed", 0.0), ("done", 1.0)]


async def test_a_screen_is_filed_as_its_seats_and_not_listened_to(house: House) -> None:
    voice, other = Sender("p1").tone(500, 0, 1), Sender("p2").tone(500, 0, 1)
    labels = {voice[0].track.peer: "a", other[0].track.peer: "a~screen"}
    await house.tape("h1", [*voice, *other], labels)
    finisher = house.finisher()
    async with house.working(finisher):
        await finisher.enter(H1)
        await house.until("h1", "done")
    filed = [one for one in await house.results.artefacts("h1") if one.kind == "copy"]
    assert {(one.detail["seat"], one.detail["source"]) for one in filed} == {("a", "main"), ("a", "screen")}
    assert {line.seat for line in await house.results.utterances("h1")} == {"a"}


async def test_it_is_sealed_when_all_of_it_is_filed(house: House) -> None:
    await with_a_voice(house, "h1")
    found: list[int] = []

    async def seal(hearing: str) -> None:
        found.append(len(await house.results.artefacts(hearing)))

    finisher = house.finisher(seal=seal)
    async with house.working(finisher):
        await finisher.enter(H1)
        await house.until("h1", "done")
    assert found == [2]  # the copy and the transcript


@pytest.mark.parametrize("failure", [NotSealed("log_not_whole"), OSError("the disk")])
async def test_what_cannot_be_sealed_is_there_all_the_same(house: House, failure: Exception) -> None:
    await with_a_voice(house, "h1")

    async def seal(_hearing: str) -> None:
        raise failure

    finisher = house.finisher(seal=seal)
    async with house.working(finisher):
        await finisher.enter(H1)
        job = await house.until("h1", "done", "failed")
    assert job.state == "done"
    assert await house.results.utterances("h1")


async def test_the_composite_is_made_last_and_before_the_seal(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_a_voice(house, "h1")
    done: list[str] = []
    shares: list[float] = []
    true_set = house.results.set_job

    async def told(job_id: str, **values: Any) -> None:
        shares.append(round(values["progress"], 6))
        await true_set(job_id, **values)

    async def compose(hearing: str, session: tuple[int, int], on_progress: Callable[[float], None]) -> str:
        found = await house.results.artefacts(hearing)
        done.append(
            f"{len(found)} {session[1] - session[0]}"
        )  # the copy and the transcript can be played by now
        on_progress(0.5)
        return ""

    async def seal(_hearing: str) -> None:
        done.append("seal")

    monkeypatch.setattr(house.results, "set_job", told)
    finisher = house.finisher(seal=seal, compose=compose)
    async with house.working(finisher):
        await finisher.enter(H1)
        await house.until("h1", "done")
    assert done == ["2 3000", "seal"]
    assert shares == sorted(shares)
    assert {0.2, 0.6, 0.8, 1.0} <= set(shares)


async def test_without_a_composite_it_is_sealed_and_tried_again_at_the_next_start(house: House) -> None:
    await with_a_voice(house, "h1")
    sealed: list[str] = []
    answers = ["composite_font_missing", ""]

    async def compose(*_given: Any) -> str:
        return answers.pop(0)

    async def seal(hearing: str) -> None:
        sealed.append(hearing)

    finisher = house.finisher(seal=seal, compose=compose)
    async with house.working(finisher):
        await finisher.enter(H1)
        job = await house.until("h1", "done", "failed")
    assert (job.state, job.reason) == ("failed", "composite_font_missing")
    assert sealed == ["h1"]
    async with house.working(house.finisher(seal=seal, compose=compose)):
        assert (await house.until("h1", "done")).reason == ""
    assert len(house.heard) == 1, "copies and transcript are sealed by now: they are not made anew"
    assert sealed == ["h1", "h1"]


async def test_missing_copies_are_made_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_a_voice(house, "h1")

    async def one_fails(*given: Any) -> Any:
        return (await build_apart(*given))[0], 1

    monkeypatch.setattr("server.finish.build_apart", one_fails)
    async with house.working(house.finisher()):
        await house.finisher().enter(H1)
        assert (await house.until("h1", "failed")).reason == "copies_incomplete"
    monkeypatch.undo()
    async with house.working(house.finisher()):
        await house.until("h1", "done")
    assert len(house.heard) == 2


async def test_what_was_purged_does_not_come_back(house: House) -> None:
    """A job that failed is taken up again at each start; by then its copies may be purged, and the tape kept."""
    await with_a_voice(house, "h1")
    house.breaks = 1
    async with house.working(house.finisher()):
        await house.finisher().enter(H1)
        await house.until("h1", "failed")
    purged = NewEntry(OPENED_MS, None, None, "record_purged", 1, {"artefacts": ["copies", "transcript"]})
    await SqlEventLog(house.database).append("h1", 2, [purged])
    shutil.rmtree(house.folders.copies("h1"))
    await house.results.reopen_jobs(OPENED_MS)

    async def never(*_: Any) -> str:
        raise AssertionError("nothing is made or sealed of a purged record")

    async with house.working(house.finisher(seal=never, compose=never)):
        job = await house.until("h1", "done", "failed")
    assert (job.state, job.reason) == ("done", "")
    assert len(house.heard) == 1
    assert not house.folders.copies("h1").exists()
    assert await house.results.utterances("h1") == []


async def test_a_bug_in_the_composite_does_not_keep_it_from_the_seal(house: House) -> None:
    await with_a_voice(house, "h1")
    sealed: list[str] = []

    async def compose(*_given: Any) -> str:
        raise KeyError

    async def seal(hearing: str) -> None:
        sealed.append(hearing)

    async with house.working(house.finisher(seal=seal, compose=compose)):
        await house.finisher().enter(H1)
        job = await house.until("h1", "done", "failed")
    assert (job.state, job.reason) == ("failed", "composite_broken")
    assert sealed == ["h1"]


async def test_a_ledger_that_is_away_while_composing_puts_the_job_back(house: House) -> None:
    await with_a_voice(house, "h1")
    asked: list[str] = []

    async def compose(hearing: str, *_given: Any) -> str:
        asked.append(hearing)
        if len(asked) == 1:
            raise Unavailable("ledger")
        return ""

    async with house.working(house.finisher(compose=compose)):
        await house.finisher().enter(H1)
        await house.until("h1", "done")
    assert len(asked) == 2
    assert len(house.heard) == 1
