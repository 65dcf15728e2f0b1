"""Lays out what goes into a package: tape, copies, log, transcript, exhibits, incidents, and what stands for the caucuses.

What the parties may not read of the log, and what nobody but a caucus may read of it, is kept apart here; the rules are those
of the case page (server/gateway/record.py, access.py).
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recording.package import forms, log
from recording.package.build import Described
from recording.places import places_of
from recording.segments import SEAL_NAME, TORN_SUFFIX, files_of
from server.courtroom.plans import SCREEN_LABEL
from server.gateway.record import COMPOSITE, COURTS_OWN, session_of
from server.store.secret_file import write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from recording.places import Where
    from server.courtroom.ports import Entry
    from server.store.cases import HearingFile
    from server.store.event_log import SqlEventLog
    from server.store.results import Artefact, UtteranceRow

_WITHHELD = COURTS_OWN | {"hearing_scheduled", "technician_added"}
"""Kinds of entry that stand in the court's own file: as on the case page, and those that name everybody's person and name."""

_INCIDENTS = frozenset({"incident_noted", "incident_ended", "incident_signed"})
_SALT_BYTES = 32
_PAD_BYTES = 16_384  # a commitment's text tells by its length neither whether nor how much was recorded


class NotOver(ValueError):  # noqa: N818  says what is wrong
    """The hearing is not over, or the court was never opened in it: there is nothing to seal."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """All that the ledger has of one hearing that is over. sides: names of its other streams."""

    file: HearingFile
    entries: Sequence[Entry]
    copies: Sequence[Artefact]
    lines: Sequence[UtteranceRow]
    transcript: Artefact | None
    sides: Sequence[str]

    @property
    def id(self) -> str:
        """Its id, which is the name of its main stream too."""
        return self.file.hearing.id


def row_of(entry: Entry) -> dict[str, Any]:
    """An entry as a package has it: all that its hash is made of, and the hash."""
    return {
        "seq": entry.seq,
        "at": entry.at_ms,
        "actor": {"seat": entry.actor_seat, "connection": entry.actor_connection},
        "kind": entry.kind,
        "version": entry.version,
        "body": entry.body,
        "prev": entry.prev_hash,
        "hash": entry.hash,
    }


def screened(entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """Whom each seat must not meet 隔离 at the end of the hearing."""
    apart: dict[str, set[str]] = {}
    for entry in entries:
        if entry.kind in {"seats_screened", "screening_lifted"}:
            one, other = str(entry.body["one"]), str(entry.body["other"])
            for seat, whom in ((one, other), (other, one)):
                met = apart.setdefault(seat, set())
                if entry.kind == "seats_screened":
                    met.add(whom)
                else:
                    met.discard(whom)
    return {seat: frozenset(whom) for seat, whom in apart.items() if whom}


def composites(hearing: Hearing) -> list[str]:
    """Names of the copies that are the composite picture as MP4."""
    films = (one for one in hearing.copies if one.detail.get("source") == COMPOSITE)
    return [one.label for one in films if one.label.endswith(".mp4")]


def lay_out(folder: Path, root: Path, tape: Where, hearing: Hearing) -> None:
    """Put every file of the package into an empty folder; large ones are linked, not copied. OSError."""
    for name in ("tape", "copies", "log", "transcript", "records"):
        (folder / name).mkdir(parents=True)
    _tape(folder / "tape", tape)
    for copy in hearing.copies:
        path = root / copy.path
        link(path, folder / "copies" / path.name)
    rows = [row_of(entry) for entry in hearing.entries]
    _lines(folder / forms.LOG, (log.stub_of(r) if r["kind"] in _WITHHELD else r for r in rows))
    _lines(folder / forms.LOG_COURT, (r for r in rows if r["kind"] in _WITHHELD))
    _lines(folder / forms.TRANSCRIPT, map(_spoken, hearing.lines))
    offered = [dict(entry.body) for entry in hearing.entries if entry.kind == "exhibit_offered"]
    (folder / forms.EXHIBITS).write_bytes(forms.canonical(offered))
    notes = [row for row in rows if row["kind"] in _INCIDENTS]
    (folder / forms.INCIDENTS).write_bytes(forms.canonical(notes))


def _tape(folder: Path, tape: Where) -> None:
    places = places_of(tape)
    for name, path in files_of(places):
        link(path, folder / name.filename)
    for place in places:
        for path in sorted(place.glob(f"*{TORN_SUFFIX}")) + sorted(place.glob(SEAL_NAME)):
            if not (folder / path.name).exists():
                link(path, folder / path.name)


def link(source: Path, target: Path) -> None:
    """Put a file in place without its bytes a second time, where both are on one disk. OSError."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _spoken(line: UtteranceRow) -> dict[str, Any]:
    return {
        "id": line.id,
        "seat": line.seat,
        "t0_ms": line.t0_ms,
        "t1_ms": line.t1_ms,
        "text": line.text,
        "confidence": line.confidence,
        "words": list(line.words),
    }


