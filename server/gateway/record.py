"""The record of a hearing as the case page shows it: put together from the ledger. Decides nothing; pure.

Times in the answer: Unix milliseconds where named `at`, milliseconds from `zero` where named from, to, t0, t1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any

from server.gateway.access import may_read_lines, sees_all
from server.hearing.sheet import read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from server.courtroom.ports import Entry, Verdict
    from server.store.cases import HearingFile, SeatRow
    from server.store.results import Artefact, Job, UtteranceRow

COMPOSITE = "composite"
"""The source of a copy that is no seat's: the composite picture and what goes with it."""

FINISH_STATES = {"pending": "pending", "running": "building", "done": "ready", "failed": "failed"}
SESSION_MOVES = {
    "hearing_scheduled": "scheduled",
    "check_in_began": "checking_in",
    "court_opened": "in_session",
    "court_recessed": "recessed",
    "court_resumed": "in_session",
    "court_closed": "closed",
    "court_adjourned": "adjourned",
    "court_moved_offline": "moved_offline",
}
_ENDS = frozenset({"court_closed", "court_adjourned", "court_moved_offline"})
COURTS_OWN = frozenset(
    {
        *("device_reported", "place_declared", "suitability_checked"),
        *("message_sent", "help_asked", "help_answered", "absence_measured", "absence_proposed"),
        *("incident_noted", "incident_ended", "incident_signed", "sheet_filed"),
        *("seats_screened", "screening_lifted", "tape_segment_closed"),
        *("hold_set", "hold_lifted", "record_purged"),
    }
)
"""What the bench and the clerk alone read; digests of the tape's files are with the sealed package for everybody.

People's devices, places, lines and words to the helpers, why one must not meet another; the court's own check,
incident notes and counts.
"""

SESSION_KINDS = frozenset(SESSION_MOVES)
SCREENING_KINDS = frozenset({"seats_screened", "screening_lifted"})
PURGED = "record_purged"
"""The kinds of entry that session_of, kept_from and purged_of read; each may be given these alone."""


@dataclass(frozen=True, slots=True)
class Caucus:
    """What was entered of a caucus, for a reader who may read it: its own stream, with its own chain."""

    room: str
    entries: Sequence[Entry]
    verdict: Verdict


def progress_of(job: Job | None, have: bool) -> dict[str, Any]:
    """State of a product: none, pending, building, ready or failed, with progress 0..1.

    A failure is told even where a part is there: whoever looks at three copies must know that there should be four.
    Done, and nothing there: there was nothing to make it of, as of a mediation that nobody recorded; none will come.
    Whoever asks reads the job before what it makes.
    """
    if job is not None and job.state == "failed" and not (have and job.reason.startswith(COMPOSITE)):
        return {"state": "failed", "progress": job.progress, "reason": job.reason}
    if have:
        return {"state": "ready", "progress": 1.0, "reason": ""}
    if job is None:
        return {"state": "none", "progress": 0.0, "reason": ""}
    state = FINISH_STATES[job.state]
    return {"state": "none" if state == "ready" else state, "progress": job.progress, "reason": job.reason}


def session_of(entries: Sequence[Entry]) -> dict[str, Any]:
    """Where the hearing stands, read from its log: session, opened_at, closed_at."""
    found: dict[str, Any] = {"session": "scheduled", "opened_at": None, "closed_at": None}
    for entry in entries:
        found["session"] = SESSION_MOVES.get(entry.kind, found["session"])
        if entry.kind == "court_opened":
            found["opened_at"] = entry.at_ms
        elif entry.kind in _ENDS:
            found["closed_at"] = entry.at_ms
    return found


def _events(
    entries: Sequence[Entry],
    seats: Mapping[str, SeatRow],
    *,
    everything: bool,
    apart: Collection[str] = (),
) -> list[dict[str, Any]]:
    hidden = {"connection", "superseded", "person"}  # keys of machines, not of people
    shown = []
    for entry in entries:
        if entry.kind in COURTS_OWN and not everything:
            continue
        actor = seats.get(entry.actor_seat or "")
        body = {key: value for key, value in entry.body.items() if key not in hidden}
        if entry.kind == "hearing_scheduled":
            plans = [{k: v for k, v in seat.items() if k not in hidden} for seat in body["seats"]]
            body["seats"] = [
                plan
                if everything or (plan["role"] != "observer" and plan["seat"] not in apart)
                else plan | {"name": ""}
                for plan in plans
            ]
        shown.append(
            {
                "seq": entry.seq,
                "at": entry.at_ms,
                "kind": entry.kind,
                "actor": {"seat": actor.seat, "role": actor.role, "name": actor.name} if actor else None,
                "body": body,
            }
        )
    return shown


