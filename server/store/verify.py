"""`yunting verify-log`: walks a hearing's chain in its own database. Reads only; changes and migrates nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from server.courtroom.ports import Unavailable, Verdict
from server.store.chain import GENESIS
from server.store.database import UNAVAILABLE, Database
from server.store.event_log import SqlEventLog
from server.store.readings import stream_of
from server.store.settings import database_url
from server.store.tables import EVENTS, HEARINGS

if TYPE_CHECKING:
    from server.store.settings import StoreSettings

UNKNOWN_HEARING = "unknown_hearing"


async def verify_hearing(settings: StoreSettings, hearing: str) -> Verdict:
    """Check the stream of a hearing (stream name = hearing id), then those of its caucuses and of who read it; tells of the first bad one.

    A hearing nobody knows is not ok. Raises server.courtroom.ports.Unavailable where the database cannot be read.
    """
    if is_missing(database_url(settings)):
        raise Unavailable(UNAVAILABLE)  # opening it would make an empty one
    database = Database(settings)
    try:
        async with database.read() as connection:
            known = sa.select(sa.literal(1)).where(HEARINGS.c.id == hearing)
            written = sa.select(sa.literal(1)).where(EVENTS.c.stream == hearing)
            if (await connection.execute(sa.union(known, written))).first() is None:
                return Verdict(ok=False, entries=0, head=GENESIS, reason=UNKNOWN_HEARING)
            own = sa.select(EVENTS.c.stream).distinct()
            caucus = EVENTS.c.stream.startswith(f"{hearing}#", autoescape=True)
            own = own.where(sa.or_(caucus, EVENTS.c.stream == stream_of(hearing))).order_by(EVENTS.c.stream)
            sides = (await connection.execute(own)).scalars().all()
        log = SqlEventLog(database)
        verdict = await log.verify(hearing)
        for stream in sides if verdict.ok else ():
            side = await log.verify(stream)
            if not side.ok:
                return replace(side, reason=f"{stream}: {side.reason}")
        return verdict
    finally:
        await database.close()


def is_missing(url: str) -> bool:
    """Whether this is an SQLite file that is not there; to open it would make an empty one."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file()
