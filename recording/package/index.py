"""The index of a package: where each second and each line of a file lies, with half a digest. It proves nothing; it finds.

A file's own digest in the manifest says that it was changed; the index says where. Pure.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recording.package import forms
from recording.package.report import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from recording.package.source import Source

_ROW_MIN, _ROW_MAX = 3, 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes from `start` to the next chunk's. at_ms: of the hearing, or None; seat: whose, where it is not the file's."""

    start: int
    at_ms: int | None
    digest: str
    seat: str = ""


def short_digest(pieces: Iterable[bytes]) -> str:
    """Half a SHA-256 of bytes given in pieces."""
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()[: forms.CHUNK_DIGEST_CHARS]


def rows(chunks: Iterable[Chunk]) -> list[list[Any]]:
    """Chunks as JSON values."""
    return [[one.start, one.at_ms, one.digest, *([one.seat] if one.seat else [])] for one in chunks]


def read(value: Any) -> dict[str, list[Chunk]]:
    """Read an index from its JSON value. ValueError."""
    found: dict[str, list[Chunk]] = {}
    for name, listed in value["files"].items():
        chunks: list[Chunk] = []
        for row in listed:
            plain = type(row[0]) is int and all(isinstance(one, str) for one in row[2:])
            rising = plain and row[0] >= 0 and (not chunks or row[0] > chunks[-1].start)
            if not rising or not _ROW_MIN <= len(row) <= _ROW_MAX:
                raise ValueError("a row of the index is of another form")
            chunks.append(Chunk(row[0], None if row[1] is None else int(row[1]), row[2], *row[3:]))
        found[name] = chunks
    return found


def chunks_of(source: Source, name: str, starts: Sequence[tuple[int, int | None, str]]) -> list[Chunk]:
    """Cut a file at (start, at_ms, seat), the first at 0, and take the digests. OSError."""
    ends = [start for start, _, _ in starts[1:]] + [source.sizes[name]]
    return [
        Chunk(start, at_ms, short_digest(source.blocks(name, start, end)), seat)
        for (start, at_ms, seat), end in zip(starts, ends, strict=True)
    ]


def _bad(source: Source, name: str, size: int, chunks: Sequence[Chunk]) -> Iterator[tuple[int, Chunk]]:
    """Yield the chunks that are not as they were, with their numbers. size: of the file when it was sealed."""
    for number, chunk in enumerate(chunks):
        end = chunks[number + 1].start if number + 1 < len(chunks) else size
        if short_digest(source.blocks(name, chunk.start, end)) != chunk.digest:
            yield number, chunk


def places(
    source: Source, name: str, size: int, seat: str, index: Mapping[str, Sequence[Chunk]]
) -> list[Finding]:
    """Where a file that is not what was sealed differs: the first of each run of changed chunks. OSError.

    Where bytes were added or removed all behind them has moved: then only the first place is told.
    """
    chunks = index.get(name, ())
    now = source.sizes[name]
    reason = "changed" if now == size else "bytes_added" if now > size else "bytes_removed"
    found: list[Finding] = []
    last = -2
    for number, chunk in _bad(source, name, size, chunks):
        if number != last + 1:
            detail = f"字节 byte {chunk.start}"
            found.append(Finding(reason, name, chunk.at_ms, chunk.seat or seat, detail))
            if now != size:
                return found
        last = number
    if found:
        return found
    if chunks:  # all of it is there, and something follows
        end = chunks[-1]
        return [Finding(reason, name, end.at_ms, end.seat or seat, f"字节 byte {size}")]
    return [Finding(reason, name, None, seat)]
