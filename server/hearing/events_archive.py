"""Events of the archive: what became of a record after the close, in the past tense. Pure values; rules as in `events`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class HoldSet:
    """Nothing of this record may be purged until the hold is lifted 保全. by: who ordered it."""

    KIND: ClassVar[str] = "hold_set"
    VERSION: ClassVar[int] = 1
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class HoldLifted:
    """The hold is lifted; the retention class decides again."""

    KIND: ClassVar[str] = "hold_lifted"
    VERSION: ClassVar[int] = 1
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordPurged:
    """Files were purged because their term is over; entered before the first one goes.

    class_id: the retention class; artefacts: which kinds of files; files: name, size and SHA-256 of each, tabs between.
    A long list stands in several entries: part of parts, from 1.
    """

    KIND: ClassVar[str] = "record_purged"
    VERSION: ClassVar[int] = 1
    by: str
    reason: str
    class_id: str
    artefacts: tuple[str, ...]
    files: tuple[str, ...]
    part: int
    parts: int


ArchiveEvent = HoldSet | HoldLifted | RecordPurged
