"""`yunting revoke-links`: makes join links useless from a shell. Migrates nothing; closes no live tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.courtroom.ports import Unavailable
from server.store.cases import Cases
from server.store.database import UNAVAILABLE, Database
from server.store.settings import database_url
from server.store.verify import is_missing

if TYPE_CHECKING:
    from server.store.settings import StoreSettings


class UnknownSeat(Exception):  # noqa: N818  says what happened
    """There is no such hearing, or no such seat in it; nothing was revoked."""


async def revoke_links(settings: StoreSettings, hearing: str, seat: str, now_ms: int) -> tuple[str, ...]:
    """Revoke the links and end the sessions of one seat, or of every seat where seat is ""; give the seats.

    Raises UnknownSeat, and Unavailable where the database cannot be used.
    """
    if is_missing(database_url(settings)):
        raise Unavailable(UNAVAILABLE)
    database = Database(settings)
    try:
        cases = Cases(database)
        file = await cases.hearing(hearing)
        seats = tuple(row.seat for row in file.seats if seat in {"", row.seat}) if file else ()
        if not seats:
            raise UnknownSeat
        for each in seats:
            await cases.revoke_links(hearing, each, now_ms)
        return seats
    finally:
        await database.close()