def purged_of(entries: Sequence[Entry]) -> frozenset[str]:
    """Kinds of files that were purged because their term is over (server.archive.retention)."""
    return frozenset(kind for one in entries if one.kind == PURGED for kind in one.body["artefacts"])


def screened_from(entries: Sequence[Entry], seat: str) -> set[str]:
    """Whom the seat must not meet 隔离 at the end of the hearing: their picture and name stay from it afterwards too."""
    apart: set[str] = set()
    for entry in entries:
        if entry.kind in SCREENING_KINDS:
            pair = {entry.body["one"], entry.body["other"]}
            if seat in pair:
                other = pair - {seat}
                apart = apart | other if entry.kind == "seats_screened" else apart - other
    return apart


def kept_from(role: str, seat: str, entries: Sequence[Entry]) -> set[str]:
    """Whom a reader of this role and seat must not meet; the court reads everything."""
    return set() if sees_all(role) else screened_from(entries, seat)


def _sheet(entries: Sequence[Entry], seats: Mapping[str, SeatRow], zero: int) -> list[dict[str, Any]]:
    """Was everyone heard? As last filed: recess, close, and every few minutes. For the bench and the clerk."""
    filed = next((entry for entry in reversed(entries) if entry.kind == "sheet_filed"), None)
    rows = [read(text) for text in filed.body["rows"]] if filed is not None else []
    shown = []
    for row in rows:
        if row.seat in seats:
            passages = [{"seat": p.seat, "from": p.t0 - zero, "to": p.t1 - zero} for p in row.passages]
            shown.append(
                {
                    **asdict(row),
                    "passages": passages,
                    "role": seats[row.seat].role,
                    "name": seats[row.seat].name,
                }
            )
    return shown


def gaps_of(entries: Sequence[Entry], zero: int) -> list[dict[str, Any]]:
    """Give what the record does not hold, each with its ground: recesses, other lawful pauses, faults of the tape."""
    gaps: list[dict[str, Any]] = []
    since: dict[str, tuple[int, str]] = {}  # by whose word: the court's, the tape's

    def over(whose: str, at_ms: int) -> None:
        if whose in since:
            began, ground = since.pop(whose)
            gaps.append({"from": max(0, began - zero), "to": max(0, at_ms - zero), "ground": ground})

    for entry in entries:
        if entry.kind == "court_recessed":
            since["court"] = (entry.at_ms, "recess")
        elif entry.kind in {"court_resumed", *_ENDS}:
            over("court", entry.at_ms)
        if entry.kind == "tape_reported" or entry.kind in _ENDS:
            over("tape", entry.at_ms)
        if entry.kind == "tape_reported":
            state, reason = entry.body["state"], entry.body["reason"]
            if state == "faulted" or (state == "paused" and reason != "recess"):
                since["tape"] = (entry.at_ms, "fault" if state == "faulted" else reason)
    return [gap for gap in gaps if gap["to"] > gap["from"]]


def _stages(entries: Sequence[Entry], zero: int) -> list[dict[str, Any]]:
    return [
        {"key": entry.body["stage"], "at": max(0, entry.at_ms - zero)}
        for entry in entries
        if entry.kind == "stage_entered" and entry.at_ms >= zero
    ]


def _silent(copy: Artefact) -> bool:
    return bool(copy.detail["kind"] == "video")


def named(file: HearingFile, role: str, seat: str, entries: Sequence[Entry]) -> dict[str, SeatRow]:
    """The seats, with the names that a reader of this role and seat may have."""
    everything, apart = sees_all(role), kept_from(role, seat, entries)
    return {
        one.seat: one
        if everything or (one.role != "observer" and one.seat not in apart)
        else replace(one, name="")
        for one in file.seats
    }