def _lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("wb") as file:
        file.writelines(map(log.line_of, rows))


def described(
    hearing: Hearing,
    *,
    keys: Sequence[Mapping[str, str]],
    rooms: Sequence[Mapping[str, str]],
    sealed_ms: int,
    timestamp_wanted: bool,
) -> Described:
    """What the manifest says beside what the files say. NotOver."""
    session = session_of(hearing.entries)
    opened, closed = session["opened_at"], session["closed_at"]
    if opened is None or closed is None or closed <= opened:
        raise NotOver(hearing.id)
    file, entries = hearing.file, hearing.entries
    apart = set(screened(entries))
    copies = {f"copies/{copy.path.rpartition('/')[2]}": str(copy.detail["seat"]) for copy in hearing.copies}
    digest = hearing.transcript.sha256 if hearing.transcript is not None else ""
    return Described(
        hearing=hearing.id,
        case={
            "court": file.case.court,
            "number": file.case.case_no,
            "cause": file.case.cause,
            "procedure": file.hearing.procedure,
        },
        seats=[{"seat": seat.seat, "role": seat.role, "side": seat.side} for seat in file.seats],
        opened_ms=opened,
        closed_ms=closed,
        sealed_ms=sealed_ms,
        keys=keys,
        log={
            "stream": hearing.id,
            "entries": len(entries),
            "head": entries[-1].hash,
            "withheld": [entry.seq for entry in entries if entry.kind in _WITHHELD],
        },
        hashes=[entry.hash for entry in entries],
        rooms=rooms,
        transcript=digest,
        timestamp_wanted=timestamp_wanted,
        seat_of_copy=copies,
        line_places={
            forms.LOG: [(entry.at_ms - opened, entry.actor_seat or "") for entry in entries],
            forms.TRANSCRIPT: [(line.t0_ms - opened, line.seat) for line in hearing.lines],
        },
        court_only=frozenset({forms.LOG_COURT, forms.INCIDENTS}),
        screened=frozenset(apart | {forms.EVERYBODY} if apart else ()),
        label_suffix=SCREEN_LABEL,
    )


async def commitments(events: SqlEventLog, hearings: Path, hearing: Hearing) -> list[dict[str, str]]:
    """What stands for each caucus in the package: SHA-256 of a text that the court keeps and nobody can guess.

    The text has the head of the caucus's stream and the seals of its tapes. Whoever may read the caucus can be shown the
    text later, and sees that nothing of it was changed since the sealing. hearings: the folder of all hearings' files.
    """
    found = []
    for stream in hearing.sides:
        room = stream.partition("#")[2]
        path = hearings / hearing.id / "commitments" / f"{room}.json"
        if not path.exists():
            verdict = await events.verify(stream)
            tapes = await asyncio.to_thread(_seals, hearings, f"{hearing.id}.{room}.*")
            value = {
                "salt": secrets.token_hex(_SALT_BYTES),
                "stream": stream,
                "entries": verdict.entries,
                "head": verdict.head,
                "tapes": tapes,
            }
            path.parent.mkdir(parents=True, exist_ok=True)
            write_private(path, _padded(value))
        found.append({"room": room.replace(".", ":", 1), "commitment": forms.sha256(path.read_bytes())})
    return found


def _seals(hearings: Path, pattern: str) -> dict[str, str]:
    """Digests of the seals of a caucus's tapes, by the tape's name. OSError."""
    seals = [(folder.name, folder / "tape" / SEAL_NAME) for folder in sorted(hearings.glob(pattern))]
    return {name: forms.sha256(seal.read_bytes()) for name, seal in seals if seal.is_file()}


def _padded(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON, longer than it need be: a whole number of _PAD_BYTES."""
    bare = len(forms.canonical({**value, "pad": ""}))
    return forms.canonical({**value, "pad": " " * (-bare % _PAD_BYTES)})


def read_commitment(data: bytes) -> dict[str, Any]:
    """Read the text behind a commitment. ValueError."""
    value: dict[str, Any] = json.loads(data)
    return value
