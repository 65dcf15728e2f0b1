"""What follows a hearing: viewing copies from the tape, the final transcript, the composite, all filed; then the seal.

Jobs stand in the ledger, so that a killed process takes them up again; each step can be repeated.
Must never touch a tape, and never take a published copy away before the new one is whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from recording.apart import RebuildDied, build_apart
from recording.digests import sha256_of
from recording.places import tapes_of
from server.courtroom.plans import seat_of_label
from server.courtroom.ports import Unavailable
from server.gateway.record import session_of
from server.sealing.sealer import NotSealed
from server.store.results import Artefact, UtteranceRow
from transcripts.rerun import transcribe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from recording.viewing import ViewingCopy
    from server.courtroom.ports import EventLog
    from server.hearing.ids import HearingId
    from server.store.results import Job, JobState, Results
    from transcripts.segments import FinalUtterance
    from transcripts.settings import TranscriptSettings

    Compose = Callable[[str, tuple[int, int], Callable[[float], None]], Awaitable[str]]
    Transcribe = Callable[
        [Mapping[str, Path], TranscriptSettings, Callable[[float], None]], Awaitable[list[FinalUtterance]]
    ]

log = logging.getLogger(__name__)

_NS_PER_MS = 1_000_000
_COPIES_SHARE = 0.2  # of the whole job's progress
_WORDS_SHARE = 0.6  # when the transcript is there, where a composite follows
_STEP = 0.03  # of one work: fine enough for a person
_RETRY_S = 2.0  # between two questions to a ledger that does not answer
_TRIES = 3  # of a job that the ledger interrupts
_FAILED = "copies_failed"  # with the filed transcript, the last thing that is filed: how many copies could not be made

_T = TypeVar("_T")


class Folders:
    """Where the files of a hearing are: the tape, and the copies made from it."""

    def __init__(self, root: Path, second_root: Path | None = None) -> None:
        self.root = root
        self._second_root = second_root

    def tape(self, hearing: str) -> Path:
        """The tape's folder."""
        return self.root / "hearings" / hearing / "tape"

    def tapes(self, hearing: str) -> tuple[Path, ...]:
        """Every folder the tape may be in, for reading: its own, and the one in the second place (recording.places)."""
        return tapes_of(self.root, self._second_root, hearing)

    def copies(self, hearing: str) -> Path:
        """The viewing copies' folder."""
        return self.root / "hearings" / hearing / "copies"

    def lines(self, hearing: str) -> Path:
        """The folder of the series of line figures."""
        return self.root / "hearings" / hearing / "lines"

    def exhibits(self, hearing: str) -> Path:
        """The folder of the materials as they were handed in."""
        return self.root / "hearings" / hearing / "exhibits"

    @property
    def replays(self) -> Path:
        """The folder of replays of hearings that are on; may be lost."""
        return self.root / "replays"

    @property
    def drawn(self) -> Path:
        """Pages of materials as they were drawn; may be lost."""
        return self.root / "drawn"


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
        transcribe: Transcribe = transcribe,
        retry_s: float = _RETRY_S,
        seal: Callable[[str], Awaitable[object]] | None = None,
        compose: Compose | None = None,
    ) -> None:
        self._events = events
        self._results = results
        self._folders = folders
        self._transcripts = transcripts
        self._now_ms = now_ms
        self._transcribe = transcribe
        self._retry_s = retry_s
        self._seal = seal  # None: the court has no key, and nothing is sealed
        self._compose = compose  # gives "" or why there is no composite (server.composer)
        self._interrupted: Counter[str] = Counter()  # by job
        self._wake = asyncio.Event()

    async def enter(self, hearing: HearingId) -> None:
        """Put a closed hearing's job into the ledger, trying until it is there.

        Entering it again changes nothing, unless it had failed.
        """
        await self._insist(lambda: self._results.add_job(str(hearing), "finish", self._now_ms()))
        self._wake.set()

    async def run(self) -> None:
        """Do jobs for ever, those of a killed process and those that failed in an earlier one first."""
        await self._insist(lambda: self._results.reopen_jobs(self._now_ms()))
        while True:
            self._wake.clear()
            job = await self._insist(lambda: self._results.claim_job(self._now_ms()))
            if job is None:
                await self._wake.wait()
            else:
                await self._do(job)

    async def _do(self, job: Job) -> None:
        """One job to its end, good or bad; a job the ledger interrupted is pending again, a few times."""
        try:
            await self._finish(job)
        except Unavailable:
            self._interrupted[job.id] += 1
            again = self._interrupted[job.id] < _TRIES
            log.warning("job of hearing %s interrupted by the ledger", job.hearing_id)
            state: JobState = "pending" if again else "failed"
            await self._insist(lambda: self._set(job, state, 0.0, "" if again else "ledger"))
        except Exception:  # a broken job must not stop the others; its tape stays and it can be done again
            log.exception("job of hearing %s failed", job.hearing_id)
            await self._insist(lambda: self._set(job, "failed", job.progress, "internal"))

    async def _insist(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Ask the ledger until it answers: what it does not hold would be forgotten."""
        while True:
            try:
                return await call()
            except Unavailable as failure:
                log.warning("finishing waits for the ledger: %s", failure.reason)
                await asyncio.sleep(self._retry_s)

    async def _finish(self, job: Job) -> None:
        entries = await self._events.read(job.hearing_id)
        session = session_of(entries)
        zero, end = session["opened_at"], session["closed_at"]
        if zero is None or end is None:
            await self._set(job, "done", 1.0)  # closed without having been opened: nothing was taped
            return
        if any(one.kind == "record_purged" for one in entries):
            await self._set(job, "done", 1.0)  # what is left of the tape must not bring back what was purged
            return
        if not await self._are_filed(job.hearing_id) and not await self._file_all(job, zero, end):
            await self._set(job, "failed", 1.0, "copies_incomplete")
            return
        missing = await self._composed(job, (zero, end))
        await self._sealed(job.hearing_id)
        if missing:  # the package is whole without it; it is tried again at the next start
            await self._set(job, "failed", 1.0, missing)
            return
        await self._set(job, "done", 1.0)
        log.info("hearing %s: its copies and its transcript are filed", job.hearing_id)

    async def _are_filed(self, hearing: str) -> bool:
        """Whether every copy and the transcript are there already: they may be sealed, and are not made anew."""
        filed = await self._results.artefacts(hearing)
        return any(one.kind == "transcript" and one.detail.get(_FAILED) == 0 for one in filed)

    async def _file_all(self, job: Job, zero: int, end: int) -> bool:
        """Make and file the copies and the transcript; whether none is missing."""
        copies, failed = await self._make_copies(job, zero, end)
        await self._set(job, "running", _COPIES_SHARE)
        voices = {
            copy.label: copy.path
            for copy in copies
            if copy.kind in {"av", "audio"} and seat_of_label(copy.label)[1] == "main"
        }  # one a seat
        words_share = 1.0 if self._compose is None else _WORDS_SHARE
        following = _Following(lambda share: self._set(job, "running", share), _COPIES_SHARE, words_share)
        try:
            lines = await self._transcribe(voices, self._transcripts, following.move)
        finally:
            await following.end()
        await self._file_transcript(job.hearing_id, zero, lines, failed)
        return not failed

    async def _composed(self, job: Job, session: tuple[int, int]) -> str:
        """Make the composite; give "" or the stable id of why there is none."""
        if self._compose is None:
            return ""
        await self._set(job, "running", _WORDS_SHARE)
        following = _Following(lambda share: self._set(job, "running", share), _WORDS_SHARE, 1.0)
        try:
            return await self._compose(job.hearing_id, session, following.move)
        except Unavailable:
            raise
        except Exception:  # our bug: no film must not mean no seal
            log.exception("hearing %s: no composite", job.hearing_id)
            return "composite_broken"
        finally:
            await following.end()

    async def _sealed(self, hearing: str) -> None:
        """Seal it. Copies and transcript are there even if that fails; it is tried again at the next start."""
        if self._seal is None:
            return
        try:
            await self._seal(hearing)
        except (NotSealed, RebuildDied, OSError) as failure:
            log.error("hearing %s could not be sealed: %s", hearing, failure)  # noqa: TRY400  it says all

    async def _make_copies(self, job: Job, zero: int, end: int) -> tuple[Sequence[ViewingCopy], int]:
        """Give the copies and how many failed."""
        copies, failed = await build_apart(
            self._folders.tapes(job.hearing_id),
            self._folders.copies(job.hearing_id),
            zero * _NS_PER_MS,
            end * _NS_PER_MS,
        )
        if failed:
            log.error("hearing %s: %d copies could not be rebuilt", job.hearing_id, failed)
        for copy in copies:
            digest = await asyncio.to_thread(sha256_of, copy.path)
            seat, source = seat_of_label(copy.label)
            await self._results.save_artefact(
                Artefact(
                    hearing_id=job.hearing_id,
                    kind="copy",
                    label=copy.path.name,  # a seat that used two codecs has two
                    path=str(copy.path.relative_to(self._folders.root)),
                    detail={
                        "seat": seat,
                        "source": source,
                        "kind": copy.kind,
                        "duration_ms": copy.duration_ms,
                    },
                    sha256=digest,
                    created_at=self._now_ms(),
                )
            )
        return copies, failed

    async def _file_transcript(
        self, hearing: str, zero: int, lines: Sequence[FinalUtterance], failed: int
    ) -> None:
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
                detail={"lines": len(rows), _FAILED: failed},
                sha256=digest,
                created_at=self._now_ms(),
            )
        )

    async def _set(self, job: Job, state: JobState, progress: float, reason: str = "") -> None:
        await self._results.set_job(
            job.id, state=state, progress=progress, now_ms=self._now_ms(), reason=reason
        )


class _Following:
    """Progress of one work as the job's, of which it is [begin, end]: written every few per cent, one write at a time."""

    def __init__(self, write: Callable[[float], Awaitable[None]], begin: float, end: float) -> None:
        self._write = write
        self._begin, self._end = begin, end
        self._told = 0.0
        self._writing: asyncio.Future[None] | None = None

    def move(self, share: float) -> None:
        """Note the share done, 0 to 1; one that comes while another is written is left out."""
        if share - self._told < _STEP or (self._writing is not None and not self._writing.done()):
            return
        self._told = share
        self._writing = asyncio.ensure_future(self._save(self._begin + share * (self._end - self._begin)))

    async def end(self) -> None:
        """Wait for the last write: one that came after "done" would take it back."""
        if self._writing is not None:
            await self._writing

    async def _save(self, share: float) -> None:
        with suppress(Unavailable):  # the next one says more
            await self._write(share)
