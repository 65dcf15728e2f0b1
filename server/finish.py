"""What follows a hearing: viewing copies from the tape, then the final transcript, filed with the case.

Jobs stand in the ledger, so that a killed process takes them up again; each step can be repeated.
Must never touch a tape, and never take a published copy away before the new one is whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from recording.viewing import ViewingFailed, build
from server.gateway.record import session_of
from server.store.results import Artefact, UtteranceRow
from transcripts.rerun import transcribe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from recording.viewing import ViewingCopy
    from server.courtroom.ports import EventLog
    from server.hearing.ids import HearingId
    from server.store.results import Job, JobState, Results
    from transcripts.segments import FinalUtterance
    from transcripts.settings import TranscriptSettings

log = logging.getLogger(__name__)

_NS_PER_MS = 1_000_000
_COPIES_SHARE = 0.2  # of the whole job's progress


class Folders:
    """Where the files of a hearing are: the tape, and the copies made from it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def tape(self, hearing: str) -> Path:
        """The tape's folder."""
        return self.root / "hearings" / hearing / "tape"

    def copies(self, hearing: str) -> Path:
        """The viewing copies' folder."""
        return self.root / "hearings" / hearing / "copies"


class Finisher:
    """Does the finishing jobs, one at a time."""

    def __init__(
        self,
        *,
        events: EventLog,
        results: Results,
        folders: Folders,
        transcripts: TranscriptSettings,
        now_ms: Callable[[], int],
    ) -> None:
        self._events = events
        self._results = results
        self._folders = folders
        self._transcripts = transcripts
        self._now_ms = now_ms
        self._wake = asyncio.Event()

    async def enter(self, hearing: HearingId) -> None:
        """Put a closed hearing's job into the ledger; entering it again changes nothing, unless it had failed."""
        await self._results.add_job(str(hearing), "finish", self._now_ms())
        self._wake.set()

    async def run(self) -> None:
        """Do jobs for ever, those of a killed process first."""
        await self._results.reopen_jobs(self._now_ms())
        while True:
            self._wake.clear()
            job = await self._results.claim_job(self._now_ms())
            if job is None:
                await self._wake.wait()
                continue
            try:
                await self._finish(job)
            except asyncio.CancelledError:
                raise
            except (
                Exception
            ):  # a broken job must not stop the others; its tape stays and it can be done again
                log.exception("job of hearing %s failed", job.hearing_id)
                await self._set(job, "failed", job.progress, "internal")

    async def _finish(self, job: Job) -> None:
        session = session_of(await self._events.read(job.hearing_id))
        zero, end = session["opened_at"], session["closed_at"]
        if zero is None or end is None:
            await self._set(job, "done", 1.0)  # closed without having been opened: nothing was taped
            return
        copies, failed = await self._make_copies(job, zero, end)
        await self._set(job, "running", _COPIES_SHARE)
        lines = await transcribe(
            {copy.label: copy.path for copy in copies if copy.kind in {"av", "audio"}},
            self._transcripts,
            self._follow(job),
        )
        await self._file_transcript(job.hearing_id, zero, lines)
        if failed:
            await self._set(job, "failed", 1.0, "copies_incomplete")
            return
        await self._set(job, "done", 1.0)
        log.info("hearing %s: %d copies and %d lines filed", job.hearing_id, len(copies), len(lines))

    async def _make_copies(self, job: Job, zero: int, end: int) -> tuple[Sequence[ViewingCopy], int]:
        """In a process of its own: a rebuild must not slow a hearing that is on. Gives the copies and how many failed."""
        loop = asyncio.get_running_loop()
        out = self._folders.copies(job.hearing_id)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            copies, failed = await loop.run_in_executor(
                pool, _build, self._folders.tape(job.hearing_id), out, zero * _NS_PER_MS, end * _NS_PER_MS
            )
        if failed:
            log.error("hearing %s: %d copies could not be rebuilt", job.hearing_id, failed)
        for copy in copies:
            digest = await asyncio.to_thread(_sha256, copy.path)
            await self._results.save_artefact(
                Artefact(
                    hearing_id=job.hearing_id,
                    kind="copy",
                    label=copy.label,
                    path=str(copy.path.relative_to(self._folders.root)),
                    detail={"kind": copy.kind, "duration_ms": copy.duration_ms},
                    sha256=digest,
                    created_at=self._now_ms(),
                )
            )
        return copies, failed

    async def _file_transcript(self, hearing: str, zero: int, lines: Sequence[FinalUtterance]) -> None:
        rows = [
            UtteranceRow(
                id=f"u{number:05d}",
                seat=line.label,
                t0_ms=zero + line.t0_ms,
                t1_ms=zero + line.t1_ms,
                text=line.text,
                confidence=line.confidence,
                words=tuple(
                    {"text": word.text, "t0_ms": word.t0_ms, "t1_ms": word.t1_ms, "p": round(word.p, 3)}
                    for word in line.words
                ),
            )
            for number, line in enumerate(lines, start=1)
        ]
        await self._results.replace_utterances(hearing, rows)
        digest = hashlib.sha256(
            "\n".join(f"{r.seat}\t{r.t0_ms}\t{r.text}" for r in rows).encode()
        ).hexdigest()
        await self._results.save_artefact(
            Artefact(
                hearing_id=hearing,
                kind="transcript",
                label="final",
                path="",
                detail={"lines": len(rows)},
                sha256=digest,
                created_at=self._now_ms(),
            )
        )

    def _follow(self, job: Job) -> Callable[[float], None]:
        """Progress of the transcript as progress of the job; written at most every few per cent."""
        loop = asyncio.get_running_loop()
        last = 0.0
        writes: set[asyncio.Future[None]] = set()

        def progress(share: float) -> None:
            nonlocal last
            if share - last < 0.03:  # noqa: PLR2004  3 %: fine enough for a person
                return
            last = share
            write = asyncio.ensure_future(
                self._set(job, "running", _COPIES_SHARE + share * (1 - _COPIES_SHARE)), loop=loop
            )
            writes.add(write)
            write.add_done_callback(writes.discard)

        return progress

    async def _set(self, job: Job, state: JobState, progress: float, reason: str = "") -> None:
        await self._results.set_job(
            job.id, state=state, progress=progress, now_ms=self._now_ms(), reason=reason
        )


def _build(tape: Path, out: Path, zero_ns: int, end_ns: int) -> tuple[list[ViewingCopy], int]:
    """One person's failed copy costs nobody else theirs: gives the good ones and the number of the others."""
    try:
        return build(tape, out, zero_ns, end_ns), 0
    except ViewingFailed as failure:
        return failure.copies, len(failure.labels)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
