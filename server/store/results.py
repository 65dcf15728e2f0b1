"""What a hearing leaves behind: artefacts, the transcript, and the jobs that make them. Reads no clock, makes no file.

Every method may raise server.courtroom.ports.Unavailable.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from server.store.chain import canonical
from server.store.tables import ARTEFACTS, JOBS, UTTERANCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from server.store.database import Database

JobState = Literal["pending", "running", "done", "failed"]
JobKind = Literal["finish"]
ArtefactKind = Literal["copy", "transcript"]


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file of a hearing. path: relative to the storage root; detail: JSON values; sha256: hex, of the file."""

    hearing_id: str
    kind: ArtefactKind
    label: str
    path: str
    detail: Mapping[str, Any]
    sha256: str
    created_at: int


@dataclass(frozen=True, slots=True)
class UtteranceRow:
    """One utterance of the final transcript. Times are Unix milliseconds. words: JSON values, one a word."""

    id: str
    seat: str
    t0_ms: int
    t1_ms: int
    text: str
    confidence: float | None = None
    words: tuple[Mapping[str, Any], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be done after a hearing. progress: 0 to 1; reason: stable id of a failure, or ""."""

    id: str
    hearing_id: str
    kind: JobKind
    state: JobState
    progress: float
    reason: str
    created_at: int
    updated_at: int


class Results:
    """Artefacts, transcripts and jobs of hearings."""

    def __init__(self, database: Database) -> None:
        """Use this database's connections."""
        self._database = database

    async def save_artefact(self, artefact: Artefact) -> None:
        """Enter a file, in place of the one with the same hearing, kind and label. The file must be on disk already.

        An entry of the same file under another label goes too: there is only one file.
        """
        columns = ARTEFACTS.c
        same_label = columns.label == artefact.label
        same_file = sa.and_(columns.path == artefact.path, columns.path != "")
        same = (
            columns.hearing_id == artefact.hearing_id,
            columns.kind == artefact.kind,
            sa.or_(same_label, same_file),
        )
        values = {name: getattr(artefact, name) for name in Artefact.__dataclass_fields__}
        values["detail"] = canonical(artefact.detail)
        async with self._database.write() as connection:
            await connection.execute(sa.delete(ARTEFACTS).where(*same))
            await connection.execute(sa.insert(ARTEFACTS).values(values))

    async def artefacts(self, hearing_id: str) -> list[Artefact]:
        """List the files of a hearing, by kind and label."""
        query = sa.select(ARTEFACTS).where(ARTEFACTS.c.hearing_id == hearing_id)
        query = query.order_by(ARTEFACTS.c.kind, ARTEFACTS.c.label)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Artefact(**{**row, "detail": json.loads(row["detail"])}) for row in rows]

    async def replace_utterances(self, hearing_id: str, utterances: Sequence[UtteranceRow]) -> None:
        """Put a new transcript in the place of the old one, whole or not at all."""
        rows = [
            {
                "hearing_id": hearing_id,
                "id": utterance.id,
                "seat": utterance.seat,
                "t0_ms": utterance.t0_ms,
                "t1_ms": utterance.t1_ms,
                "text": utterance.text,
                "confidence": utterance.confidence,
                "words": canonical(list(utterance.words)),
            }
            for utterance in utterances
        ]
        async with self._database.write() as connection:
            await connection.execute(sa.delete(UTTERANCES).where(UTTERANCES.c.hearing_id == hearing_id))
            if rows:
                await connection.execute(sa.insert(UTTERANCES), rows)

    async def utterances(self, hearing_id: str) -> list[UtteranceRow]:
        """Give the transcript of a hearing in order of time."""
        query = sa.select(*(UTTERANCES.c[name] for name in UtteranceRow.__dataclass_fields__))
        query = query.where(UTTERANCES.c.hearing_id == hearing_id)
        query = query.order_by(UTTERANCES.c.t0_ms, UTTERANCES.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [UtteranceRow(**{**row, "words": tuple(json.loads(row["words"]))}) for row in rows]

    async def add_job(self, hearing_id: str, kind: JobKind, now_ms: int) -> str:
        """Ask for work once a hearing and kind; give the job's id. One that failed is asked for again."""
        same = (JOBS.c.hearing_id == hearing_id, JOBS.c.kind == kind)
        async with self._database.write() as connection:
            found = (await connection.execute(sa.select(JOBS).where(*same))).first()
            if found is None:
                job = Job(f"job-{secrets.token_hex(6)}", hearing_id, kind, "pending", 0.0, "", now_ms, now_ms)
                values = {name: getattr(job, name) for name in Job.__dataclass_fields__}
                await connection.execute(sa.insert(JOBS).values(values))
                return job.id
            if found.state == "failed":
                await connection.execute(sa.update(JOBS).where(*same).values(_fresh(now_ms)))
            return str(found.id)

    async def reopen_jobs(self, now_ms: int) -> int:
        """At start, before any claim: work that a dead process left running or failed at is pending; give how much."""
        change = sa.update(JOBS).where(JOBS.c.state.in_(("running", "failed"))).values(_fresh(now_ms))
        async with self._database.write() as connection:
            return (await connection.execute(change)).rowcount

    async def claim_job(self, now_ms: int) -> Job | None:
        """Take the oldest pending job and mark it running, or None where nothing waits. One taker a job."""
        oldest = sa.select(JOBS.c.id).where(JOBS.c.state == "pending")
        oldest = oldest.order_by(JOBS.c.created_at, JOBS.c.id).limit(1).with_for_update(skip_locked=True)
        async with self._database.write() as connection:
            job_id = (await connection.execute(oldest)).scalar()
            if job_id is None:
                return None
            mine = JOBS.c.id == job_id
            await connection.execute(sa.update(JOBS).where(mine).values(state="running", updated_at=now_ms))
            row = (await connection.execute(sa.select(JOBS).where(mine))).mappings().one()
        return Job(**row)

    async def set_job(
        self, job_id: str, *, state: JobState, progress: float, now_ms: int, reason: str = ""
    ) -> None:
        """Say how far a job is and how it stands."""
        values = {"state": state, "progress": progress, "reason": reason, "updated_at": now_ms}
        async with self._database.write() as connection:
            await connection.execute(sa.update(JOBS).where(JOBS.c.id == job_id).values(values))

    async def job(self, hearing_id: str, kind: JobKind) -> Job | None:
        """Find the job of this kind of a hearing."""
        query = sa.select(JOBS).where(JOBS.c.hearing_id == hearing_id, JOBS.c.kind == kind)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Job(**row) if row else None


def _fresh(now_ms: int) -> dict[str, Any]:
    return {"state": "pending", "progress": 0.0, "reason": "", "updated_at": now_ms}
