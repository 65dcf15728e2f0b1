"""A remote storage in memory, with object lock, and with faults on demand. Keeps the port's contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.archive.remote import Found, RemoteFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@dataclass
class Version:
    """One version of an object."""

    data: bytes
    until_ms: int = 0
    held: bool = False


@dataclass
class MemoryStore:
    """Implements RemoteStore. has_locks: the bucket has object lock; failing: keys whose writing fails, with the reason."""

    has_locks: bool = True
    failing: dict[str, str] = field(default_factory=dict)
    objects: dict[str, list[Version]] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)

    async def put(self, key: str, path: Path) -> str:
        data = path.read_bytes()
        for name, reason in self.failing.items():
            if key.endswith(name):
                raise RemoteFailed(reason)
        self.puts.append(key)
        versions = self.objects.setdefault(key, [])
        versions.append(Version(data))
        return str(len(versions))

    async def read(self, key: str, version: str) -> AsyncIterator[bytes]:
        data = self._version(key, version).data
        for at in range(0, len(data), 1000):
            yield data[at : at + 1000]

    async def find(self, key: str) -> Found | None:
        versions = self.objects.get(key)
        return Found(key, len(versions[-1].data), str(len(versions))) if versions else None

    async def names(self, under: str) -> list[Found]:
        keys = [key for key in sorted(self.objects) if key.startswith(f"{under}/")]
        return [found for key in keys if (found := await self.find(key)) is not None]

    async def locks(self) -> bool:
        return self.has_locks

    async def lock(self, key: str, version: str, until_ms: int) -> None:
        if not self.has_locks:
            raise RemoteFailed("refused")
        self._version(key, version).until_ms = until_ms

    async def hold(self, key: str, version: str, *, on: bool) -> None:
        if not self.has_locks:
            raise RemoteFailed("refused")
        self._version(key, version).held = on

    async def close(self) -> None:
        pass

    def _version(self, key: str, version: str) -> Version:
        try:
            return self.objects[key][int(version or 0) - 1]
        except (KeyError, IndexError):
            raise RemoteFailed("missing") from None
