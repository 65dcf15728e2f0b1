"""The HTTP routes: join, who am I, network test, case page, files. Asks the policy each time; decides nothing itself."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from server.courtroom.ports import EventLog, Unavailable
from server.gateway import rights
from server.gateway.access import may_read_lines, may_read_room
from server.gateway.answers import answer, language, refusal, token_of
from server.gateway.discipline import discipline_text, discipline_version, has_panel
from server.gateway.errors import Forbidden, Malformed, sentence
from server.gateway.line_table import line_table
from server.gateway.procedures import procedure_file
from server.gateway.readers import Readers
from server.gateway.record import (
    PURGED,
    SCREENING_KINDS,
    SESSION_KINDS,
    Caucus,
    named,
    progress_of,
    purged_of,
    record,
    session_of,
)
from server.gateway.transcript import transcript_text
from server.hearing.events import HearingScheduled
from server.hearing.ids import HearingId
from server.hearing.refusals import Refused
from server.hearing.rooms import CAUCUS
from server.hearing.streams import room_stream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from server.courtroom.ports import Entry, LineBook
    from server.gateway.auth import Auth
    from server.gateway.settings import GatewaySettings
    from server.gateway.takings import Takings
    from server.store.cases import Cases, HearingFile, SeatRow
    from server.store.results import Results

log = logging.getLogger(__name__)

_JOIN_BODY_BYTES = 1024


@web.middleware
async def errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every error leaves as JSON with a stable id and a sentence; only our own bugs are logged with a trace."""
    try:
        return await handler(request)
    except Forbidden as forbidden:
        return _error(request, "refused", forbidden.reason, forbidden.status)
    except Malformed as malformed:
        too_large = malformed.reason in {"message_too_large", "material_too_large"}
        return _error(request, "malformed", malformed.reason, 413 if too_large else 400)
    except Refused as refused:
        return refusal(request, refused, 403)
    except Unavailable as unavailable:
        return _error(request, "unavailable", unavailable.reason, 503)
    except web.HTTPRequestEntityTooLarge:
        return _error(request, "malformed", "message_too_large", 413)
    except web.HTTPException as exception:
        if exception.status in {404, 405}:
            return _error(request, "refused", "not_found", exception.status)
        raise
    except (ConnectionError, TimeoutError):
        raise
    except Exception:  # our bug: the person gets a sentence, the log a trace, nobody else anything
        log.exception("a request broke: %s", request.match_info.route.name or "unnamed")
        return _error(request, "unavailable", "internal", 500)


def _error(request: web.Request, error: str, reason: str, status: int) -> web.Response:
    body = {"error": error, "reason": reason, "message": sentence(reason, language(request))}
    return answer(body, status)


class ReadableLog(EventLog, Protocol):
    """The log as the routes read it: a session's state is a dozen of a day's thousands of entries."""

    async def read_kinds(self, stream: str, kinds: Collection[str]) -> list[Entry]:
        """The entries of these kinds only, in order."""
        ...


