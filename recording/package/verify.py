"""Checks a sealed package: is it unaltered, is it complete. Standard library only; no network, no database, no server.

Trusts nothing but the public keys it is given. Reads each file once for its digests, and tapes and log once more for what
they say. Never writes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from recording.package import forms, index, keys, log, merkle, sm3
from recording.package import manifest as manifests
from recording.package.archive import Damaged, Refused
from recording.package.recorded import TapeCheck
from recording.package.report import Finding, Report
from recording.package.source import NothingThere, crc_of, open_package

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from recording.package.index import Chunk
    from recording.package.keys import PublicKey
    from recording.package.log import LogEntry
    from recording.package.manifest import File, Manifest
    from recording.package.source import Source

_SLOW_SM3_BYTES_MAX = 1 << 16  # hashed in Python where the machine's library has no SM3
_SCHEME = {"id", "signature"}


def verify(path: Path, given: Sequence[PublicKey], heads: Sequence[str] = ()) -> Report:
    """Check the package at path with the court's public keys. NothingThere, Refused: it is no package; OSError.

    heads: heads of the log that the court gave out at recesses and at the close.
    """
    report = Report(path.name)
    try:
        source = open_package(path)
    except Damaged as damage:
        report.add(Finding("archive_damaged", path.name, detail=damage.place))
        return report
    try:
        _Check(source, report, heads).run(given, path)
    finally:
        source.close()
    return report


class _Check:
    """One check of one package."""

    def __init__(self, source: Source, report: Report, heads: Sequence[str]) -> None:
        self._source = source
        self._report = report
        self._heads = heads
        self._sound: set[str] = set()

    def run(self, given: Sequence[PublicKey], path: Path) -> None:
        sizes = self._source.sizes
        if not forms.OUTSIDE & sizes.keys():
            raise NothingThere(str(path))
        if forms.MANIFEST not in sizes:
            self._report.add(Finding("manifest_missing", forms.MANIFEST))
            return
        data = self._small(forms.MANIFEST, forms.MANIFEST_BYTES_MAX)
        manifest, rows = self._manifest(data)
        self._signatures(data, manifest, given)
        if manifest is None:
            return
        self._report.hearing = manifest.hearing
        if merkle.root(map(manifests.file_leaf, rows)) != manifest.files_root:
            self._report.add(Finding("files_root", forms.MANIFEST))
        self._files(manifest)
        entries = self._log(manifest)
        TapeCheck(self._source, manifest, frozenset(self._sound), self._report).run(entries)
        self._transcript(manifest)

    def _small(self, name: str, bytes_max: int) -> bytes:
        if self._source.sizes[name] > bytes_max:
            raise Refused(f"larger than any such file is: {name}")
        return b"".join(self._source.blocks(name))

    # --- the manifest and its signatures ---

    def _manifest(self, data: bytes) -> tuple[Manifest | None, list[object]]:
        try:
            value = forms.parse(data)
            return manifests.read(value), value["files"]
        except (forms.NotCanonical, manifests.BadManifest) as error:
            self._report.add(Finding("manifest_unreadable", forms.MANIFEST, detail=str(error)[:200]))
            return None, []

    def _signatures(self, data: bytes, manifest: Manifest | None, given: Sequence[PublicKey]) -> None:
        """The given keys' signatures, and those of the keys that the manifest itself names."""
        if forms.SIGNATURES not in self._source.sizes:
            self._report.add(Finding("signatures_missing", forms.SIGNATURES))
            return
        found = _signatures(self._small(forms.SIGNATURES, forms.SIDE_BYTES_MAX))
        if found is None:
            self._report.add(Finding("signatures_unreadable", forms.SIGNATURES))
            return
        named = _named(manifest)
        if manifest is not None and (named is None or [one.id for one in named] != list(found)):
            self._report.add(Finding("signatures_unreadable", forms.SIGNATURES))
        for key in {one.id: one for one in [*given, *(named or [])]}.values():
            signature = found.get(key.id)
            if signature is None:
                self._report.add(Finding("signature_absent", forms.SIGNATURES, detail=key.fingerprint))
            elif not key.holds(data, signature):
                self._report.add(Finding("signature_wrong", forms.MANIFEST, detail=key.fingerprint))
        self._timestamp(data, manifest, named or [])

    def _timestamp(self, data: bytes, manifest: Manifest | None, named: Sequence[PublicKey]) -> None:
        if forms.TIMESTAMP not in self._source.sizes:
            if manifest is not None and manifest.timestamp_wanted:
                self._report.note(
                    "本应有时间戳：未取得，或已被移除", "a timestamp was wanted: not obtained, or removed"
                )
            return
        told = stamp_told(self._small(forms.TIMESTAMP, forms.SIDE_BYTES_MAX), data, named)
        if told is None:
            self._report.add(Finding("timestamp_wrong", forms.TIMESTAMP))
        else:
            self._report.note(
                f"时间戳 {told}（由法院签名；时间戳机构的签名请用 RFC 3161 工具核验）",
                f"timestamp {told} (signed by the court; check the authority's own signature with an RFC 3161 tool)",
            )

    # --- files ---

    def _files(self, manifest: Manifest) -> None:
        known = {file.name: file for file in manifest.files}
        for name in sorted(self._source.sizes.keys() - known.keys() - forms.OUTSIDE):
            self._report.add(Finding("added", name))
        if self._source.framed:
            for name in sorted(self._source.sizes.keys() - known.keys()):
                self._frame(name, crc_of(self._source, name))
        here = [file for file in manifest.files if file.name in self._source.sizes]
        self._lacking(manifest, [file for file in manifest.files if file.name not in self._source.sizes])
        with ThreadPoolExecutor(1) as pool:
            self._sound = {file.name for file in here if self._is_sound(file, pool)}
        chunks = self._index(manifest)
        for file in here:
            if file.name not in self._sound:
                for finding in index.places(self._source, file.name, file.size, file.seat, chunks):
                    self._report.add(finding)

    def _lacking(self, manifest: Manifest, files: Sequence[File]) -> None:
        """Files that are not here: withheld by rule, or missing."""
        times = {one.name: one.first_ns for track in manifest.tracks for one in track.segments}
        times |= {one.name: one.first_ns for one in manifest.marks}
        for file in files:
            if not file.may_lack:
                at = manifest.since(times[file.name]) if file.name in times else None
                self._report.add(Finding("missing", file.name, at, file.seat))
        lacking = [file.name for file in files if file.may_lack]
        if lacking:
            self._report.note(
                f"依规则不交付的文件 {len(lacking)} 个，仅有摘要：{'、'.join(lacking)}",
                f"{len(lacking)} files are withheld by rule and stand here by their digests only",
            )

    def _is_sound(self, file: File, pool: ThreadPoolExecutor) -> bool:
        """Whether a file has the size and both digests that were sealed."""
        size = self._source.sizes[file.name]
        with_sm3 = sm3.NATIVE or size <= _SLOW_SM3_BYTES_MAX
        ours, theirs = hashlib.sha256(), sm3.new()
        crc = 0
        for block in self._source.blocks(file.name):
            other = pool.submit(theirs.update, block) if with_sm3 else None
            ours.update(block)
            if self._source.framed:
                crc = zlib.crc32(block, crc)
            if other is not None:
                other.result()
        self._report.files += 1
        self._report.bytes_read += size
        if self._source.framed:
            self._frame(file.name, crc)
        if not with_sm3 and all("SM3" not in english for _, english in self._report.notes):
            self._report.note(
                "本机没有 SM3：较大文件只核对了 SHA-256",
                "no SM3 on this machine: larger files were checked by SHA-256 alone",
            )
        same = size == file.size and ours.hexdigest() == file.sha256
        return same and (not with_sm3 or theirs.hexdigest() == file.sm3)

    def _frame(self, name: str, crc: int) -> None:
        if not self._source.crc_holds(name, crc):
            self._report.add(Finding("archive_damaged", self._report.package, detail=f"CRC-32: {name}"))

    def _index(self, manifest: Manifest) -> dict[str, list[Chunk]]:
        """The index, if it is what was sealed: a changed one would point anywhere."""
        if forms.INDEX not in self._sound or forms.INDEX not in {file.name for file in manifest.files}:
            return {}
        try:
            return index.read(json.loads(self._small(forms.INDEX, forms.INDEX_BYTES_MAX)))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return {}

    # --- what the files say ---

    def _log(self, manifest: Manifest) -> list[LogEntry]:
        if forms.LOG not in self._source.sizes:
            if forms.LOG not in {file.name for file in manifest.files}:
                self._report.add(Finding("missing", forms.LOG))
            return []
        withheld = len(manifest.log.withheld)
        if withheld and forms.LOG_COURT not in self._source.sizes:
            self._report.note(
                f"依规则不交付的日志条目 {withheld} 条，仅有摘要",
                f"{withheld} entries of the log are withheld by rule and stand here by their hashes only",
            )
        return log.check(self._source, manifest.log, manifest.opened_ms, self._report, self._heads)

    def _transcript(self, manifest: Manifest) -> None:
        if forms.TRANSCRIPT not in self._source.sizes or not manifest.transcript:
            return
        if transcript_digest(self._source) != manifest.transcript:
            self._report.add(Finding("transcript_differs", forms.TRANSCRIPT))