def record(  # noqa: PLR0913 - by keyword, one a source
    *,
    file: HearingFile,
    reader_role: str,
    reader_seat: str,
    entries: Sequence[Entry],
    verdict: Verdict,
    copies: Sequence[Artefact],
    lines: Sequence[UtteranceRow],
    transcript: Artefact | None,
    job: Job | None,
    sign: Callable[[str], str],
    caucuses: Sequence[Caucus] = (),
) -> dict[str, Any]:
    """The whole answer of GET /api/hearings/{id}/record.

    While the hearing is on, a party may be waiting outside: only the bench and the clerk read along. Others never see
    people's device tests, nor the names of the public.
    """
    everything = sees_all(reader_role)
    apart = kept_from(reader_role, reader_seat, entries)
    copies = [copy for copy in copies if _seat_of(copy) not in apart]
    seats = named(file, reader_role, reader_seat, entries)
    session = session_of(entries)
    hidden = not everything and session["session"] not in {"closed", "adjourned", "moved_offline"}
    if hidden:
        entries, copies, caucuses = (), (), ()
    zero = session["opened_at"] or file.hearing.scheduled_at
    end = session["closed_at"] or zero
    return {
        "hearing": {"id": file.hearing.id, "scheduled_at": file.hearing.scheduled_at, **session},
        "zero": zero,
        "duration_ms": max(0, end - zero),
        "recording": progress_of(job, bool(copies)),
        "composite": _composite(copies, job, sign) if not apart else _NO_COMPOSITE,
        # A seat's copy with the voice comes before its silent one.
        "copies": [_copy(one, seats, sign) for one in sorted(copies, key=_silent) if _seat_of(one) in seats],
        "gaps": gaps_of(entries, zero),
        "stages": _stages(entries, zero),
        "events": _events(entries, seats, everything=everything, apart=apart),
        "caucuses": [_caucus(caucus, seats, everything=everything) for caucus in caucuses],
        "line_series": may_read_lines(reader_role),
        "sheet": _sheet(entries, seats, zero) if everything else [],
        "transcript": {
            **progress_of(job, transcript is not None),
            "lines": [_line(line, seats, zero) for line in lines if line.seat in seats],
        },
        "verified": _verified(verdict, counted=not hidden),
    }


def _caucus(caucus: Caucus, seats: Mapping[str, SeatRow], *, everything: bool) -> dict[str, Any]:
    return {
        "room": caucus.room,
        "events": _events(caucus.entries, seats, everything=everything),
        "verified": _verified(caucus.verdict),
    }


def _verified(verdict: Verdict, *, counted: bool = True) -> dict[str, Any]:
    """counted: with how many entries and the last one's hash; either would tell who waits outside when one is made."""
    return {"chain": verdict.ok} | ({"entries": verdict.entries, "head": verdict.head} if counted else {})


def _seat_of(copy: Artefact) -> str:
    """A seat may have two copies, one a codec; the label names the file."""
    return str(copy.detail.get("seat", copy.label))


def copy_row(
    seat: SeatRow, file: PurePath, *, source: str, kind: str, duration_ms: int, url: str, sha256: str = ""
) -> dict[str, Any]:
    """One copy as the player takes it."""
    return {
        "id": file.stem,  # what tells a seat's copies apart: its camera's, another codec's, its screen's
        "seat": seat.seat,
        "role": seat.role,
        "side": seat.side,
        "name": seat.name,
        "source": source,
        "kind": kind,
        "duration_ms": duration_ms,
        "sha256": sha256,
        "url": url,
    }


def _copy(copy: Artefact, seats: Mapping[str, SeatRow], sign: Callable[[str], str]) -> dict[str, Any]:
    file, detail = PurePosixPath(copy.path), copy.detail
    return copy_row(
        seats[_seat_of(copy)],
        file,
        source=detail.get("source", "main"),
        kind=detail["kind"],
        duration_ms=detail["duration_ms"],
        url=sign(f"/media/{copy.hearing_id}/{file.name}"),
        sha256=copy.sha256,
    )


_NO_COMPOSITE = {"state": "none", "progress": 0.0, "reason": ""}


def _composite(copies: Sequence[Artefact], job: Job | None, sign: Callable[[str], str]) -> dict[str, Any]:
    """The composite, for a reader who is kept from nobody that is in it: its state, and where its files are."""
    files = [copy for copy in copies if copy.detail.get("source") == COMPOSITE]
    film = next((file for file in files if file.detail["kind"] == "film"), None)
    progress = progress_of(job, film is not None)
    if film is None:
        # Copies come first: until they are there it is theirs to say how far the work is.
        return progress if copies or progress["state"] == "failed" else _NO_COMPOSITE
    signed = {
        kind: [sign(f"/media/{one.hearing_id}/{one.label}") for one in files if one.detail["kind"] == kind]
        for kind in ("film", "captions", "levels", "sheet")
    }
    return {
        **progress,
        "url": signed["film"][0],
        "captions": next(iter(signed["captions"]), ""),
        "levels": next(iter(signed["levels"]), ""),
        "sheets": signed["sheet"],
        "thumbnails": film.detail["thumbnails"],
        "wave": film.detail["wave"],
        "duration_ms": film.detail["duration_ms"],
        "sha256": film.sha256,
    }


def _line(line: UtteranceRow, seats: Mapping[str, SeatRow], zero: int) -> dict[str, Any]:
    seat = seats[line.seat]
    return {
        "id": line.id,
        "seat": line.seat,
        "role": seat.role,
        "name": seat.name,
        "t0": line.t0_ms - zero,
        "t1": line.t1_ms - zero,
        "text": line.text,
        "confidence": line.confidence,
    }
