"""The officer's console over HTTP 技术保障: the hearings of one court today, a word to a person, a seat as technician.

Deny by default: an officer's session is no seat's session and the other way round, and what belongs to another court is not
there. Reads live courtrooms where they are open and the ledger elsewhere; whatever an officer does is in the hearing's log.
The shapes of the answers are in PROTOCOL.md, section 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.gateway.answers import answer, body_of, refusal, token_of
from server.gateway.auth import bucket_key
from server.gateway.console_rows import day_of, flows, in_session, row, samples, urgency
from server.gateway.errors import Forbidden, Malformed
from server.gateway.line_table import line_table
from server.gateway.rates import KeyedBuckets
from server.gateway.record import SESSION_KINDS
from server.hearing.commands_care import AddTechnician
from server.hearing.commands_officer import WriteFromConsole
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.ids import HearingId, Instant, SeatId
from server.hearing.names import TEXT_LIMIT
from server.hearing.refusals import Refused
from server.hearing.seats import Role, side_of
from server.store.cases import SeatRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from server.courtroom.ports import LineBook
    from server.courtroom.registry import Registry
    from server.courtroom.room import Courtroom
    from server.gateway.auth import Auth
    from server.gateway.settings import GatewaySettings
    from server.store.cases import Cases
    from server.store.officers import Officer, Officers

_BODY_BYTES = 4096
_KEYS_MAX = 1024
_DIGITS_MAX = 6


class Console:
    """The console's routes."""

    def __init__(
        self,
        *,
        auth: Auth,
        officers: Officers,
        cases: Cases,
        registry: Registry,
        settings: GatewaySettings,
        lines: LineBook,
        uncopied: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._auth = auth
        self._officers = officers
        self._cases = cases
        self._registry = registry
        self._lines = lines
        self._uncopied = uncopied  # hearings whose second copy does not come about, and since when
        self._settings = settings
        self._joins = KeyedBuckets.a_minute(settings.joins_per_minute_max, _KEYS_MAX, auth.monotonic)
        self._reads = KeyedBuckets(
            settings.reads_per_second_max, settings.reads_burst_max, _KEYS_MAX, auth.monotonic
        )

    def add_to(self, app: web.Application) -> None:
        """Register every route."""
        app.router.add_post("/api/console/join", self.join)
        app.router.add_get("/api/console", self.list)
        app.router.add_get("/api/console/hearings/{hearing}/people", self.people)
        app.router.add_get("/api/console/hearings/{hearing}/people/{seat}", self.flows)
        app.router.add_get("/api/console/hearings/{hearing}/lines.csv", self.series)
        app.router.add_post("/api/console/hearings/{hearing}/message", self.message)
        app.router.add_post("/api/console/hearings/{hearing}/join", self.enter)

    # --- who asks ---

    async def join(self, request: web.Request) -> web.Response:
        """POST /api/console/join {"token"} -> {"session", "court", "name"}."""
        self._auth.check_origin(request)
        token = await token_of(request, _BODY_BYTES)
        if not self._reads.take(bucket_key(token)):
            raise Forbidden("too_many_attempts", 429)
        redeemed = await self._officers.redeem(token, self._auth.now_ms())
        if redeemed is None:
            # Only links that are none count against an address: behind a proxy everybody has the same one.
            if not self._joins.take(request.remote or ""):
                raise Forbidden("too_many_attempts", 429)
            raise Forbidden("link_invalid", 404)
        bearer, officer = redeemed
        return answer({"session": bearer, "court": officer.court, "name": officer.name})

    async def _officer(self, request: web.Request) -> Officer:
        """The officer of a request's bearer. Raises Forbidden("session_invalid" | "busy")."""
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not bearer:
            raise Forbidden("session_invalid", 401)
        if not self._reads.take(bucket_key(bearer)):
            raise Forbidden("busy", 429)
        officer = await self._officers.find_session(bearer, self._auth.now_ms())
        if officer is None:
            raise Forbidden("session_invalid", 401)
        return officer

    async def _hearing(self, request: web.Request, officer: Officer) -> HearingId:
        """The hearing asked for, if it is of the officer's own court; one of another court is not there."""
        file = await self._cases.hearing(request.match_info["hearing"])
        if file is None or file.case.court != officer.court:
            raise Forbidden("not_found", 404)
        return HearingId(file.hearing.id)

    # --- looking ---

    async def list(self, request: web.Request) -> web.Response:
        """GET /api/console?limit&offset: the court's hearings of today and those that sit now, the most urgent first."""
        officer = await self._officer(request)
        limit = _number(request, "limit", self._settings.console_page_max)
        offset = _number(request, "offset", 0)
        now = self._auth.now_ms()
        rooms, uncopied = self._registry.live(), self._uncopied()
        sitting = [
            hearing
            for hearing, room in rooms.items()
            if room.state.court == officer.court and in_session(room.state)
        ]
        listed = await self._officers.day(
            officer.court,
            day_of(now),
            [*sitting, *uncopied],
            SESSION_KINDS,
            self._settings.console_hearings_max,
        )
        rows = []
        for one in listed:
            room = rooms.get(HearingId(one.hearing.id))
            if room is not None:
                room.watch.look(room.state, Instant(now))
            state, watch = (room.state, room.watch) if room else (None, None)
            rows.append(row(one, state, watch, now, uncopied.get(one.hearing.id)))
        rows.sort(key=urgency)
        page = rows[offset : offset + min(limit, self._settings.console_page_max)]
        return answer(
            {
                "court": officer.court,
                "officer": officer.name,
                "now": now,
                "total": len(rows),
                "tasks": sum(len(one["tasks"]) for one in rows),
                "hearings": page,
                "next": offset + len(page) if offset + len(page) < len(rows) and page else None,
            }
        )

    async def people(self, request: web.Request) -> web.Response:
        """GET /api/console/hearings/{id}/people: ten minutes of each person's line; nobody where it is not open."""
        hearing = await self._hearing(request, await self._officer(request))
        room = self._registry.live().get(hearing)
        if room is None:
            return answer({"hearing": hearing, "people": []})
        kept = {seat: room.watch.history(seat) for seat in room.state.seats}
        return answer({"hearing": hearing, "people": samples(room.state, kept)})

    async def flows(self, request: web.Request) -> web.Response:
        """GET /api/console/hearings/{id}/people/{seat}: a person's streams up and lines down as last looked at."""
        hearing = await self._hearing(request, await self._officer(request))
        seat, room = SeatId(request.match_info["seat"]), self._registry.live().get(hearing)
        if room is None or seat not in room.state.seats:
            raise Forbidden("not_found", 404)
        return answer(
            {"hearing": hearing, "seat": seat, **flows(room.state, seat, room.watch.flows.of(seat))}
        )

    async def series(self, request: web.Request) -> web.Response:
        """GET /api/console/hearings/{id}/lines.csv: how each line was, as far as it is kept."""
        return await line_table(self._lines, str(await self._hearing(request, await self._officer(request))))

    # --- acting: every act is an entry of the hearing's log ---

    async def message(self, request: web.Request) -> web.Response:
        """POST /api/console/hearings/{id}/message {"seat", "text"} -> {"ok": true}: a word to a person."""
        officer = await self._officer(request)
        hearing = await self._hearing(request, officer)
        body = await body_of(request, _BODY_BYTES)
        seat, text = body.get("seat"), body.get("text")
        if not (_is_text(seat) and _is_text(text)):
            raise Malformed("bad_request")
        room = await self._registry.room(hearing)
        try:
            mine = await self._seated(room, officer)
            await room.ask(WriteFromConsole(SeatId(str(seat)), str(text)), Actor(seat=mine))
        except Refused as refused:
            return refusal(request, refused, 409)
        return answer({"ok": True})  # no position of the log: the officer is outside, and could count by it

    async def enter(self, request: web.Request) -> web.Response:
        """POST /api/console/hearings/{id}/join -> {"session", "hearing", "seat"}: a session of the technician's seat."""
        officer = await self._officer(request)
        hearing = await self._hearing(request, officer)
        room = await self._registry.room(hearing)
        try:
            seat = await self._seated(room, officer)
        except Refused as refused:
            return refusal(request, refused, 409)
        role = Role.TECHNICIAN
        mine = SeatRow(seat, role.value, side_of(role).value, officer.id, officer.name)
        session = await self._officers.seat(hearing, mine, self._auth.now_ms())
        return answer({"session": session, "hearing": hearing, "seat": seat})

    async def _seated(self, room: Courtroom, officer: Officer) -> SeatId:
        """Have the officer seated as a technician, the first time it acts in this hearing. Raises Refused."""
        seat = SeatId(f"technician-{officer.id}")
        await room.ask(AddTechnician(seat, officer.id, officer.name), INSTRUMENT)
        return seat


def _number(request: web.Request, name: str, default: int) -> int:
    asked = request.query.get(name, "")
    if not asked:
        return default
    if not asked.isascii() or not asked.isdigit() or len(asked) > _DIGITS_MAX:
        raise Malformed("bad_request")
    return int(asked)


def _is_text(value: object) -> bool:
    """Text that any log and row can hold, and not too much of it."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= TEXT_LIMIT
        and not any("\ud800" <= char <= "\udfff" or char == "\0" for char in value)
    )
