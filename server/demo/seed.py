"""Seeds the demonstration case once: one hearing already held, one to be held now. Changes nothing later."""

from __future__ import annotations

import json
import logging
import shutil
from typing import TYPE_CHECKING

from server.demo import cast
from server.demo.held import Books, hold, schedule
from server.store.secret_file import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from recording.settings import RecordingSettings
    from server.courtroom.ports import Codec, EventLog
    from server.finish import Folders
    from server.store.cases import Cases
    from server.store.results import Results

log = logging.getLogger(__name__)

_DAY_MS = 86_400_000
_LINKS = "demo-links.json"


class Demo:
    """The demonstration case in a ledger."""

    def __init__(
        self, *, cases: Cases, results: Results, events: EventLog, codec: Codec, folders: Folders
    ) -> None:
        self._cases = cases
        self._results = results
        self._events = events
        self._codec = codec
        self._folders = folders

    @property
    def _file(self) -> Path:
        return self._folders.root / _LINKS

    def links(self) -> dict[str, str]:
        """Seat -> join token of the hearing to be held now; {} before seeding, or where the file is no good."""
        try:
            links = json.loads(self._file.read_bytes())["links"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        whole = isinstance(links, dict) and {row.seat for row in cast.NOW_SEATS} == links.keys()
        return dict(links) if whole else {}

    async def seed(self, recording: RecordingSettings, now_ms: int) -> None:
        """Seed what is not there yet; a seeding cut short is finished at the next start."""
        await self.enter_case(now_ms)
        if await self._results.job(cast.HELD, "finish") is None:
            await self._hold(recording, now_ms)
        if not self.links():
            await self.new_hearing(now_ms, await self._begun())

    async def enter_case(self, now_ms: int) -> None:
        """Enter the case if it is not there."""
        if await self._cases.case(cast.CASE_ID) is None:
            await self._cases.create_case(
                case_no=cast.CASE_NO,
                cause=cast.CAUSE,
                court=cast.COURT,
                procedure=cast.PROCEDURE,
                now_ms=now_ms,
                case_id=cast.CASE_ID,
            )

    async def _hold(self, recording: RecordingSettings, now_ms: int) -> None:
        begin = now_ms - now_ms % _DAY_MS - _DAY_MS + 90 * 60_000  # yesterday at half past nine in Guangzhou
        await schedule(
            Books(self._cases, self._events, self._codec),
            case_id=cast.CASE_ID,
            hearing_id=cast.HELD,
            seats=cast.HELD_SEATS,
            scheduled_at=begin + 15 * 60_000,
            public=True,
            now_ms=begin - _DAY_MS,
        )
        # The log decides: it is written last, in one piece. A tape without it, sealed or not, is of a hearing that
        # was not held.
        if not any(entry.kind == "court_closed" for entry in await self._events.read(cast.HELD)):
            tape = self._folders.tape(cast.HELD)
            if tape.exists():
                shutil.rmtree(tape)  # the demonstration's own
            await hold(
                self._events,
                self._codec,
                recording,
                hearing_id=cast.HELD,
                tape=tape,
                begin_ms=begin + 14 * 60_000,
            )
        await self._results.add_job(cast.HELD, "finish", now_ms)

    async def _begun(self) -> str:
        """A hearing whose links were never written down, of a seeding that was cut short; "" where there is none."""
        for row in await self._cases.hearings(cast.CASE_ID):
            kinds = [entry.kind for entry in await self._events.read(row.id)]
            if row.id != cast.HELD and kinds in ([], ["hearing_scheduled"]):
                return row.id
        return ""

    async def new_hearing(self, now_ms: int, hearing: str = "", procedure: str = "") -> dict[str, str]:
        """A further hearing of the demonstration case, to be held now.

        hearing: one whose scheduling was cut short, to be finished instead. procedure: "" for the case's own, whose
        links are kept for the next start; those of another procedure are only given back.
        """
        hearing = hearing or f"hearing-demo-{now_ms}"
        seats = cast.seats_for(procedure)
        await schedule(
            Books(self._cases, self._events, self._codec),
            case_id=cast.CASE_ID,
            hearing_id=hearing,
            seats=seats,
            scheduled_at=now_ms + 10 * 60_000,
            public=procedure != "mediation",  # not in public: CPL interpretation art. 146
            now_ms=now_ms,
            procedure=procedure,
        )
        links = {row.seat: await self._cases.make_link(hearing, row.seat, now_ms) for row in seats}
        if not procedure:
            self._folders.root.mkdir(parents=True, exist_ok=True)
            write_private(self._file, json.dumps({"hearing": hearing, "links": links}).encode())
        log.info("demonstration hearing %s scheduled", hearing)
        return links


def describe(links: dict[str, str], address: str) -> str:
    """The links as a person reads them on the terminal."""
    width = max(len(cast.TITLES[seat]) for seat in links)
    lines = [f"  {cast.TITLES[seat]:<{width}}  {address}/j/{token}" for seat, token in links.items()]
    return "\n".join(lines)
