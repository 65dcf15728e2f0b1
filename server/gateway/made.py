"""Files made for takings: each alone in a folder, for as long as its link may live. Never touches what it is made from.

Knows no reader and no right: whoever asks has decided that.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.courtroom.ports import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from server.gateway.settings import GatewaySettings

_LATE_S = 120.0  # a link works a minute longer than it says


@dataclass(frozen=True, slots=True)
class _Kept:
    whose: str
    path: Path
    ending: asyncio.TimerHandle


class Made:
    """Makes room for them, keeps and removes them. root: a folder that is this class's alone."""

    def __init__(self, settings: GatewaySettings, root: Path) -> None:
        self._settings = settings
        self._root = root
        self._kept: dict[str, _Kept] = {}  # by name, oldest first

    @contextlib.asynccontextmanager
    async def folder(self, source: Path) -> AsyncIterator[Path]:
        """A new folder for a file as large as the source, a file or folder. Unavailable("disk_full"), of an OSError too.

        It goes at once where no file comes to be in it.
        """
        folder = self._root / secrets.token_hex(8)
        try:
            await asyncio.to_thread(_fresh, folder, source, self._settings.taking_disk_free_bytes_min)
            yield folder
        except OSError:
            await asyncio.to_thread(_removed, folder)
            raise Unavailable("disk_full") from None
        except BaseException:
            await asyncio.to_thread(_removed, folder)
            raise

    async def keep(self, whose: str, path: Path) -> str:
        """Keep what was made in a folder of ours, by the name given. Of what one reader has, the oldest goes."""
        name = f"{secrets.token_hex(16)}{path.suffix}"
        lifetime_s = self._settings.link_lifetime_s + _LATE_S
        ending = asyncio.get_running_loop().call_later(lifetime_s, self._over, name)
        self._kept[name] = _Kept(whose, path, ending)
        own = [one for one, kept in self._kept.items() if kept.whose == whose]
        for one in own[: -self._settings.takings_kept_max]:
            old = self._kept.pop(one)
            old.ending.cancel()
            await asyncio.to_thread(_removed, old.path.parent)
        return name

    def path(self, name: str) -> Path | None:
        """What is kept by this name, while it is."""
        kept = self._kept.get(name)
        return None if kept is None else kept.path

    async def sweep(self, _: object = None) -> None:
        """Remove all of it, and whatever a killed server left."""
        for kept in self._kept.values():
            kept.ending.cancel()
        self._kept.clear()
        await asyncio.to_thread(_removed, self._root)

    def _over(self, name: str) -> None:
        kept = self._kept.pop(name)
        asyncio.get_running_loop().run_in_executor(None, _removed, kept.path.parent)


def _fresh(folder: Path, source: Path, free_bytes_min: int) -> None:
    """Make the folder, if the disk has room for as much as the source holds and for the tapes. Unavailable, OSError."""
    files = [source, *source.rglob("*")]
    size = sum(file.stat().st_size for file in files if file.is_file())
    folder.mkdir(parents=True)
    if shutil.disk_usage(folder).free < size + free_bytes_min:
        raise Unavailable("disk_full")


def _removed(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