def _signatures(data: bytes) -> dict[str, bytes] | None:
    """Key id -> signature, in the file's order; None where the file has not the one form of it."""
    try:
        value = forms.parse(data)
        rows = value["signatures"]
        if set(value) != {"signatures"} or any(set(row) != _SCHEME for row in rows):
            return None
        found = {str(row["id"]): base64.b64decode(row["signature"], validate=True) for row in rows}
        again = {"signatures": [signature_row(name, one) for name, one in found.items()]}
    except (forms.NotCanonical, binascii.Error, TypeError, KeyError, ValueError):
        return None
    return found if forms.canonical(again) == data else None  # base64 has second spellings


def signature_row(key_id: str, signature: bytes) -> dict[str, str]:
    """Give a signature as signatures.json has it."""
    return {"id": key_id, "signature": base64.b64encode(signature).decode()}


def _named(manifest: Manifest | None) -> list[PublicKey] | None:
    """Keys that the manifest names, or None where one is no key or has another's name."""
    if manifest is None:
        return None
    try:
        found = [keys.from_spki(bytes.fromhex(spki)) for _, spki in manifest.keys]
    except ValueError:
        return None
    return found if [key.id for key in found] == [name for name, _ in manifest.keys] else None


def stamp_text(manifest: bytes, token: bytes, at: str) -> dict[str, str]:
    """Give what the court signs of a timestamp: which manifest, which token (RFC 3161), which time it tells."""
    return {
        "format": f"{forms.FORMAT}-timestamp",
        "manifest_sha256": forms.sha256(manifest),
        "token": base64.b64encode(token).decode(),
        "at": at,
    }


