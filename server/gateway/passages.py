"""GET /api/hearings/{hearing}/passage: what was missed of a speaker, to be heard again before the court closes (OLR 6).

Only what stands on the sheet as missed, so only speech of the courtroom that was taped and that the seat was entitled to
hear; to the bench and the clerk, and to the person who missed it. Denies by default; decides nothing about the law.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from recording.apart import RebuildDied, passage_apart
from server.courtroom.ports import Unavailable
from server.gateway.access import sees_all
from server.gateway.errors import Forbidden, Malformed
from server.gateway.rates import SEATS_MAX, KeyedBuckets, seat_key
from server.hearing.ids import HearingId, SeatId
from server.hearing.presence import Presence
from server.hearing.rooms import screened
from server.hearing.seats import Right
from server.hearing.session import ENDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from recording.places import Where
    from server.courtroom.registry import Registry
    from server.courtroom.room import Courtroom
    from server.gateway.auth import Auth
    from server.gateway.settings import GatewaySettings

_DIGITS_MAX = 14  # of Unix milliseconds, for ages to come
_LONGEST_MS = 120_000
_NS_PER_MS = 1_000_000


class Passages:
    """Serves missed passages from live tapes, one at a time on this machine. tapes: the folders of a hearing's tape."""

    def __init__(
        self, *, auth: Auth, registry: Registry, settings: GatewaySettings, tapes: Callable[[str], Where]
    ) -> None:
        self._auth = auth
        self._registry = registry
        self._settings = settings
        self._tapes = tapes
        self._asked = KeyedBuckets.a_minute(settings.passages_per_minute_max, SEATS_MAX, auth.monotonic)
        self._one = asyncio.Semaphore(1)  # a rebuild takes a processor; the hearings need the others
        self._waiting = 0

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_get("/api/hearings/{hearing}/passage", self.passage)

    async def passage(self, request: web.Request) -> web.Response:
        """?seat=SPEAKER&t0=MS&t1=MS: a WebM with the speaker's sound between the two moments."""
        claim = await self._auth.own_claim_of(request)
        speaker, t0, t1 = _asked(request)
        if not self._asked.take(seat_key(claim.hearing_id, claim.seat)):
            raise Forbidden("busy", 429)
        room = self._registry.live().get(HearingId(claim.hearing_id))
        if room is None or not _may_hear(room, SeatId(claim.seat), speaker, t0, t1):
            raise Forbidden("not_yours")
        safe = room.care.safe_until_ms
        if safe is None or t1 > safe:
            raise Unavailable("not_on_tape_yet")
        sound = await self._make(claim.hearing_id, speaker, t0, t1)
        return web.Response(body=sound, content_type="audio/webm", headers={"Cache-Control": "no-store"})

    async def _make(self, hearing: str, speaker: str, t0: int, t1: int) -> bytes:
        if self._waiting >= self._settings.passages_waiting_max:
            raise Unavailable("busy")
        self._waiting += 1
        try:
            async with self._one, asyncio.timeout(self._settings.passage_timeout_s):
                return await passage_apart(self._tapes(hearing), speaker, t0 * _NS_PER_MS, t1 * _NS_PER_MS)
        except (RebuildDied, TimeoutError):
            raise Unavailable("passage_failed") from None
        finally:
            self._waiting -= 1


def _asked(request: web.Request) -> tuple[str, int, int]:
    texts = [request.query.get(key, "") for key in ("t0", "t1")]
    if not all(text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX for text in texts):
        raise Malformed("bad_request")
    t0, t1 = (int(text) for text in texts)
    if not 0 < t1 - t0 <= _LONGEST_MS:
        raise Malformed("bad_request")
    return request.query.get("seat", ""), t0, t1


def _may_hear(room: Courtroom, asker: SeatId, speaker: str, t0: int, t1: int) -> bool:
    """Whether the whole passage was missed by the asker; for the bench and the clerk, by anybody.

    Both must be in the courtroom now, and the hearing not over: after that the record is read by its own rules.
    """
    state = room.state
    who, attendance = state.seats.get(asker), state.attendance.get(asker)
    if who is None or attendance is None or state.session in ENDED:
        return False
    if attendance.presence is not Presence.PRESENT or speaker not in state.seats:
        return False
    sees = sees_all(who.role.value) or who.may(Right.OVERSEE)
    if screened(state, asker, SeatId(speaker)):
        return False
    missed_by = state.seats if sees else (asker,)
    return any(room.care.heard.missed(seat, speaker, t0, t1) for seat in missed_by)
