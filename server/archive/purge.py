"""Purges what the court's table lets go 清理: an entry in the hearing's log first, with the digest of every file; then the files.

There is no other way to remove a record: no route, no button. Never touches the log, nor a remote copy: that one goes by the
bucket's own rules when its lock is over.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recording.digests import sha256_of
from recording.places import places_of, second_of
from server.archive.retention import judge
from server.hearing.events_archive import RecordPurged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from server.archive.copier import Archiver
    from server.archive.keeping import Keeping, Kept
    from server.archive.retention import Verdict
    from server.store.codec import EventCodec
    from server.store.event_log import SqlEventLog
    from server.store.results import Results

_FILES_AN_ENTRY = 150  # names and digests: a third of what an entry may hold
TRANSCRIPT, EXHIBITS = "transcript", "exhibits"


@dataclass(frozen=True, slots=True)
class Planned:
    """One hearing: what the table says of each kind of file, and which of those that may go are there."""

    kept: Kept
    verdicts: Sequence[Verdict]
    going: tuple[str, ...]

    @property
    def hearing(self) -> str:
        """Its id."""
        return self.kept.file.hearing.id


class NotPurged(Exception):  # noqa: N818  named like the law's other outcomes
    """Nothing of this hearing went: the remote storage lost what was believed to be there."""


class Purger:
    """Removes files whose term is over. root: the folder of all data; second_root: the tape's second place.

    drawn: the folder of drawn pages of materials; archiver: who asks the remote storage, None where there is none.
    """

    def __init__(
        self,
        *,
        root: Path,
        second_root: Path | None,
        drawn: Path,
        archiver: Archiver | None,
        keeping: Keeping,
        events: SqlEventLog,
        codec: EventCodec,
        results: Results,
        now_ms: Callable[[], int],
    ) -> None:
        self._root = root
        self._second_root = second_root
        self._drawn = drawn
        self._archiver = archiver
        self._keeping = keeping
        self._events = events
        self._codec = codec
        self._results = results
        self._now_ms = now_ms

    async def plan(self) -> list[Planned]:
        """What may go now, and what not and why, hearing by hearing. Changes nothing. Unavailable, OSError."""
        planned = []
        for kept in await self._keeping.all():
            verdicts = judge(kept.kept_as, kept.facts, self._now_ms())
            hearing = kept.file.hearing.id
            going = [
                one.artefact for one in verdicts if one.may_go and await self._there(hearing, one.artefact)
            ]
            planned.append(Planned(kept, verdicts, tuple(going)))
        return planned

    async def purge(self, planned: Planned, by: str, reason: str) -> int:
        """Enter it in the log, then remove the files; give how many. NotPurged, RemoteFailed, SeqConflict, Unavailable, OSError.

        The entry is durable before the first file goes. A purge that was killed in between is ended by `finish`.
        """
        if not await self._is_there(planned):
            raise NotPurged(planned.hearing)
        files = await asyncio.to_thread(lambda: [*self._listed(planned.hearing, planned.going)])
        if TRANSCRIPT in planned.going:
            files.append(await self._transcript(planned.hearing))
        chunks = [files[at : at + _FILES_AN_ENTRY] for at in range(0, len(files), _FILES_AN_ENTRY)]
        now = self._now_ms()
        entries = [
            self._codec.to_entry(
                RecordPurged(
                    by, reason, planned.kept.kept_as.id, planned.going, tuple(chunk), number, len(chunks)
                ),
                now,
                None,
                None,
            )
            for number, chunk in enumerate(chunks, start=1)
        ]
        await self._events.append(planned.hearing, planned.kept.last_seq, entries)
        await self._remove(planned.hearing, planned.going)
        return len(files)

    async def _is_there(self, planned: Planned) -> bool:
        """Whether the remote storage, asked now, has the package: the book is as old as the last reading back."""
        if self._archiver is None or "package" in planned.kept.facts.purged:
            return True  # nothing to ask; or it was asked when the package went, and has only its own rules since
        return await self._archiver.still_there(planned.hearing)

    async def finish(self, planned: Planned) -> bool:
        """Remove what an earlier purge entered and did not come to; whether there was anything. OSError.

        A hold that was set since keeps what is left.
        """
        if planned.kept.facts.held:
            return False
        left = [
            kind for kind in sorted(planned.kept.facts.purged) if await self._there(planned.hearing, kind)
        ]
        await self._remove(planned.hearing, left)
        return bool(left)

    async def _there(self, hearing: str, kind: str) -> bool:
        if kind == TRANSCRIPT:
            return bool(await self._results.utterances(hearing))
        return any(folder.exists() for folder in self._folders(hearing, kind))

    def _folders(self, hearing: str, kind: str) -> tuple[Path, ...]:
        """The folders of one kind of file; the tape's are those of its caucuses too, in both places."""
        hearings = self._root / "hearings"
        if kind != "tape":
            return (hearings / hearing / kind,)
        names = [hearing, *(one.name for one in sorted(hearings.glob(f"{hearing}.*")))]
        found: list[Path] = []
        for name in names:
            tape = hearings / name / "tape"
            second = () if self._second_root is None else (second_of(self._second_root, name),)
            found += places_of((tape, *second))
        return tuple(found)

    def _listed(self, hearing: str, kinds: Sequence[str]) -> Iterator[str]:
        """Every file that goes, as RecordPurged has it. A file that stands in two folders is read once. OSError."""
        digests: dict[tuple[int, int], str] = {}
        for kind in kinds:
            for folder in self._folders(hearing, kind) if kind != TRANSCRIPT else ():
                for path in sorted(folder.rglob("*")):
                    if not path.is_file() or path.is_symlink():
                        continue
                    stat = path.stat()
                    key = (stat.st_dev, stat.st_ino)
                    if key not in digests:
                        digests[key] = sha256_of(path)
                    # caucus tapes and the second place are told apart by their folder's name
                    base = f"{folder.parent.name}/{folder.name}"
                    yield f"{base}/{path.relative_to(folder)}\t{stat.st_size}\t{digests[key]}"

    async def _transcript(self, hearing: str) -> str:
        artefacts = await self._results.artefacts(hearing)
        digest = next((one.sha256 for one in artefacts if one.kind == "transcript"), "")
        return f"{hearing}/transcript\t{len(await self._results.utterances(hearing))}\t{digest}"

    async def _remove(self, hearing: str, kinds: Sequence[str]) -> None:
        for kind in kinds:
            if kind == TRANSCRIPT:
                await self._results.replace_utterances(hearing, [])
                continue
            for folder in self._folders(hearing, kind):
                if kind == EXHIBITS:  # the pages first: it is from the folder that their names are known
                    await asyncio.to_thread(self._remove_drawn, folder)
                if folder.exists():
                    await asyncio.to_thread(shutil.rmtree, folder)

    def _remove_drawn(self, exhibits: Path) -> None:
        """Remove what server.exhibits.drawn kept of each material: MATERIAL-PAGE-WIDTH.webp."""
        materials = {path.name for path in exhibits.glob("*")}
        for path in self._drawn.glob("*-*-*.webp"):
            if path.name.rsplit("-", 2)[0] in materials:
                path.unlink(missing_ok=True)
