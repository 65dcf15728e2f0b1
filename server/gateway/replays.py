"""POST /api/hearings/{hearing}/replay: the last minutes of a hearing that is on, for the bench and the clerk, to play.

From the tape up to its safe point, a copy a person, without encoding anything anew. The tape of the courtroom only: rooms
apart are other tapes, which nothing here opens. Denies by default; decides nothing about the law.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.courtroom.plans import seat_of_label
from server.courtroom.ports import Unavailable
from server.gateway import rights
from server.gateway.access import sees_all
from server.gateway.answers import answer, body_of
from server.gateway.errors import Forbidden, Malformed
from server.gateway.rates import SEATS_MAX, KeyedBuckets, seat_key
from server.gateway.reader_links import session_of
from server.gateway.record import copy_row
from server.gateway.replay_files import SECONDS
from server.hearing.ids import HearingId, SeatId
from server.hearing.presence import Presence
from server.hearing.rooms import screened
from server.hearing.session import ENDED
from server.store.cases import SeatRow
from server.store.readings import Reading

if TYPE_CHECKING:
    from aiohttp import web

    from recording.viewing import ViewingCopy
    from server.courtroom.registry import Registry
    from server.courtroom.room import Courtroom
    from server.gateway.auth import Auth
    from server.gateway.replay_files import ReplayFiles
    from server.gateway.settings import GatewaySettings
    from server.gateway.takings import Takings
    from server.hearing.state import Hearing

_SHORTEST_MS = 1000
_BODY_BYTES = 256


class Replays:
    """The route; what it makes is served as a look is (looks.py), by links of the one reader."""

    def __init__(
        self,
        *,
        auth: Auth,
        registry: Registry,
        takings: Takings,
        settings: GatewaySettings,
        files: ReplayFiles,
    ) -> None:
        self._auth = auth
        self._registry = registry
        self._takings = takings
        self._settings = settings
        self._files = files
        self._asked = KeyedBuckets.a_minute(settings.replays_per_minute_max, SEATS_MAX, auth.monotonic)

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_post("/api/hearings/{hearing}/replay", self.make)

    async def make(self, request: web.Request) -> web.Response:
        """{"seconds": 60 | 120 | 300} -> {"from", "to", "copies": [...]}; times Unix ms, copies as in the record."""
        claim = await self._auth.own_claim_of(request)
        seconds = await _seconds(request)
        asker = SeatId(claim.seat)
        room = self._registry.live().get(HearingId(claim.hearing_id))
        if room is None or not _may_replay(room.state, asker):
            raise Forbidden("not_yours")
        if not self._asked.take(seat_key(claim.hearing_id, claim.seat)):
            raise Forbidden("busy", 429)
        t0, t1 = _span(room, seconds)
        id_, copies = await self._files.make(claim.hearing_id, t0, t1, live=True)
        reading = Reading(
            action=rights.PLAY,
            thing=rights.REPLAY,
            what="",
            purpose=rights.AT_HEARING,
            note="",
            hearing=claim.hearing_id,
            seat=claim.seat,
            role=room.state.seats[asker].role.value,
            name=room.state.seats[asker].name,
            session=session_of(request),
        )
        # Before its first byte.
        number = await self._takings.readings.begin(claim.hearing_id, reading, self._auth.now_ms())
        shown = [
            one | {"url": self._takings.sign(one["url"], request, number)}
            for copy in copies
            if (one := _shown(room.state, asker, id_, copy)) is not None
        ]
        response = answer({"from": t0, "to": t1, "copies": shown})
        self._takings.keep(request, response, number)
        return response


def _shown(state: Hearing, asker: SeatId, id_: str, copy: ViewingCopy) -> dict[str, Any] | None:
    """One copy as the player takes it, its link not signed yet; None for what this seat may not see."""
    seat, source = seat_of_label(copy.label)
    who = state.seats.get(SeatId(seat))
    if who is None or screened(state, asker, SeatId(seat)):
        return None
    row = SeatRow(seat, who.role.value, who.side.value, who.person, who.name)
    url = f"/media/{state.hearing}/look/{id_}/{copy.path.name}"
    return copy_row(row, copy.path, source=source, kind=copy.kind, duration_ms=copy.duration_ms, url=url)


async def _seconds(request: web.Request) -> int:
    seconds = (await body_of(request, _BODY_BYTES)).get("seconds")
    if type(seconds) is not int or seconds not in SECONDS:
        raise Malformed("bad_request")
    return seconds


def _may_replay(state: Hearing, asker: SeatId) -> bool:
    """Whether this seat is one of the bench or the clerk, in the courtroom now, of a hearing that is open."""
    who, attendance = state.seats.get(asker), state.attendance.get(asker)
    if who is None or attendance is None or state.opened_at is None or state.session in ENDED:
        return False
    return attendance.presence is Presence.PRESENT and sees_all(who.role.value)


def _span(room: Courtroom, seconds: int) -> tuple[int, int]:
    """The last so many seconds that are on disk, from the opening on."""
    opened, safe = room.state.opened_at, room.care.safe_until_ms
    if opened is None or safe is None or safe - int(opened) < _SHORTEST_MS:
        raise Unavailable("not_on_tape_yet")
    return max(int(opened), safe - seconds * 1000), safe
