"""The officer's console as JSON: hearings of the day, their people, what waits to be seen to. Pure; reads no store.

States and times, never content: no speech, no reason given, no text of a call for help, no side of a caucus (OMR 16).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.courtroom.health import MEDIA_BLOCKED, POOR, TAPE_FAULT, VERDICTS, grade
from server.gateway.record import SESSION_MOVES
from server.hearing.presence import Presence
from server.hearing.rooms import kind_of, room_of
from server.hearing.session import LIVE, SessionState
from server.hearing.state_rooms import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.courtroom.flows import LineFlow, SeatFlow
    from server.courtroom.health import SeatSample, Watch
    from server.courtroom.outputs import SeatHealth
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing
    from server.store.officers import Listed

WAITING_MS_MAX = 180_000
"""A person who waits longer than this outside is a task."""

OVERDUE_MS = 900_000
"""A hearing that has not been opened this long after its time is a task."""

TASKS = (
    "tape_fault",
    "disconnected",
    "cannot_hear",
    "help",
    "media_blocked",
    "waiting_too_long",
    "hearing_overdue",
    "incident_unsigned",
    "not_copied",
)
"""Kinds of tasks, the most urgent first: what is being lost now comes before who can wait."""

_DAY_MS = 86_400_000
_CHINA_MS = 8 * 3_600_000  # Asia/Shanghai, without summer time since 1991
_NOT_OPEN = frozenset({SessionState.SCHEDULED, SessionState.CHECKING_IN})
_SITS = LIVE - {SessionState.SCHEDULED}


def day_of(now_ms: int) -> tuple[int, int]:
    """First and last-but-one moment of the local day (Asia/Shanghai), Unix ms."""
    start = (now_ms + _CHINA_MS) // _DAY_MS * _DAY_MS - _CHINA_MS
    return start, start + _DAY_MS


def in_session(state: Hearing) -> bool:
    """Whether something goes on in this hearing now, whenever it was scheduled."""
    return state.session in _SITS


def row(
    listed: Listed, state: Hearing | None, watch: Watch | None, now_ms: int, uncopied: int | None = None
) -> dict[str, Any]:
    """One hearing of the list. state, watch: None where its courtroom is not open: then the ledger's word alone.

    uncopied: since when the second copy of its record does not come about (server.archive), Unix ms.
    """
    if state is None or watch is None:
        found = _from_ledger(listed)
    else:
        found = _from_room(state, watch)
        found["tasks"] = [*_tasks(state, watch, now_ms)]
    hearing = listed.hearing
    overdue = hearing.scheduled_at + OVERDUE_MS
    if found["session"] in _NOT_OPEN and now_ms >= overdue:
        found["tasks"].append({"kind": "hearing_overdue", "seat": None, "since": overdue})
    if uncopied is not None:
        found["tasks"].append({"kind": "not_copied", "seat": None, "since": uncopied})
    found["tasks"].sort(key=lambda task: (TASKS.index(task["kind"]), task["since"] or 0))
    return {
        "id": hearing.id,
        "case_no": listed.case.case_no,
        "cause": listed.case.cause,
        "procedure": hearing.procedure,
        "scheduled_at": hearing.scheduled_at,
        **found,
    }


def urgency(one: dict[str, Any]) -> tuple[int, int, int, str]:
    """Order of the list: the worst task, then what sits, then the time."""
    worst = min((TASKS.index(task["kind"]) for task in one["tasks"]), default=len(TASKS))
    return worst, 0 if one["session"] in _SITS else 1, one["scheduled_at"], one["id"]


def _from_ledger(listed: Listed) -> dict[str, Any]:
    session, opened_at = "scheduled", None
    for kind, at_ms in listed.moves:
        session = SESSION_MOVES.get(kind, session)
        opened_at = at_ms if kind == "court_opened" else opened_at
    people = [
        {
            "seat": seat.seat,
            "role": seat.role,
            "name": seat.name,
            "presence": "expected" if session == "scheduled" else "",
            "where": "",
            "since": None,
            "device": None,
            "health": None,
            "help": None,
            "cannot_hear_since": None,
        }
        for seat in listed.seats
    ]
    return {
        "session": session,
        "stage": "",
        "opened_at": opened_at,
        "people": people,
        "network": None,
        "tape": None,
        "tasks": [],
    }


def _from_room(state: Hearing, watch: Watch) -> dict[str, Any]:
    found = [watch.health(seat).verdict for seat in state.seats]
    known = [VERDICTS.index(one) for one in found if one is not None]
    tape = watch.tape
    return {
        "session": state.session.value,
        "stage": state.stage,
        "opened_at": state.opened_at,
        "people": [_person(state, watch, seat) for seat in state.seats],
        "network": VERDICTS[max(known)] if known else None,
        "tape": {"state": tape.state, "reason": tape.reason, "safe_until": tape.safe_until_ms},
    }


def _person(state: Hearing, watch: Watch, seat: SeatId) -> dict[str, Any]:
    who, attendance = state.seats[seat], state.attendance[seat]
    device, care = attendance.device, attendance.care
    return {
        "seat": seat,
        "role": who.role.value,
        "name": who.name,
        "presence": attendance.presence.value,
        "where": kind_of(room_of(state, seat)),
        "since": _since(state, watch, seat),
        "device": {
            "camera": device.camera,
            "microphone": device.microphone,
            "speaker": device.speaker,
            "network": device.network,
        }
        if device is not None
        else None,
        "health": line(watch.health(seat)),
        "help": {"kind": care.help.kind, "at": care.help.at} if care.help is not None else None,
        "cannot_hear_since": care.troubled_since,
    }


def _since(state: Hearing, watch: Watch, seat: SeatId) -> int | None:
    attendance = state.attendance[seat]
    return attendance.lost_since or watch.since(seat, attendance.presence.value)


def line(found: SeatHealth) -> dict[str, Any]:
    """A seat's line: up_loss, down_loss (0 to 1), rtt_ms, jitter_ms, verdict; null where not known."""
    return {
        "up_loss": found.up_loss,
        "down_loss": found.down_loss,
        "rtt_ms": found.rtt_ms,
        "jitter_ms": found.jitter_ms,
        "verdict": found.verdict,
    }


