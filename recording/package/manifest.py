"""The manifest of a package 清单: its fields, read strictly. Pure; checks form, never truth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from recording.package import forms

_HEX64 = re.compile(r"[0-9a-f]{64}")
_MS_MAX = 1 << 52
_SIZE_MAX = 1 << 52
_TEXT_MAX = 400
_KINDS = frozenset({"tape", "copy", "lines", "paper"})


class BadManifest(ValueError):  # noqa: N818  says what is wrong
    """A manifest without the form of one. The message names the field."""


@dataclass(frozen=True, slots=True)
class File:
    """One file. kind: tape, copy, lines, paper; seat: whose it is, or ""; may_lack: of forms.MAY_LACK, or ""."""

    name: str
    size: int
    sha256: str
    sm3: str
    kind: str
    seat: str
    may_lack: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a track as it was when it was sealed. damage: [start, end) that was no record even then."""

    name: str
    first_ns: int
    last_ns: int
    records: int
    damage: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Track:
    """Everything of one label and kind, in order."""

    label: str
    kind: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """What of one label was recorded from the opening to the close, and why not the rest. Nanoseconds."""

    label: str
    spans: tuple[tuple[int, int], ...]
    gaps: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Log:
    """The hearing's main stream. withheld: entries that stand in forms.LOG_COURT, and in forms.LOG by their hash alone."""

    stream: str
    entries: int
    head: str
    root: str
    withheld: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of it. opened_ms, closed_ms: Unix milliseconds; silence_ns: a longer quiet of a label is a gap."""

    hearing: str
    opened_ms: int
    closed_ms: int
    silence_ns: int
    keys: tuple[tuple[str, str], ...]  # (id, SPKI in hex)
    files: tuple[File, ...]
    files_root: str
    log: Log
    tracks: tuple[Track, ...]
    marks: tuple[Segment, ...]
    torn: tuple[str, ...]
    covers: tuple[Cover, ...]
    transcript: str  # digest of the lines as the ledger has it, or "" where there is no transcript
    timestamp_wanted: bool

    @property
    def opened_ns(self) -> int:
        """When the court opened."""
        return self.opened_ms * 1_000_000

    @property
    def closed_ns(self) -> int:
        """When it closed."""
        return self.closed_ms * 1_000_000

    def since(self, ns: int) -> int:
        """Milliseconds from the opening to a moment in nanoseconds."""
        return ns // 1_000_000 - self.opened_ms


class _Reader:
    """Takes values out of JSON; a wrong one is named by where it stands."""

    def __init__(self, value: Any, where: str = "") -> None:
        self._value = value
        self._where = where

    def _wrong(self, what: str) -> BadManifest:
        return BadManifest(f"{self._where or 'manifest'}: expected {what}")

    def fields(self, *names: str) -> dict[str, _Reader]:
        if not isinstance(self._value, dict) or set(self._value) != set(names):
            raise self._wrong("the fields " + ", ".join(sorted(names)))
        return {name: _Reader(self._value[name], f"{self._where}.{name}".lstrip(".")) for name in names}

    def items(self) -> list[_Reader]:
        if not isinstance(self._value, list):
            raise self._wrong("a list")
        return [_Reader(item, f"{self._where}[{at}]") for at, item in enumerate(self._value)]

    def row(self, count: int) -> list[_Reader]:
        items = self.items()
        if len(items) != count:
            raise self._wrong(f"{count} values")
        return items

    def text(self) -> str:
        if not isinstance(self._value, str) or len(self._value) > _TEXT_MAX:
            raise self._wrong("a short text")
        return self._value

    def one_of(self, choices: frozenset[str]) -> str:
        if not isinstance(self._value, str) or self._value not in choices:
            raise self._wrong("one of " + ", ".join(sorted(choices)))
        return self._value

    def digest(self) -> str:
        if not isinstance(self._value, str) or not _HEX64.fullmatch(self._value):
            raise self._wrong("64 hex digits")
        return self._value

    def number(self, top: int = _SIZE_MAX) -> int:
        if type(self._value) is not int or not 0 <= self._value <= top:
            raise self._wrong("a number that is not negative")
        return self._value

    def flag(self) -> bool:
        if not isinstance(self._value, bool):
            raise self._wrong("true or false")
        return self._value

    def name(self) -> str:
        if not isinstance(self._value, str) or not forms.is_safe(self._value):
            raise self._wrong("the name of a file")
        return self._value


_NS_MAX = 1 << 63


def _file(reader: _Reader) -> File:
    at = reader.fields("name", "size", "sha256", "sm3", "kind", "seat", "may_lack")
    return File(
        name=at["name"].name(),
        size=at["size"].number(),
        sha256=at["sha256"].digest(),
        sm3=at["sm3"].digest(),
        kind=at["kind"].one_of(_KINDS),
        seat=at["seat"].text(),
        may_lack=at["may_lack"].one_of(forms.MAY_LACK | {""}),
    )


def _segment(reader: _Reader) -> Segment:
    at = reader.fields("name", "first_ns", "last_ns", "records", "damage")
    pairs = [pair.row(2) for pair in at["damage"].items()]
    return Segment(
        name=at["name"].name(),
        first_ns=at["first_ns"].number(_NS_MAX),
        last_ns=at["last_ns"].number(_NS_MAX),
        records=at["records"].number(),
        damage=tuple((start.number(), end.number()) for start, end in pairs),
    )


def _track(reader: _Reader) -> Track:
    at = reader.fields("label", "kind", "segments")
    return Track(
        label=at["label"].text(),
        kind=at["kind"].one_of(frozenset({"audio", "video"})),
        segments=tuple(_segment(one) for one in at["segments"].items()),
    )


def _cover(reader: _Reader) -> Cover:
    at = reader.fields("label", "spans", "gaps")
    spans = [span.row(2) for span in at["spans"].items()]
    gaps = [gap.row(3) for gap in at["gaps"].items()]
    return Cover(
        label=at["label"].text(),
        spans=tuple((start.number(_NS_MAX), end.number(_NS_MAX)) for start, end in spans),
        gaps=tuple((start.number(_NS_MAX), end.number(_NS_MAX), why.text()) for start, end, why in gaps),
    )


def _log(reader: _Reader) -> Log:
    at = reader.fields("stream", "entries", "head", "root", "withheld")
    return Log(
        stream=at["stream"].text(),
        entries=at["entries"].number(),
        head=at["head"].digest(),
        root=at["root"].digest(),
        withheld=tuple(one.number() for one in at["withheld"].items()),
    )


def read(value: Any) -> Manifest:
    """Read a manifest from its JSON value. BadManifest."""
    at = _Reader(value).fields(
        *(
            "format",
            "version",
            "hearing",
            "case",
            "seats",
            "opened_ms",
            "closed_ms",
            "sealed_ms",
            "silence_ns",
        ),
        *("keys", "files", "files_root", "log", "rooms", "tracks", "marks", "torn", "covers", "transcript"),
        "timestamp_wanted",
    )
    at["format"].one_of(frozenset({forms.FORMAT}))
    if at["version"].number() != forms.VERSION:
        raise BadManifest("version: this verifier is too old for the package, or the package is none")
    for room in at["rooms"].items():
        room.fields("room", "commitment")["commitment"].digest()
    if at["closed_ms"].number(_MS_MAX) <= at["opened_ms"].number(_MS_MAX):
        raise BadManifest("closed_ms: expected a moment after opened_ms")
    keys = [key.fields("id", "spki") for key in at["keys"].items()]
    files = tuple(_file(one) for one in at["files"].items())
    names = [file.name for file in files]
    if len(set(names)) != len(names) or forms.OUTSIDE & set(names):
        raise BadManifest("files: a name twice, or one that cannot be there")
    return Manifest(
        hearing=at["hearing"].text(),
        opened_ms=at["opened_ms"].number(_MS_MAX),
        closed_ms=at["closed_ms"].number(_MS_MAX),
        silence_ns=at["silence_ns"].number(_NS_MAX),
        keys=tuple((key["id"].text(), key["spki"].text()) for key in keys),
        files=files,
        files_root=at["files_root"].digest(),
        log=_log(at["log"]),
        tracks=tuple(_track(one) for one in at["tracks"].items()),
        marks=tuple(_segment(one) for one in at["marks"].items()),
        torn=tuple(one.name() for one in at["torn"].items()),
        covers=tuple(_cover(one) for one in at["covers"].items()),
        transcript=at["transcript"].text(),
        timestamp_wanted=at["timestamp_wanted"].flag(),
    )


def file_leaf(row: Any) -> bytes:
    """Give a file's row as a leaf of the Merkle tree: its canonical text."""
    return forms.canonical(row)
