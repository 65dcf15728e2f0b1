"""Reading a record 查阅: a right and a purpose first, entered in the ledger, then the bytes; and who read it.

Every act asks `rights.may_take`. Nothing is given before its entry is durable. Files are served by links bound to the reader
and to the entry (reader_links). Nothing here removes anything of a record.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from typing import TYPE_CHECKING, Any, Protocol

from recording.apart import RebuildDied, sound_apart
from server.courtroom.ports import Unavailable, Verdict
from server.gateway import rights
from server.gateway.answers import answer, body_of
from server.gateway.errors import Forbidden, Malformed
from server.gateway.fetched import Fetched
from server.gateway.made import Made
from server.gateway.ranges import piece, send_range
from server.gateway.rates import SEATS_MAX, KeyedBuckets, seat_key
from server.gateway.reader_links import session_of
from server.gateway.readers import Readers
from server.gateway.record import COMPOSITE, record
from server.gateway.rights import Reader, is_stated, may_see_readers, may_take
from server.hearing.procedure import kind_of
from server.sealing.sealer import NotSealed
from server.store.readings import Reading, Readings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aiohttp import web

    from server.gateway.auth import Auth
    from server.gateway.settings import GatewaySettings
    from server.store.cases import Cases, HearingFile, SeatRow
    from server.store.event_log import SqlEventLog
    from server.store.readings import Read
    from server.store.results import Results

_BODY_BYTES = 4096
_ID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_FILE_NAME = re.compile(r"^[A-Za-z0-9_~-]{1,80}\.(webm|mp4|mkv|vtt|jpg|json|zip)$")
_COPY_NAME = re.compile(r"^[A-Za-z0-9_~-]{1,80}$")
_ATTACHED = "d"  # in a link's path: a file to keep


class Editions(Protocol):
    """Sealed packages, to be written as one .zip (server.sealing.sealer)."""

    def package(self, hearing: str) -> Path:
        """Where a hearing's package is, once it is sealed."""
        ...

    async def edition(self, hearing: str, seat: str | None, out: Path) -> int:
        """The package as a seat may have it; None: the court's own. NotSealed, OSError."""
        ...


def reader_of(file: HearingFile, seat: SeatRow) -> Reader:
    """The reader of a hearing's record as rights know it."""
    took_part = any(one.person_id == seat.person_id for one in file.seats)
    return Reader(seat.role, took_part, kind_of(file.hearing.procedure))