class Routes:
    """The HTTP routes over the ledger."""

    def __init__(
        self,
        *,
        auth: Auth,
        cases: Cases,
        results: Results,
        events: ReadableLog,
        settings: GatewaySettings,
        takings: Takings,
        lines: LineBook,
    ) -> None:
        self._auth = auth
        self._readers = Readers(auth, cases)
        self._cases = cases
        self._results = results
        self._events = events
        self._settings = settings
        self._takings = takings
        self._lines = lines
        self._noise = os.urandom(settings.probe_download_bytes_max)  # made once: the test is of the network

    def add_to(self, app: web.Application) -> None:
        """Register every route."""
        app.router.add_post("/api/join", self.join)
        app.router.add_get("/api/me", self.me)
        app.router.add_get("/api/procedures/{key}", self.procedure)
        app.router.add_get("/api/probe/{bytes}", self.probe_down)
        app.router.add_post("/api/probe", self.probe_up)
        app.router.add_get("/api/cases/{case}", self.case)
        app.router.add_get("/api/hearings/{hearing}/record", self.record)
        app.router.add_get("/api/hearings/{hearing}/transcript.txt", self.transcript)
        app.router.add_get("/api/hearings/{hearing}/lines.csv", self.line_series)
        app.router.add_get("/healthz", self.health)
        app.router.add_get("/metrics", self.metrics)

    # --- joining ---

    async def join(self, request: web.Request) -> web.Response:
        """POST /api/join {"token"} -> {"session"}."""
        self._auth.check_origin(request)
        token = await token_of(request, _JOIN_BODY_BYTES)
        session = await self._auth.join(token, request.remote or "")
        return answer({"session": session})

    async def me(self, request: web.Request) -> web.Response:
        """GET /api/me: the hearing, the seat and the discipline to read."""
        claim = await self._auth.claim_of(request)
        file, seat = await self._readers.file(claim)
        session = await self._session(file.hearing.id)
        return answer(
            {
                "hearing": {
                    "id": file.hearing.id,
                    "case_id": file.case.id,
                    "case_no": file.case.case_no,
                    "cause": file.case.cause,
                    "court": file.case.court,
                    "procedure": file.hearing.procedure,
                    "session": session["session"],
                    "scheduled_at": file.hearing.scheduled_at,
                    "public": file.hearing.public,
                    "panel": has_panel(seat.role for seat in file.seats),
                },
                "seat": {"id": seat.seat, "role": seat.role, "side": seat.side, "name": seat.name},
                "discipline": await self._discipline(file),
                "server_time": self._auth.now_ms(),
            }
        )

    async def _discipline(self, file: HearingFile) -> dict[str, Any]:
        """The text that this hearing was scheduled with: what is acknowledged is what is read."""
        first = await self._events.read_kinds(file.hearing.id, {HearingScheduled.KIND})
        roles = [seat.role for seat in file.seats]
        version = (
            first[0].body["discipline_version"]
            if first
            else discipline_version(file.hearing.procedure, roles)
        )
        return {"version": version, **discipline_text(version, file.hearing.procedure)}

    async def procedure(self, request: web.Request) -> web.Response:
        """GET /api/procedures/{key}: how a hearing of this procedure goes; no word of this one."""
        await self._auth.claim_of(request)
        body, tag = procedure_file(request.match_info["key"])
        headers = {"Cache-Control": "private, no-cache", "ETag": f'"{tag}"'}
        if any(known.value == tag for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/json", charset="utf-8", headers=headers)

    async def probe_down(self, request: web.Request) -> web.Response:
        """GET /api/probe/{bytes}: that many bytes that don't compress, for the network test."""
        await self._auth.claim_of(request)
        asked = request.match_info["bytes"]
        if not asked.isascii() or not asked.isdigit() or len(asked) > 9:  # noqa: PLR2004  digits of a sane size
            raise Malformed("bad_request")
        return web.Response(
            body=self._noise[: int(asked)],
            content_type="application/octet-stream",
            headers={"Cache-Control": "no-store"},
        )

    async def probe_up(self, request: web.Request) -> web.Response:
        """POST /api/probe: counts what arrives, for the network test."""
        await self._auth.claim_of(request)
        size = 0
        with contextlib.suppress(ConnectionResetError):  # the page was left in the middle of its test
            async for chunk in request.content.iter_chunked(65536):
                size += len(chunk)
                if size > self._settings.probe_upload_bytes_max:
                    raise Malformed("message_too_large")
        return answer({"bytes": size})

    # --- the case page ---

    async def case(self, request: web.Request) -> web.Response:
        """GET /api/cases/{case}: the case and its hearings, as far as this seat may know."""
        own, _ = await self._readers.own(request)
        if request.match_info["case"] != own.case.id:
            raise Forbidden("not_found", 404)
        hearings = []
        for row in await self._cases.hearings(own.case.id):
            job = await self._results.job(row.id, "finish")
            kinds = {one.kind for one in await self._results.artefacts(row.id)}
            entries = await self._events.read_kinds(row.id, SESSION_KINDS | {PURGED})
            purged = purged_of(entries)
            hearings.append(
                {
                    "id": row.id,
                    "scheduled_at": row.scheduled_at,
                    **session_of(entries),
                    "recording": progress_of(job, "copy" in kinds and "copies" not in purged),
                    "transcript": progress_of(job, "transcript" in kinds and "transcript" not in purged),
                }
            )
        parties = [
            {"role": seat.role, "name": seat.name}
            for seat in own.seats
            if seat.role in {"plaintiff", "defendant", "third_party"}
        ]
        return answer(
            {
                "case": {
                    "id": own.case.id,
                    "case_no": own.case.case_no,
                    "cause": own.case.cause,
                    "court": own.case.court,
                    "procedure": own.case.procedure,
                    "parties": parties,
                },
                "hearings": hearings,
            }
        )

    async def record(self, request: web.Request) -> web.Response:
        """GET /api/hearings/{hearing}/record?reading=N: everything the case page shows of one hearing.

        Without an act of reading (takings) the copies have no addresses.
        """
        file, reader = await self._readers.readable(request)
        hearing = file.hearing.id
        job = await self._results.job(hearing, "finish")
        artefacts = await self._results.artefacts(hearing)
        transcripts = [artefact for artefact in artefacts if artefact.kind == "transcript"]
        entries = await self._events.read(hearing)
        purged = purged_of(entries)
        access = await self._takings.access(request, file, reader)
        found = answer(
            access
            | {"purged": sorted(purged)}
            | record(
                file=file,
                reader_role=reader.role,
                reader_seat=reader.seat,
                entries=entries,
                verdict=await self._events.verify(hearing),
                copies=[] if "copies" in purged else [one for one in artefacts if one.kind == "copy"],
                lines=await self._results.utterances(hearing),
                transcript=transcripts[0] if transcripts and "transcript" not in purged else None,
                job=job,
                sign=lambda path: self._takings.sign(path, request, access["reading"]),
                caucuses=await self._caucuses(file, reader),
            )
        )
        self._takings.keep(request, found, access["reading"])
        return found

    async def _caucuses(self, file: HearingFile, reader: SeatRow) -> list[Caucus]:
        """What was entered of the caucuses that the reader may read of."""
        found = []
        for side in dict.fromkeys(seat.side for seat in file.seats):
            room = f"{CAUCUS}:{side}"
            if may_read_room(reader.role, reader.side, room):
                stream = room_stream(HearingId(file.hearing.id), room)
                entries = await self._events.read(stream)
                if entries:
                    found.append(Caucus(room, entries, await self._events.verify(stream)))
        return found

    async def transcript(self, request: web.Request) -> web.Response:
        """GET /api/hearings/{hearing}/transcript.txt?reading=N: under an act of copying."""
        file, reader = await self._readers.readable(request)
        await self._takings.standing(request, file.hearing.id, rights.COPY, rights.TRANSCRIPT)
        entries = await self._events.read_kinds(file.hearing.id, SESSION_KINDS | SCREENING_KINDS)
        seats = named(file, reader.role, reader.seat, entries)
        zero = session_of(entries)["opened_at"] or file.hearing.scheduled_at
        text = transcript_text(file, seats, await self._results.utterances(file.hearing.id), zero)
        return web.Response(
            text=text,
            content_type="text/plain",
            charset="utf-8",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="transcript-{file.hearing.id}.txt"',
            },
        )

    async def line_series(self, request: web.Request) -> web.Response:
        """GET /api/hearings/{hearing}/lines.csv: how each line was, for the bench and the clerk."""
        file, reader = await self._readers.readable(request)
        if not may_read_lines(reader.role):
            raise Forbidden("not_yours")
        return await line_table(self._lines, file.hearing.id)

    # --- operations ---

    async def health(self, _: web.Request) -> web.Response:
        """GET /healthz: the ledger answers."""
        await self._cases.ping()
        return answer({"ok": True})

    async def metrics(self, request: web.Request) -> web.Response:
        """GET /metrics, from this machine only: counts, never names."""
        if request.remote not in {"127.0.0.1", "::1"}:
            raise Forbidden("not_found", 404)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _session(self, hearing: str) -> dict[str, Any]:
        return session_of(await self._events.read_kinds(hearing, SESSION_KINDS))
