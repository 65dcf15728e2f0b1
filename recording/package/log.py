"""The hearing's log in a package: line by line, hash by hash (decision 0001). Pure; knows no event by name.

A line is the canonical JSON of an entry. Of one that the reader may not have, the log has seq, prev and hash, and the court's
own file the whole line: the chain holds either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recording.package import forms, merkle
from recording.package.report import LOST_MAX, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from recording.package.manifest import Log
    from recording.package.report import Report
    from recording.package.source import Source

_WHOLE = frozenset({"seq", "at", "actor", "kind", "version", "body", "prev", "hash"})
_STUB = frozenset({"seq", "prev", "hash", "withheld"})
_LINE_BYTES_MAX = 4 << 20


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry whose content is here."""

    seq: int
    at_ms: int
    seat: str
    kind: str
    body: Mapping[str, Any]


def line_of(entry: Mapping[str, Any]) -> bytes:
    """Give an entry's line, newline and all."""
    return forms.canonical(entry) + b"\n"


def stub_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Give what stands for an entry where its content does not."""
    return {"seq": entry["seq"], "prev": entry["prev"], "hash": entry["hash"], "withheld": forms.COURT}


def digest_of(stream: str, entry: Mapping[str, Any]) -> str:
    """SHA-256 of an entry in its place: all its fields but its own hash, and the stream's name."""
    envelope = {key: value for key, value in entry.items() if key != "hash"} | {"stream": stream}
    return forms.sha256(forms.canonical(envelope))


def lines(source: Source, name: str) -> Iterator[bytes]:
    """Yield a file's lines without their newlines; one that is too long comes in pieces, and so is no line. OSError."""
    rest = b""
    for block in source.blocks(name):
        parts = (rest + block).split(b"\n")
        rest = parts.pop()
        yield from parts
        if len(rest) > _LINE_BYTES_MAX:
            yield rest
            rest = b""
    if rest:
        yield rest


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Read a line that has the form of one, or nothing."""
    try:
        entry = forms.parse(line)
    except forms.NotCanonical:
        return None
    if not isinstance(entry, dict) or set(entry) not in (_WHOLE, _STUB):
        return None
    plain = type(entry["seq"]) is int and isinstance(entry["prev"], str) and isinstance(entry["hash"], str)
    if not plain or len(entry["hash"]) != len(forms.GENESIS):
        return None
    if "at" in entry and (type(entry["at"]) is not int or not isinstance(entry["actor"], dict)):
        return None
    return entry


class _Chain:
    """Goes along the log; after a fault it goes on from what it found, so that each fault is told once."""

    def __init__(self, log: Log, opened_ms: int, court: Mapping[int, dict[str, Any]], report: Report) -> None:
        self._log = log
        self._opened_ms = opened_ms
        self._court = court
        self._report = report
        self._withheld = frozenset(log.withheld)
        self._seq = 0
        self._head = forms.GENESIS
        self._at_ms: int | None = None
        self.hashes: list[bytes] = []
        self.entries: list[LogEntry] = []

    def _tell(self, reason: str, seq: int, entry: Mapping[str, Any], file: str = forms.LOG) -> None:
        at = entry.get("at", self._at_ms)
        since = None if at is None else at - self._opened_ms
        seat = (entry.get("actor") or {}).get("seat") or ""
        self._report.add(Finding(reason, file, since, str(seat), f"第 {seq} 条 entry {seq}"))

    def _lost(self, until: int, entry: Mapping[str, Any]) -> None:
        """Tell of the entries from here to `until`; of a great many, as a made-up manifest has, the first."""
        for lost in range(self._seq + 1, min(until, self._seq + 1 + LOST_MAX)):
            self._tell("entry_missing", lost, entry)

    def take(self, line: bytes) -> None:
        """Check the next line."""
        entry = _parsed(line)
        if entry is None:
            self._seq += 1
            self._head = ""  # unknown: the next one must not be blamed for it
            self._tell("entry_changed", self._seq, {})
            return
        stub, entry = entry, self._whole(entry)
        seq = entry["seq"]
        if seq > self._seq + 1:
            self._lost(min(seq, self._log.entries + 1), entry)
        elif seq < self._seq + 1:
            self._tell("entry_place", seq, entry)
        if seq == self._seq + 1 and self._head not in {"", stub["prev"]}:
            self._tell("entry_link", seq, entry)
        self._content(seq, stub, entry)
        self._seq, self._head = max(self._seq, seq), stub["hash"]
        self.hashes.append(stub["hash"].encode())

    def _whole(self, entry: dict[str, Any]) -> dict[str, Any]:
        return self._court.get(entry["seq"], entry) if "withheld" in entry else entry

    def _content(self, seq: int, stub: dict[str, Any], entry: dict[str, Any]) -> None:
        if ("withheld" in stub) != (seq in self._withheld):
            self._tell("entry_changed", seq, entry)
        if "at" not in entry:
            return
        file = forms.LOG_COURT if entry is not stub else forms.LOG
        named = (stub["prev"], stub["hash"]) == (entry["prev"], entry["hash"])
        if not named or digest_of(self._log.stream, entry) != stub["hash"]:
            self._tell("entry_changed", seq, entry, file)
        self._at_ms = entry["at"]
        if isinstance(entry["body"], dict):
            seat = str(entry["actor"].get("seat") or "")
            self.entries.append(LogEntry(seq, entry["at"], seat, str(entry["kind"]), entry["body"]))

    def end(self) -> None:
        """Compare the end with the manifest's."""
        self._lost(self._log.entries + 1, {})
        if (self._seq, self._head) != (self._log.entries, self._log.head):
            self._tell("log_head", self._seq, {})
        if merkle.root(self.hashes) != self._log.root:
            self._report.add(Finding("log_root", forms.LOG))


def _courts_own(source: Source, log: Log, report: Report) -> dict[int, dict[str, Any]]:
    """Entries of the court's own file by their number; faults of its form are told."""
    found: dict[int, dict[str, Any]] = {}
    expected = iter(log.withheld)
    for line in lines(source, forms.LOG_COURT):
        entry = _parsed(line)
        number = next(expected, None)
        if entry is None or "withheld" in entry or entry["seq"] != number:
            report.add(Finding("entry_changed", forms.LOG_COURT, detail=f"第 {number} 条 entry {number}"))
            continue
        found[entry["seq"]] = entry
    if (lost := next(expected, None)) is not None:
        report.add(Finding("entry_missing", forms.LOG_COURT, detail=f"第 {lost} 条 entry {lost}"))
    return found


def check(
    source: Source, log: Log, opened_ms: int, report: Report, heads: Sequence[str] = ()
) -> list[LogEntry]:
    """Walk the log; give the entries whose content is here. heads: hashes that it must have had once. OSError."""
    court = _courts_own(source, log, report) if forms.LOG_COURT in source.sizes else {}
    chain = _Chain(log, opened_ms, court, report)
    for line in lines(source, forms.LOG):
        chain.take(line)
    chain.end()
    known = {one.decode(): number for number, one in enumerate(chain.hashes, start=1)}
    for head in heads:
        if head in known:
            report.note(
                f"您所持的日志末端是第 {known[head]} 条",
                f"the head that you hold is entry {known[head]} of the log",
            )
        else:
            report.add(Finding("head_absent", forms.LOG, detail=head))
    return chain.entries


def root_of(hashes: Iterable[str]) -> str:
    """Merkle root of a stream: its leaves are the entries' hashes as text."""
    return merkle.root(one.encode() for one in hashes)
