"""What the archive asks of a remote storage: a port, and the two ways it fails. Knows no protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class RemoteFailed(Exception):  # noqa: N818  named like the law's other outcomes
    """The storage did not do it. reason: a stable id, "unreachable", "denied", "missing", "refused"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Found:
    """One object as the storage lists it. version: "" where the bucket keeps none."""

    key: str
    size: int
    version: str


class RemoteStore(Protocol):
    """One bucket. Every method may raise RemoteFailed; those that read or write files here, OSError too."""

    async def put(self, key: str, path: Path) -> str:
        """Write a file, whole or not at all; give the version that it became ("" where there are none)."""
        ...

    def read(self, key: str, version: str) -> AsyncIterator[bytes]:
        """All bytes of one version of an object, from the storage itself."""
        ...

    async def find(self, key: str) -> Found | None:
        """The newest version of an object, or None."""
        ...

    async def names(self, under: str) -> list[Found]:
        """List the newest versions of every object below a folder."""
        ...

    async def locks(self) -> bool:
        """Whether the bucket has object lock."""
        ...

    async def lock(self, key: str, version: str, until_ms: int) -> None:
        """Lock one version until a moment (Unix ms): nobody, or nobody without a right of its own, removes it before."""
        ...

    async def hold(self, key: str, version: str, *, on: bool) -> None:
        """Set or lift the legal hold of one version."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...
