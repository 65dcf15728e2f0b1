"""Who reads a record: from a request to the hearing and the reader's seat in it. Asks the policy each time; denies by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.gateway.access import may_open, may_read_record
from server.gateway.errors import Forbidden
from server.hearing.procedure import kind_of

if TYPE_CHECKING:
    from aiohttp import web

    from server.gateway.auth import Auth
    from server.store.cases import Cases, Claim, HearingFile, SeatRow


class Readers:
    """Turns requests into readers."""

    def __init__(self, auth: Auth, cases: Cases) -> None:
        self._auth = auth
        self._cases = cases

    async def file(self, claim: Claim) -> tuple[HearingFile, SeatRow]:
        """The hearing and seat of a claim. Forbidden("session_invalid")."""
        file = await self._cases.hearing(claim.hearing_id)
        seat = next((seat for seat in file.seats if seat.seat == claim.seat), None) if file else None
        if file is None or seat is None:
            raise Forbidden("session_invalid", 401)
        return file, seat

    async def own(self, request: web.Request) -> tuple[HearingFile, SeatRow]:
        """The reader's own hearing and seat. Forbidden("not_yours") and as `file`."""
        own, seat = await self.file(await self._auth.claim_of(request))
        if not may_read_record(seat.role):
            raise Forbidden("not_yours")
        return own, seat

    async def readable(self, request: web.Request) -> tuple[HearingFile, SeatRow]:
        """The hearing asked for, if it belongs to the reader's case, and the reader's seat in it, else its own."""
        own, seat = await self.own(request)
        file = await self._cases.hearing(request.match_info["hearing"])
        if file is None or file.case.id != own.case.id:
            raise Forbidden("not_found", 404)
        there = next((one for one in file.seats if one.person_id == seat.person_id), None)
        reader = there or seat
        kind = kind_of(file.hearing.procedure)
        if not may_open(reader.role, took_part=there is not None, kind=kind):
            raise Forbidden("not_yours")
        return file, reader
