"""POST /api/hearings/{hearing}/look: a part of a hearing that is over, to be seen before its copies are made.

By the rules of the record: who may play it, under a purpose that stands in the ledger of reading, and without the people from
whom the reader is screened. Once the copies are there, they are what is played. Denies by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.courtroom.plans import seat_of_label
from server.gateway import rights
from server.gateway.answers import answer, body_of
from server.gateway.errors import Forbidden, Malformed
from server.gateway.rates import SEATS_MAX, KeyedBuckets, seat_key
from server.gateway.readers import Readers
from server.gateway.record import (
    PURGED,
    SCREENING_KINDS,
    SESSION_KINDS,
    copy_row,
    kept_from,
    purged_of,
    session_of,
)
from server.gateway.replay_files import SECONDS
from server.gateway.takings import reader_of

if TYPE_CHECKING:
    from aiohttp import web

    from recording.viewing import ViewingCopy
    from server.gateway.auth import Auth
    from server.gateway.replay_files import ReplayFiles
    from server.gateway.settings import GatewaySettings
    from server.gateway.takings import Takings
    from server.store.cases import Cases, HearingFile, SeatRow
    from server.store.event_log import SqlEventLog
    from server.store.results import Results

_BODY_BYTES = 256


class Looks:
    """The routes."""

    def __init__(
        self,
        *,
        auth: Auth,
        cases: Cases,
        takings: Takings,
        results: Results,
        events: SqlEventLog,
        settings: GatewaySettings,
        files: ReplayFiles,
    ) -> None:
        self._auth = auth
        self._readers = Readers(auth, cases)
        self._takings = takings
        self._results = results
        self._events = events
        self._files = files
        self._asked = KeyedBuckets.a_minute(settings.replays_per_minute_max, SEATS_MAX, auth.monotonic)

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_post("/api/hearings/{hearing}/look", self.make)
        app.router.add_get("/media/{hearing}/look/{id}/{name}", self.play)

    async def make(self, request: web.Request) -> web.Response:
        """?reading=N {"from": ms from the opening, "seconds": 60 | 120 | 300} -> {"from", "to", "copies"}, as a replay."""
        file, reader = await self._readers.readable(request)
        if not rights.may_take(reader_of(file, reader), rights.PLAY, rights.ALL):
            raise Forbidden("not_yours")
        number = await self._takings.standing(request, file.hearing.id, rights.PLAY, rights.ALL)
        t0, t1 = await self._span(request, file.hearing.id)
        if not self._asked.take(seat_key(file.hearing.id, reader.seat)):
            raise Forbidden("busy", 429)
        id_, copies = await self._files.make(file.hearing.id, t0, t1, live=False)
        entries = await self._events.read_kinds(file.hearing.id, SCREENING_KINDS)
        apart = kept_from(reader.role, reader.seat, entries)
        shown = [
            one | {"url": self._takings.sign(one["url"], request, number)}
            for copy in copies
            if (one := _shown(file, copy, id_, apart)) is not None
        ]
        response = answer({"from": t0, "to": t1, "copies": shown})
        self._takings.keep(request, response, number)
        return response

    async def play(self, request: web.Request) -> web.StreamResponse:
        """GET /media/{hearing}/look/{id}/{name}: by a reader's own link; answers Range."""
        bound = await self._auth.links.check(request)
        hearing, id_, name = (request.match_info[key] for key in ("hearing", "id", "name"))
        path = await self._files.path(hearing, id_, name)
        if path is None:
            raise Forbidden("not_found", 404)
        more = {"Cache-Control": "no-store"}
        return await self._takings.send(request, hearing, bound.number, path, name, more)

    async def _span(self, request: web.Request, hearing: str) -> tuple[int, int]:
        """What is asked for, within the hearing. Malformed; Forbidden where it is not over, its copies are there, or no tape."""
        body = await body_of(request, _BODY_BYTES)
        begin, seconds = body.get("from"), body.get("seconds")
        if type(begin) is not int or type(seconds) is not int or seconds not in SECONDS:
            raise Malformed("bad_request")
        entries = await self._events.read_kinds(hearing, SESSION_KINDS | {PURGED})
        session, purged = session_of(entries), purged_of(entries)
        opened, closed = session["opened_at"], session["closed_at"]
        if opened is None or closed is None:
            raise Forbidden("not_yours")
        if "tape" in purged:
            raise Forbidden("not_found", 404)
        copied = any(one.kind == "copy" for one in await self._results.artefacts(hearing))
        if copied and "copies" not in purged:
            raise Forbidden("copies_are_there", 409)
        if not 0 <= begin < closed - opened:
            raise Malformed("bad_request")
        return opened + begin, min(opened + begin + seconds * 1000, closed)


def _shown(file: HearingFile, copy: ViewingCopy, id_: str, apart: set[str]) -> dict[str, Any] | None:
    """One copy as the player takes it, its link not signed yet; None for what this reader may not see."""
    seat, source = seat_of_label(copy.label)
    who: SeatRow | None = next((one for one in file.seats if one.seat == seat), None)
    if who is None or seat in apart:
        return None
    url = f"/media/{file.hearing.id}/look/{id_}/{copy.path.name}"
    return copy_row(who, copy.path, source=source, kind=copy.kind, duration_ms=copy.duration_ms, url=url)
