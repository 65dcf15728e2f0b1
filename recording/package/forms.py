"""Names, canonical text and limits of the sealed package. Pure; standard library only; knows no court and no disk."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

FORMAT = "yunting-package"
VERSION = 1

MANIFEST = "manifest.json"
SIGNATURES = "signatures.json"
TIMESTAMP = "timestamp.json"
OUTSIDE = frozenset({MANIFEST, SIGNATURES, TIMESTAMP})
"""Files that the manifest cannot name: itself, and what was made of it afterwards."""

INDEX = "index.json"
LOG = "log/main.jsonl"
LOG_COURT = "log/court.jsonl"
TRANSCRIPT = "transcript/final.jsonl"
EXHIBITS = "records/exhibits.json"
INCIDENTS = "records/incidents.json"
TAPE_SEAL = "tape/tape.json"

GENESIS = "0" * 64
"""What stands for the hash before the first entry of a stream."""

MANIFEST_BYTES_MAX = 64 << 20
INDEX_BYTES_MAX = 256 << 20
LINES_BYTES_MAX = 512 << 20  # of one file of lines
SIDE_BYTES_MAX = 1 << 20  # signatures, timestamp, key files
FILES_MAX = 100_000
NAME_BYTES_MAX = 400

COURT = "court"
SCREENED = "screened"
EVERYBODY = "*"
"""Whose a file is that shows all of them; no seat has this name. It may lack where anybody must not meet somebody."""

MAY_LACK = frozenset({COURT, SCREENED})
"""Why an edition may lack a file: the court's own papers; of one whom the reader must not meet."""

CHUNK_DIGEST_CHARS = 32  # half of a SHA-256: it finds the place, the file's own digest is the proof

_NAME = re.compile(r"[^/\\\x00-\x1f\x7f:*?\"<>|]+(/[^/\\\x00-\x1f\x7f:*?\"<>|]+)*")


class NotCanonical(ValueError):  # noqa: N818  says what is wrong
    """Bytes that are not the one spelling of a JSON value."""


def canonical(value: object) -> bytes:
    """Give the one spelling of a JSON value: sorted keys, no spaces, UTF-8, no NaN. ValueError, TypeError."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def parse(data: bytes) -> Any:
    """Read a JSON value that must have its one spelling. NotCanonical."""
    try:
        value = json.loads(data)
        spelling = canonical(value)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from None
    if spelling != data:
        raise NotCanonical("another spelling of the same value")
    return value


def sha256(data: bytes) -> str:
    """SHA-256, lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def is_safe(name: str) -> bool:
    """Whether a name can only mean a file inside the package, on any system."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return False
    return (
        length <= NAME_BYTES_MAX
        and _NAME.fullmatch(name) is not None
        and not any(part in {".", ".."} or part.endswith((" ", ".")) for part in name.split("/"))
    )


def clock(ms: int) -> str:
    """Tell a time of the hearing, counted from its opening: hh:mm:ss, with a minus before it."""
    seconds = abs(ms) // 1000
    sign = "-" if ms < 0 else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