def samples(state: Hearing, kept: dict[SeatId, tuple[SeatSample, ...]]) -> list[dict[str, Any]]:
    """Everybody's last ten minutes, for sparklines."""
    return [
        {
            "seat": seat,
            "role": who.role.value,
            "name": who.name,
            "samples": [{"at": one.at_ms, **line(one.health)} for one in kept.get(seat, ())],
        }
        for seat, who in state.seats.items()
    ]


def flows(state: Hearing, seat: SeatId, found: SeatFlow) -> dict[str, Any]:
    """A person's streams up and lines down with a word for each; null where not known, or where nothing flows.

    Outside the main room it is not said who is in the lines: with whom somebody is aside is not the console's.
    """
    named = room_of(state, seat) == MAIN
    return {
        "streams": [
            {
                "source": one.source,
                "kind": one.kind.value,
                "layer": one.layer,
                "codec": one.codec,
                "width": one.width_px or None,
                "permitted": one.permitted,
                "packets": one.packets,
                "bytes": one.octets,
                "lost": one.lost,
                "loss": one.loss,
                "jitter_ms": one.jitter_ms if one.bps else None,
                "bps": one.bps,
                "verdict": grade(one.loss, None, one.jitter_ms) if one.bps else None,
            }
            for one in found.streams
        ],
        "lines": [
            {
                "slot": one.slot,
                "kind": one.kind.value,
                "of": one.of if named else None,
                "source": one.source,
                "layer": one.layer,
                "packets": one.packets,
                "bytes": one.octets,
                "loss": one.loss if one.bps else None,
                "rtt_ms": one.rtt_ms,
                "bps": one.bps,
                "nacks": one.nacks,
                "repeats": one.repeats,
                "freezes": one.freezes,
                "switches": one.switches,
                "verdict": _of_line(one),
            }
            for one in found.lines
        ],
    }


def _of_line(one: LineFlow) -> str | None:
    """A picture that stood still since the last look is poor, whatever its packets say; a line at rest is nothing."""
    if one.new_freezes:
        return POOR
    return grade(one.loss, one.rtt_ms, None) if one.bps else None


def _tasks(state: Hearing, watch: Watch, now_ms: int) -> Iterator[dict[str, Any]]:
    if state.session in _SITS:
        yield from _tasks_of_people(state, watch, now_ms)
        fault = watch.since(None, TAPE_FAULT)
        if fault is not None:
            yield _task("tape_fault", None, fault)
    for incident in state.care.incidents:
        if incident.signed_at is None:
            yield _task("incident_unsigned", None, incident.began)


def _tasks_of_people(state: Hearing, watch: Watch, now_ms: int) -> Iterator[dict[str, Any]]:
    for seat, attendance in state.attendance.items():
        since = _since(state, watch, seat)
        if attendance.presence is Presence.WAITING and since is not None and now_ms - since > WAITING_MS_MAX:
            yield _task("waiting_too_long", seat, since)
        if attendance.presence is Presence.LOST:
            yield _task("disconnected", seat, since)
        blocked = watch.since(seat, MEDIA_BLOCKED)
        if blocked is not None and attendance.connection is not None:
            yield _task("media_blocked", seat, blocked)
        if attendance.care.help is not None:
            yield _task("help", seat, attendance.care.help.at)
        if attendance.care.troubled_since is not None:
            yield _task("cannot_hear", seat, attendance.care.troubled_since)


def _task(kind: str, seat: SeatId | None, since: int | None) -> dict[str, Any]:
    return {"kind": kind, "seat": seat, "since": since}