class Takings:
    """The routes. copies: the folder of a hearing's copies; root: where what is made for a taking lies for a while."""

    def __init__(
        self,
        *,
        auth: Auth,
        cases: Cases,
        results: Results,
        events: SqlEventLog,
        settings: GatewaySettings,
        copies: Callable[[str], Path],
        root: Path,
        editions: Editions | None,
    ) -> None:
        self._auth = auth
        self._cases = cases
        self._events = events
        self._readers = Readers(auth, cases)
        self._results = results
        self.readings = Readings(events)
        self.fetched = Fetched(
            self.readings,
            auth.now_ms,
            interval_s=settings.readings_interval_s,
            keys_max=settings.readings_gathered_max,
        )
        self._acts = KeyedBuckets.a_minute(settings.readings_per_minute_max, SEATS_MAX, auth.monotonic)
        self._settings = settings
        self._copies = copies
        self._editions = editions
        # Making one takes a disk and a processor; the hearings need the others.
        self._one = asyncio.Semaphore(1)
        self._waiting = 0
        self._made = Made(settings, root)

    def add_to(self, app: web.Application) -> None:
        """Register the routes; what an earlier server left goes when this one starts, and all of it when it stops."""
        app.router.add_post("/api/hearings/{hearing}/readings", self.begin)
        app.router.add_get("/api/hearings/{hearing}/readings", self.readers)
        app.router.add_get("/media/{hearing}/{name}", self.media)
        app.router.add_get(f"/media/{{hearing}}/{_ATTACHED}/{{name}}", self.attached)
        app.on_startup.append(self._made.sweep)
        app.on_cleanup.append(self._made.sweep)
        app.on_cleanup.append(self._enter)

    # --- a right and a purpose ---

    async def begin(self, request: web.Request) -> web.Response:
        """POST {"action", "thing", "what", "purpose", "note"} -> {"reading": n, "url"?}. url: of a file to keep."""
        self._auth.check_origin(request)
        file, seat = await self._readers.readable(request)
        asked = await _asked(request)
        if not self._acts.take(seat_key(file.hearing.id, seat.seat)):
            raise Forbidden("busy", 429)
        reader = reader_of(file, seat)
        if not may_take(
            reader, asked["action"], asked["thing"], parties_export=self._settings.parties_may_export
        ):
            raise Forbidden("not_for_you")
        if not is_stated(seat.role, asked["purpose"], asked["note"]):
            raise Malformed("purpose_needed")
        hearing, session = file.hearing.id, session_of(request)
        made = await self._make(file, seat, asked)
        own = await self._cases.find_session_digest(session, self._auth.now_ms())
        if own is None:  # it ended a moment ago
            raise Forbidden("session_invalid", 401)
        reading = Reading(
            **asked,
            hearing=own.hearing_id,
            seat=seat.seat,
            role=seat.role,
            name=seat.name,
            session=session,
        )
        number = await self.readings.begin(hearing, reading, self._auth.now_ms())
        found: dict[str, Any] = {"reading": number}
        if made:
            path = f"/media/{hearing}/{_ATTACHED}/{made}"
            found["url"] = self._auth.links.sign(path, session, number)
        response = answer(found)
        self._auth.links.give(request, response, session)
        return response

    async def standing(self, request: web.Request, hearing: str, action: str, thing: str) -> int:
        """The entry under which this request reads: ?reading=N, of this session, hearing and act. Forbidden("purpose_needed")."""
        text = request.query.get("reading", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004  digits
        reading = await self.readings.find(hearing, number) if number else None
        if reading is None or reading.session != session_of(request):
            raise Forbidden("purpose_needed")
        if (reading.action, reading.thing) != (action, thing):
            raise Forbidden("purpose_needed")
        return number

    def sign(self, path: str, request: web.Request, number: int | None) -> str:
        """A link for this reader under an entry; "" where there is none."""
        return "" if number is None else self._auth.links.sign(path, session_of(request), number)

    def keep(self, request: web.Request, response: web.Response, number: int | None) -> None:
        """Make this browser the reader's for as long as new links work."""
        if number is not None:
            self._auth.links.give(request, response, session_of(request))

    async def access(self, request: web.Request, file: HearingFile, seat: SeatRow) -> dict[str, Any]:
        """What the page needs to know of the reader's rights, and the entry under which it plays now, or None."""
        number = None
        with contextlib.suppress(Forbidden):
            number = await self.standing(request, file.hearing.id, rights.PLAY, rights.ALL)
        told = rights.told(reader_of(file, seat), parties_export=self._settings.parties_may_export)
        return {
            "rights": told,
            "reading": number,
            "viewer": {"seat": seat.seat, "role": seat.role, "name": seat.name},
        }

    # --- who read it ---

    async def readers(self, request: web.Request) -> web.Response:
        """GET: {"readings": [...]}, the newest first; for the bench and the clerk."""
        file, seat = await self._readers.readable(request)
        if not may_see_readers(reader_of(file, seat)):
            raise Forbidden("not_yours")
        await self.fetched.drain()
        found = await self.readings.newest(file.hearing.id, self._settings.readings_shown_max)
        return answer({"readings": [_row(one) for one in found]})

    # --- the bytes ---

    async def media(self, request: web.Request) -> web.StreamResponse:
        """GET /media/{hearing}/{name}: a viewing copy and what belongs to it, by a reader's own link; answers Range."""
        bound = await self._auth.links.check(request)
        hearing, name = request.match_info["hearing"], request.match_info["name"]
        if not _ID.match(hearing) or not _FILE_NAME.fullmatch(name):
            raise Forbidden("not_found", 404)
        path = self._copies(hearing) / name
        return await self.send(request, hearing, bound.number, path, name, {})

    async def attached(self, request: web.Request) -> web.StreamResponse:
        """GET /media/{hearing}/d/{name}: a file that was made for one taking."""
        bound = await self._auth.links.check(request)
        hearing, name = request.match_info["hearing"], request.match_info["name"]
        path = self._made.path(name)
        if path is None:
            raise Forbidden("link_expired")
        more = {"Content-Disposition": f'attachment; filename="{path.name}"', "Cache-Control": "no-store"}
        return await self.send(request, hearing, bound.number, path, path.name, more)

    async def send(
        self, request: web.Request, hearing: str, number: int, path: Path, name: str, more: dict[str, str]
    ) -> web.StreamResponse:
        """Send a file of a hearing under an entry of the ledger, which is told what was fetched. Forbidden("not_found").

        name: what the ledger calls it. more: headers.
        """
        if not await asyncio.to_thread(path.is_file):
            raise Forbidden("not_found", 404)
        size = (await asyncio.to_thread(path.stat)).st_size
        asked = request.headers.get("Range", "")
        limit = self._settings.range_bytes_max
        span = piece(asked, size, limit) if asked.startswith("bytes=") else (0, max(0, size - 1))
        if span is not None:
            await self.fetched.note(hearing, number, name, *span)
        return await send_range(request, path, limit, more)

    # --- what is made for a taking ---

    async def _make(self, file: HearingFile, seat: SeatRow, asked: dict[str, str]) -> str:
        """The name of a file made for this taking; "" for one that needs none. Forbidden, Unavailable."""
        if asked["action"] == rights.PLAY or asked["thing"] == rights.TRANSCRIPT:
            return ""
        if self._waiting >= self._settings.takings_waiting_max:
            raise Unavailable("busy")
        self._waiting += 1
        try:
            async with self._one:
                make = self._edition if asked["action"] == rights.EXPORT else self._copy
                return await make(file, seat, asked)
        finally:
            self._waiting -= 1

    async def _shown(self, file: HearingFile, seat: SeatRow, copy: str) -> str:
        """The file name of a copy, if the case page shows it to this reader; else ""."""
        hearing = file.hearing.id
        artefacts = await self._results.artefacts(hearing)
        page = record(
            file=file,
            reader_role=seat.role,
            reader_seat=seat.seat,
            entries=await self._events.read(hearing),
            verdict=Verdict(ok=True, entries=0, head=""),
            copies=[one for one in artefacts if one.kind == "copy"],
            lines=(),
            transcript=None,
            job=None,
            sign=str,
        )
        shown = {one["id"]: one["url"] for one in page["copies"]} | {
            COMPOSITE: page["composite"].get("url", "")
        }
        return str(shown.get(copy, "")).rpartition("/")[2]

    async def _copy(self, file: HearingFile, seat: SeatRow, asked: dict[str, str]) -> str:
        """One viewing copy of the hearing, or its sound."""
        hearing = file.hearing.id
        name = await self._shown(file, seat, asked["what"])
        source = self._copies(hearing) / name
        if not name or not source.is_file():
            raise Forbidden("not_found", 404)
        async with self._made.folder(source) as folder:
            out = folder / f"{hearing}-{name}"
            if asked["thing"] == rights.SOUND:
                out = folder / f"{hearing}-sound-{name}"
                try:
                    found = await sound_apart(source, out)
                except RebuildDied:
                    raise Unavailable("passage_failed") from None
                if not found:
                    raise Forbidden("no_sound", 404)
            else:
                await asyncio.to_thread(_link, source, out)
            return await self._made.keep(seat_key(hearing, seat.seat), out)

    async def _edition(self, file: HearingFile, seat: SeatRow, asked: dict[str, str]) -> str:
        """A sealed package as one .zip."""
        if self._editions is None:
            raise Forbidden("not_sealed")
        thing = asked["thing"]
        wanted = (
            None
            if thing == rights.COURT_EDITION
            else seat.seat
            if thing == rights.OWN_EDITION
            else asked["what"]
        )
        hearing = file.hearing.id
        async with self._made.folder(self._editions.package(hearing)) as folder:
            out = folder / f"{hearing}-{wanted or 'court'}.zip"
            try:
                await self._editions.edition(hearing, wanted, out)
            except NotSealed as failure:
                raise Forbidden("not_sealed" if failure.reason == "not_sealed" else "not_for_you") from None
            return await self._made.keep(seat_key(hearing, seat.seat), out)

    async def _enter(self, _app: object) -> None:
        await self.fetched.drain()


async def _asked(request: web.Request) -> dict[str, str]:
    """What a request wants, every field a text. Malformed."""
    body = await body_of(request, _BODY_BYTES)
    found = {}
    for key in ("action", "thing", "what", "purpose", "note"):
        value = body.get(key, "")
        if not isinstance(value, str) or any("\ud800" <= c <= "\udfff" or ord(c) < ord(" ") for c in value):
            raise Malformed("bad_request")
        found[key] = value.strip()
    if found["what"] and not _COPY_NAME.fullmatch(found["what"]):
        raise Malformed("bad_request")
    return found


def _row(one: Read) -> dict[str, Any]:
    reading = one.reading
    return {
        "number": one.number,
        "at": one.at_ms,
        "seat": reading.seat,
        "role": reading.role,
        "name": reading.name,
        "action": reading.action,
        "thing": reading.thing,
        "what": reading.what,
        "purpose": reading.purpose,
        "note": reading.note,
        "files": [{"file": file, "megabytes": spans} for file, spans in sorted(one.spans.items())],
    }


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
