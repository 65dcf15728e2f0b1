"""Makes the composite picture of a hearing that is over, and files it: film, captions, levels, small pictures.

In a process apart, so that a hearing that is on is not slowed; exhibits' pages are drawn first, by who draws them for
screens. Must never touch a tape, nor take a published composite away before the new one is whole.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from typing import TYPE_CHECKING

from recording.apart import RebuildDied, composite_apart
from recording.digests import sha256_of
from recording.package.forms import EVERYBODY
from server.exhibits.apart import Busy
from server.exhibits.forms import FORMS
from server.exhibits.worker import Broken
from server.film import pages_shown, timeline
from server.gateway.handing_in import original_of
from server.gateway.record import COMPOSITE
from server.hearing.state_exhibits import PAGED
from server.store.results import Artefact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from recording.composite.build import Composite
    from recording.composite.settings import CompositeSettings
    from server.courtroom.ports import Codec, Entry, EventLog
    from server.exhibits.drawn import Drawn
    from server.finish import Folders
    from server.store.cases import Cases
    from server.store.materials import Materials
    from server.store.results import Results

log = logging.getLogger(__name__)

_PAGE_WIDTH_PX = 1280  # of a drawn page: as wide as the film
_STILLS_MAX = 2000  # pages of one hearing; more are named by their title
_KINDS = {".mp4": "film", ".webm": "film", ".vtt": "captions", ".json": "levels", ".jpg": "sheet"}


class Composer:
    """Composes hearings, one after the other."""

    def __init__(
        self,
        *,
        cases: Cases,
        events: EventLog,
        results: Results,
        codec: Codec,
        folders: Folders,
        settings: CompositeSettings,
        materials: Materials,
        drawn: Drawn,
        now_ms: Callable[[], int],
    ) -> None:
        self._cases = cases
        self._events = events
        self._results = results
        self._codec = codec
        self._folders = folders
        self._settings = settings
        self._materials = materials
        self._drawn = drawn
        self._now_ms = now_ms

    async def compose(
        self, hearing: str, session: tuple[int, int], on_progress: Callable[[float], None]
    ) -> str:
        """Make it and file it; give "" or the stable id of why there is none. Unavailable.

        session: opening and close, Unix milliseconds. on_progress: share done, 0 to 1.
        """
        file = await self._cases.hearing(hearing)
        if file is None:
            return "unknown_hearing"
        entries = await self._events.read(hearing)
        lines = await self._results.utterances(hearing)
        copies = self._folders.copies(hearing)
        pages = copies.with_name("pages")
        try:
            stills = await self._pages(hearing, entries, pages)
            told = await asyncio.to_thread(timeline, file, entries, self._codec, lines, session, stills)
            made = await composite_apart(
                self._folders.tapes(hearing), copies, told, self._settings, on_progress
            )
        except (RebuildDied, OSError) as failure:
            log.error("hearing %s: no composite: %s", hearing, failure)  # noqa: TRY400  it says all
            return "composite_broken"
        finally:
            await asyncio.to_thread(shutil.rmtree, pages, ignore_errors=True)
        if isinstance(made, str):
            log.error("hearing %s: no composite: %s", hearing, made)
            return f"composite_{made}"
        await self._file(hearing, made)
        return ""

    async def _pages(
        self, hearing: str, entries: Sequence[Entry], folder: Path
    ) -> dict[tuple[str, int], str]:
        """Draw every page that was shown; one that can't be drawn is named by its title instead."""
        stills: dict[tuple[str, int], str] = {}
        shown = pages_shown(entries)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await asyncio.to_thread(folder.mkdir, parents=True)
        for exhibit, page in shown[:_STILLS_MAX]:
            material = await self._materials.find(hearing, exhibit)
            if material is None or FORMS[material.form].kind not in PAGED:
                continue
            original = original_of(self._folders.exhibits(hearing), material.id, material.form)
            kind = FORMS[material.form].kind
            try:
                picture = await self._drawn.page(original, material.id, kind, page, _PAGE_WIDTH_PX)
            except (Broken, Busy, OSError):
                continue
            path = folder / f"{len(stills)}.webp"
            await asyncio.to_thread(path.write_bytes, picture)
            stills[exhibit, page] = str(path)
        return stills

    async def _file(self, hearing: str, made: Composite) -> None:
        """Enter every file beside the copies, so that it is kept, sealed and purged with them; the film last."""
        for path in reversed(made.files):
            kind = _KINDS[path.suffix]
            detail: dict[str, object] = {
                "seat": EVERYBODY,
                "source": COMPOSITE,
                "kind": kind,
                "duration_ms": made.duration_ms,
            }
            if kind == "film":
                detail |= {"thumbnails": made.thumbnails, "wave": made.wave}
            await self._results.save_artefact(
                Artefact(
                    hearing_id=hearing,
                    kind="copy",
                    label=path.name,
                    path=str(path.relative_to(self._folders.root)),
                    detail=detail,
                    sha256=await asyncio.to_thread(sha256_of, path),
                    created_at=self._now_ms(),
                )
            )
