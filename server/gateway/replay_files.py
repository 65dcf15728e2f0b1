"""Files of replays: copies of a short part of a tape, made on demand, kept for a while and never part of a record.

One is made at a time on a machine, in a process apart. Knows no reader and no right: whoever asks has decided that.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from recording.apart import RebuildDied, replay_apart
from server.courtroom.ports import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from aiohttp import web

    from recording.places import Where
    from recording.viewing import ViewingCopy
    from server.gateway.settings import GatewaySettings

SECONDS = frozenset({60, 120, 300})
"""How long a replay may be."""

_NS_PER_MS = 1_000_000
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9._~%-]{1,128}", re.ASCII)


class _Kept(NamedTuple):
    hearing: str
    live: bool
    ending: asyncio.TimerHandle


class ReplayFiles:
    """Makes, keeps and removes them. root: a folder that is this class's alone; tapes: the folders of a hearing's tape."""

    def __init__(self, settings: GatewaySettings, tapes: Callable[[str], Where], root: Path) -> None:
        self._settings = settings
        self._tapes = tapes
        self._root = root
        self._one = asyncio.Lock()  # a rebuild takes a processor; the hearings need the others
        self._looks = asyncio.Lock()  # of the looks only one is before a replay of a hearing that is on
        self._waiting = {True: 0, False: 0}  # by live
        self._kept: dict[str, _Kept] = {}  # by id, oldest first

    def add_to(self, app: web.Application) -> None:
        """What an earlier server left goes when this one starts, and all of it when it stops."""
        app.on_startup.append(self._sweep)
        app.on_cleanup.append(self._sweep)

    async def make(self, hearing: str, t0: int, t1: int, *, live: bool) -> tuple[str, list[ViewingCopy]]:
        """Copies of [t0, t1] (Unix ms) and the id they are kept under. Unavailable("busy" | "disk_full" | "replay_failed").

        live: the hearing is on; its bench does not wait behind everybody who reads a record.
        """
        if self._waiting[live] >= self._settings.replays_waiting_max:
            raise Unavailable("busy")
        self._waiting[live] += 1
        id_ = secrets.token_hex(16)
        try:
            async with self._turn(live), asyncio.timeout(self._settings.replay_timeout_s):
                await asyncio.to_thread(self._room_for_it)
                tapes = self._tapes(hearing)
                copies, _ = await replay_apart(tapes, self._root / id_, t0 * _NS_PER_MS, t1 * _NS_PER_MS)
        except (RebuildDied, TimeoutError, OSError):
            await self._remove(id_)
            raise Unavailable("replay_failed") from None
        except BaseException:
            await self._remove(id_)
            raise
        finally:
            self._waiting[live] -= 1
        await self._keep(hearing, id_, live)
        return id_, copies

    async def path(self, hearing: str, id_: str, name: str) -> Path | None:
        """The file, while it is there."""
        kept = self._kept.get(id_)
        if kept is None or kept.hearing != hearing or not _ID.fullmatch(id_) or not _NAME.fullmatch(name):
            return None
        path = self._root / id_ / name
        return path if await asyncio.to_thread(path.is_file) else None

    @asynccontextmanager
    async def _turn(self, live: bool) -> AsyncIterator[None]:
        async with nullcontext() if live else self._looks, self._one:
            yield

    def _room_for_it(self) -> None:
        """The disk belongs to the tapes. Unavailable."""
        self._root.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._root).free < self._settings.replay_disk_free_bytes_min:
            raise Unavailable("disk_full")

    async def _keep(self, hearing: str, id_: str, live: bool) -> None:
        """Keep it for its time, and no more of one hearing and kind than the limit."""
        loop = asyncio.get_running_loop()
        ending = loop.call_later(self._settings.replay_lifetime_s, self._over, id_)
        self._kept[id_] = _Kept(hearing, live, ending)
        alike = [one for one, kept in self._kept.items() if (kept.hearing, kept.live) == (hearing, live)]
        for one in alike[: max(0, len(alike) - self._settings.replays_kept_max)]:
            await self._remove(one)

    def _over(self, id_: str) -> None:
        self._kept.pop(id_, None)
        asyncio.get_running_loop().run_in_executor(None, _removed, self._root / id_)

    async def _remove(self, id_: str) -> None:
        kept = self._kept.pop(id_, None)
        if kept is not None:
            kept.ending.cancel()
        await asyncio.to_thread(_removed, self._root / id_)

    async def _sweep(self, _: web.Application) -> None:
        for kept in self._kept.values():
            kept.ending.cancel()
        self._kept.clear()
        await asyncio.to_thread(_removed, self._root)


def _removed(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
