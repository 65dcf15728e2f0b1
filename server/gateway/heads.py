"""GET /api/hearings/{hearing}/heads: the heads of the log as they were at each recess and at the close, for the parties to keep.

Whoever holds one can show later that the log was not written anew before it (decision 0013). A head tells nothing else: no
number, no count, and only of moments that everybody in the hearing knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.gateway.access import may_read_record
from server.gateway.answers import answer
from server.gateway.errors import Forbidden

if TYPE_CHECKING:
    from aiohttp import web

    from server.gateway.auth import Auth
    from server.gateway.http import ReadableLog
    from server.store.cases import Cases

MOMENTS = {
    "court_recessed": "recess",
    "court_closed": "close",
    "court_adjourned": "close",
    "court_moved_offline": "close",
}
"""Kinds of entry that a head is given out of, and what the moment is called."""


class Heads:
    """Serves the heads to whoever may read the record, each only of its own hearing."""

    def __init__(self, *, auth: Auth, cases: Cases, events: ReadableLog) -> None:
        self._auth = auth
        self._cases = cases
        self._events = events

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_get("/api/hearings/{hearing}/heads", self.heads)

    async def heads(self, request: web.Request) -> web.Response:
        """{"heads": [{"moment", "at", "head"}]}, in order of time."""
        claim = await self._auth.own_claim_of(request)
        file = await self._cases.hearing(claim.hearing_id)
        role = next((row.role for row in file.seats if row.seat == claim.seat), "") if file else ""
        if not may_read_record(role):
            raise Forbidden("not_yours")
        entries = await self._events.read_kinds(claim.hearing_id, MOMENTS)
        heads = [{"moment": MOMENTS[one.kind], "at": one.at_ms, "head": one.hash} for one in entries]
        return answer({"heads": heads})