def stamp_told(data: bytes, manifest: bytes, named: Sequence[PublicKey]) -> str | None:
    """Time that a timestamp file tells, if it is of this manifest and signed by one of these keys; else None."""
    try:
        value = forms.parse(data)
        told = {key: value[key] for key in ("format", "manifest_sha256", "token", "at")}
        token = base64.b64decode(told["token"], validate=True)
        signature = base64.b64decode(value["signature"], validate=True)
        again = {**stamp_text(manifest, token, str(told["at"])), **signature_row(value["id"], signature)}
    except (forms.NotCanonical, binascii.Error, TypeError, KeyError, ValueError):
        return None
    if forms.canonical(again) != data or hashlib.sha256(manifest).digest() not in token:
        return None
    signed = forms.canonical(told)
    good = any(key.id == value["id"] and key.holds(signed, signature) for key in named)
    return str(told["at"]) if good else None


def transcript_digest(source: Source) -> str:
    """SHA-256 of seat, time and text of each line, as the court's ledger has it."""
    rows = []
    for line in log.lines(source, forms.TRANSCRIPT):
        try:
            row = json.loads(line)
            rows.append(f"{row['seat']}\t{row['t0_ms']}\t{row['text']}")
        except (ValueError, TypeError, LookupError, RecursionError):
            return ""
    return forms.sha256("\n".join(rows).encode())
