"""The court's officers: console links and sessions, the day's list of a court, an officer's seat in a hearing.

Plain reading and writing; decides nothing, reads no clock. An officer's keys and a seat's lie in different tables: neither
opens the other's door. Only digests of secrets are kept. Every method may raise server.courtroom.ports.Unavailable.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from server.store.cases import Case, HearingRow, SeatRow
from server.store.tables import CASES, EVENTS, HEARINGS, OFFICER_SESSIONS, OFFICERS, SEATS, SESSIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from server.store.database import Database

_TOKEN_BYTES = 32
_MS_PER_HOUR = 3_600_000
_CHUNK = 500
"""Ids named in one query: every database takes so many parameters."""


@dataclass(frozen=True, slots=True)
class Officer:
    """Who may look at all hearings of one court and help in them."""

    id: str
    court: str
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A hearing as the console lists it. moves: the kinds and times of the entries that move the session, in order."""

    case: Case
    hearing: HearingRow
    seats: tuple[SeatRow, ...]
    moves: tuple[tuple[str, int], ...]


class Officers:
    """The console's keys, and what it reads of the ledger."""

    def __init__(self, database: Database) -> None:
        """Use this database's connections."""
        self._database = database

    # --- keys ---

    async def make_link(self, court: str, name: str, now_ms: int) -> str:
        """Give a new console token for an officer of this court. It cannot be read again, and runs out."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = {
            "id": f"officer-{secrets.token_hex(6)}",
            "token_sha256": _sha256(token),
            "court": court,
            "name": name,
            "created_at": now_ms,
            "expires_at": now_ms + self._database.settings.console_link_hours * _MS_PER_HOUR,
        }
        async with self._database.write() as connection:
            await connection.execute(sa.insert(OFFICERS).values(row))
        return token

    async def revoke(self, court: str, now_ms: int) -> int:
        """End every link and session of a court's officers, in hearings too; give how many links ended."""
        mine = sa.select(OFFICERS.c.id).where(OFFICERS.c.court == court)
        theirs = sa.select(SEATS.c.hearing_id, SEATS.c.seat).where(SEATS.c.person_id.in_(mine))
        good = (OFFICERS.c.court == court, OFFICERS.c.expires_at > now_ms)
        async with self._database.write() as connection:
            ended = len((await connection.execute(sa.select(OFFICERS.c.id).where(*good))).all())
            seats = (await connection.execute(theirs)).all()
            await connection.execute(sa.update(OFFICERS).where(*good).values(expires_at=now_ms))
            await connection.execute(
                sa.delete(OFFICER_SESSIONS).where(OFFICER_SESSIONS.c.officer_id.in_(mine))
            )
            for seat in seats:
                here = (SESSIONS.c.hearing_id == seat.hearing_id, SESSIONS.c.seat == seat.seat)
                await connection.execute(sa.delete(SESSIONS).where(*here))
        return ended

    async def redeem(self, token: str, now_ms: int) -> tuple[str, Officer] | None:
        """Exchange a console token for a session: (bearer, officer), or None where the token is no good."""
        link = sa.select(OFFICERS).where(
            OFFICERS.c.token_sha256 == _sha256(token), OFFICERS.c.expires_at > now_ms
        )
        bearer = secrets.token_urlsafe(_TOKEN_BYTES)
        lifetime_ms = self._database.settings.session_hours * _MS_PER_HOUR
        async with self._database.read() as connection:
            if (await connection.execute(link)).first() is None:
                return None  # who guesses never takes the court's only writer
        async with self._database.write() as connection:
            row = (await connection.execute(link)).first()
            if row is None:
                return None
            ran_out = OFFICER_SESSIONS.c.expires_at <= now_ms
            await connection.execute(sa.delete(OFFICER_SESSIONS).where(ran_out))
            session = {
                "session_sha256": _sha256(bearer),
                "officer_id": row.id,
                "created_at": now_ms,
                "expires_at": min(row.expires_at, now_ms + lifetime_ms),
            }
            await connection.execute(sa.insert(OFFICER_SESSIONS).values(session))
        return bearer, Officer(row.id, row.court, row.name)

    async def find_session(self, bearer: str, now_ms: int) -> Officer | None:
        """The officer a bearer stands for now, or None."""
        query = sa.select(OFFICERS.c.id, OFFICERS.c.court, OFFICERS.c.name).join(
            OFFICER_SESSIONS, OFFICER_SESSIONS.c.officer_id == OFFICERS.c.id
        )
        query = query.where(
            OFFICER_SESSIONS.c.session_sha256 == _sha256(bearer), OFFICER_SESSIONS.c.expires_at > now_ms
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return Officer(*row) if row else None

    async def seat(self, hearing_id: str, seat: SeatRow, now_ms: int) -> str:
        """Enter an officer's seat, if it is not there yet, and give a session of it as of any seat."""
        bearer = secrets.token_urlsafe(_TOKEN_BYTES)
        here = (SEATS.c.hearing_id == hearing_id, SEATS.c.seat == seat.seat)
        last = sa.select(sa.func.max(SEATS.c.position)).where(SEATS.c.hearing_id == hearing_id)
        row = {name: getattr(seat, name) for name in SeatRow.__dataclass_fields__}
        async with self._database.write() as connection:
            if (await connection.execute(sa.select(SEATS.c.seat).where(*here))).first() is None:
                position = (await connection.execute(last)).scalar()
                row |= {"hearing_id": hearing_id, "position": 0 if position is None else position + 1}
                await connection.execute(sa.insert(SEATS).values(row))
            session = {
                "session_sha256": _sha256(bearer),
                "hearing_id": hearing_id,
                "seat": seat.seat,
                "created_at": now_ms,
                "expires_at": now_ms + self._database.settings.session_hours * _MS_PER_HOUR,
            }
            await connection.execute(sa.insert(SESSIONS).values(session))
        return bearer

    # --- the day's list ---

    async def day(
        self, court: str, between: tuple[int, int], also: Collection[str], moves: Collection[str], limit: int
    ) -> list[Listed]:
        """Hearings of a court scheduled from, and before, these times, and of `also` those of this court; earliest first.

        moves: the kinds of entry that move the session. A handful of queries, however many hearings.
        """
        query = (
            sa.select(
                HEARINGS, *(CASES.c[name].label(f"of_case_{name}") for name in Case.__dataclass_fields__)
            )
            .join(CASES, CASES.c.id == HEARINGS.c.case_id)
            .where(
                CASES.c.court == court,
                sa.or_(
                    sa.and_(HEARINGS.c.scheduled_at >= between[0], HEARINGS.c.scheduled_at < between[1]),
                    HEARINGS.c.id.in_(sorted(also)[:_CHUNK]),
                ),
            )
            .order_by(HEARINGS.c.scheduled_at, HEARINGS.c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
            ids = [row["id"] for row in rows]
            seats: dict[str, list[SeatRow]] = {one: [] for one in ids}
            moved: dict[str, list[tuple[str, int]]] = {one: [] for one in ids}
            for start in range(0, len(ids), _CHUNK):
                some = ids[start : start + _CHUNK]
                for found in await connection.execute(_seats_of(some)):
                    seats[found[0]].append(SeatRow(*found[1:]))
                for entry in await connection.execute(_moves_of(some, moves)):
                    moved[entry.stream].append((entry.kind, entry.at_ms))
        return [_listed(row, seats[row["id"]], moved[row["id"]]) for row in rows]


def _seats_of(ids: Sequence[str]) -> sa.Select[Any]:
    columns = (SEATS.c[name] for name in SeatRow.__dataclass_fields__)
    query = sa.select(SEATS.c.hearing_id, *columns).where(SEATS.c.hearing_id.in_(ids))
    return query.order_by(SEATS.c.hearing_id, SEATS.c.position)


def _moves_of(ids: Sequence[str], kinds: Collection[str]) -> sa.Select[Any]:
    query = sa.select(EVENTS.c.stream, EVENTS.c.kind, EVENTS.c.at_ms)
    query = query.where(EVENTS.c.stream.in_(ids), EVENTS.c.kind.in_(sorted(kinds)))
    return query.order_by(EVENTS.c.stream, EVENTS.c.seq)


def _listed(row: Mapping[Any, Any], seats: Sequence[SeatRow], moves: Sequence[tuple[str, int]]) -> Listed:
    case = {name: row[f"of_case_{name}"] for name in Case.__dataclass_fields__}
    hearing = {name: row[name] for name in HearingRow.__dataclass_fields__}
    return Listed(Case(**case), HearingRow(**hearing), tuple(seats), tuple(moves))


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
