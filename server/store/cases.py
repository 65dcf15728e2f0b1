"""Cases, hearings, seats, join links and sessions: plain reading and writing. Decides nothing; reads no clock.

Tokens are 256 bits from the system's generator; only their SHA-256 is stored, so the database opens no door.
Every method may raise server.courtroom.ports.Unavailable.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from server.store.tables import CASES, HEARINGS, LINKS, SEATS, SESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.store.database import Database

_TOKEN_BYTES = 32
_MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Case:
    """A court's case. procedure: key of the procedure its hearings follow unless they say otherwise."""

    id: str
    case_no: str
    cause: str
    court: str
    procedure: str
    created_at: int


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat of a hearing, in screen order. represents: the party's seat, for an agent.

    authority: an agent's, "general", "special", or "" where the schedule does not say.
    """

    seat: str
    role: str
    side: str
    person_id: str
    name: str
    represents: str | None = None
    authority: str = ""


@dataclass(frozen=True, slots=True)
class HearingRow:
    """One sitting of a case. Times are Unix milliseconds."""

    id: str
    case_id: str
    public: bool
    procedure: str
    scheduled_at: int
    created_at: int


@dataclass(frozen=True, slots=True)
class HearingFile:
    """A hearing with its case and its seats: what the courtroom and the case page start from."""

    case: Case
    hearing: HearingRow
    seats: tuple[SeatRow, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """Whom a bearer may act as."""

    hearing_id: str
    seat: str


class Cases:
    """The court's calendar and the keys to its doors."""

    def __init__(self, database: Database) -> None:
        """Use this database's connections."""
        self._database = database

    async def ping(self) -> None:
        """Ask the database for the least there is. Raises Unavailable where it does not answer."""
        async with self._database.read() as connection:
            await connection.execute(sa.select(sa.literal(1)))

    async def create_case(
        self, *, case_no: str, cause: str, court: str, procedure: str, now_ms: int, case_id: str = ""
    ) -> str:
        """Enter a case and give its id. Raises sqlalchemy's IntegrityError where the court has that number."""
        case_id = case_id or f"case-{secrets.token_hex(6)}"
        case = Case(case_id, case_no, cause, court, procedure, now_ms)
        async with self._database.write() as connection:
            await connection.execute(sa.insert(CASES).values(_values(case)))
        return case_id

    async def create_hearing(
        self,
        *,
        case_id: str,
        public: bool,
        procedure: str,
        scheduled_at: int,
        seats: Sequence[SeatRow],
        now_ms: int,
        hearing_id: str = "",
    ) -> str:
        """Schedule a hearing with its seats, in screen order; give its id."""
        hearing_id = hearing_id or f"hearing-{secrets.token_hex(6)}"
        hearing = HearingRow(hearing_id, case_id, public, procedure, scheduled_at, now_ms)
        rows = [
            {"hearing_id": hearing_id, "position": position, **_values(seat)}
            for position, seat in enumerate(seats)
        ]
        async with self._database.write() as connection:
            await connection.execute(sa.insert(HEARINGS).values(_values(hearing)))
            if rows:
                await connection.execute(sa.insert(SEATS), rows)
        return hearing_id

    async def cases(self) -> list[Case]:
        """Every case, newest first."""
        query = sa.select(CASES).order_by(CASES.c.created_at.desc(), CASES.c.id)
        async with self._database.read() as connection:
            return [Case(**row) for row in (await connection.execute(query)).mappings()]

    async def case(self, case_id: str) -> Case | None:
        """One case."""
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(CASES).where(CASES.c.id == case_id))
            row = found.mappings().first()
        return Case(**row) if row else None

    async def hearings(self, case_id: str) -> list[HearingRow]:
        """List the hearings of a case, earliest first."""
        query = sa.select(HEARINGS).where(HEARINGS.c.case_id == case_id)
        query = query.order_by(HEARINGS.c.scheduled_at, HEARINGS.c.id)
        async with self._database.read() as connection:
            return [HearingRow(**row) for row in (await connection.execute(query)).mappings()]

    async def hearing(self, hearing_id: str) -> HearingFile | None:
        """One hearing with its case and seats."""
        seats = sa.select(*(SEATS.c[name] for name in SeatRow.__dataclass_fields__))
        seats = seats.where(SEATS.c.hearing_id == hearing_id).order_by(SEATS.c.position)
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(HEARINGS).where(HEARINGS.c.id == hearing_id))
            row = found.mappings().first()
            if row is None:
                return None
            case = await connection.execute(sa.select(CASES).where(CASES.c.id == row["case_id"]))
            return HearingFile(
                case=Case(**case.mappings().one()),
                hearing=HearingRow(**row),
                seats=tuple(SeatRow(*seat) for seat in await connection.execute(seats)),
            )

    async def make_link(self, hearing_id: str, seat: str, now_ms: int) -> str:
        """Give a new join token for a seat. It cannot be read again: only its digest is kept."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = {"token_sha256": _sha256(token), "hearing_id": hearing_id, "seat": seat, "created_at": now_ms}
        async with self._database.write() as connection:
            await connection.execute(sa.insert(LINKS).values(row))
        return token

    async def revoke_links(self, hearing_id: str, seat: str, now_ms: int) -> None:
        """Make a seat's links useless and end its sessions; a live tab is the gateway's to close."""
        mine = (LINKS.c.hearing_id == hearing_id, LINKS.c.seat == seat, LINKS.c.revoked_at.is_(None))
        async with self._database.write() as connection:
            await connection.execute(sa.update(LINKS).where(*mine).values(revoked_at=now_ms))
            await connection.execute(
                sa.delete(SESSIONS).where(SESSIONS.c.hearing_id == hearing_id, SESSIONS.c.seat == seat)
            )

    async def redeem_link(self, token: str, now_ms: int) -> tuple[str, Claim] | None:
        """Exchange a join token for a session: (bearer, whom it may act as), or None where the link is no good.

        A link may be redeemed again: a person who changes device uses the same one.
        """
        link = sa.select(LINKS.c.hearing_id, LINKS.c.seat)
        link = link.where(LINKS.c.token_sha256 == _sha256(token), LINKS.c.revoked_at.is_(None))
        bearer = secrets.token_urlsafe(_TOKEN_BYTES)
        lifetime_ms = self._database.settings.session_hours * _MS_PER_HOUR
        async with self._database.read() as connection:
            if (await connection.execute(link)).first() is None:
                return None  # who guesses never takes the court's only writer
        async with self._database.write() as connection:
            row = (await connection.execute(link)).first()
            if row is None:  # revoked a moment ago
                return None
            # Sessions that ran out are swept here, so that their table stays as small as the court.
            await connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.expires_at <= now_ms))
            session = {
                "session_sha256": _sha256(bearer),
                "hearing_id": row.hearing_id,
                "seat": row.seat,
                "created_at": now_ms,
                "expires_at": now_ms + lifetime_ms,
            }
            await connection.execute(sa.insert(SESSIONS).values(session))
        return bearer, Claim(row.hearing_id, row.seat)

    async def find_session(self, bearer: str, now_ms: int) -> Claim | None:
        """Whom a bearer may act as now, or None where it is unknown or ran out."""
        return await self.find_session_digest(_sha256(bearer), now_ms)

    async def find_session_digest(self, digest: str, now_ms: int) -> Claim | None:
        """Whom the bearer with this SHA-256 may act as now. Opens no door: who has the digest has not the bearer."""
        query = sa.select(SESSIONS.c.hearing_id, SESSIONS.c.seat)
        query = query.where(SESSIONS.c.session_sha256 == digest, SESSIONS.c.expires_at > now_ms)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return Claim(row.hearing_id, row.seat) if row else None


def _sha256(secret: str) -> str:
    # A plain digest: the secret has 256 bits of its own, no dictionary holds it. Odd bytes in are only unknown.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _values(row: Case | HearingRow | SeatRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
