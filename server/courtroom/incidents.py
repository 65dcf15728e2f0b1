"""Which faults of recording, network, device and house must be noted or ended now (AVR 4). Pure; the law notes them once.

Derived from the state each time, so that nothing is noted twice and a restart forgets nothing. Facts, never judgement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.facts import OWN_FAULT
from server.hearing.commands import TapeState
from server.hearing.commands_care import NoteIncident
from server.hearing.leaving import Verdict
from server.hearing.presence import Presence
from server.hearing.seats import Right
from server.hearing.session import ENDED, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from server.hearing.ids import Instant, SeatId
    from server.hearing.presence import Attendance, Device
    from server.hearing.state import Hearing
    from server.hearing.state_care import Incident

BROKEN = "failed"
_OPEN = frozenset({SessionState.IN_SESSION, SessionState.RECESSED})
_NETWORK = frozenset({Verdict.NETWORK, Verdict.UNKNOWN, Verdict.DEVICE})


def due(
    state: Hearing, now: Instant, media_lost: Mapping[SeatId, tuple[str, Instant]], long_ms: int
) -> Iterator[NoteIncident]:
    """Give what is to be noted or ended now. media_lost: connected seats whose transport went, how and when."""
    going = {(one.kind, one.subject): one for one in state.care.incidents if one.ended is None}
    if state.session in ENDED:
        for one in going.values():
            yield _end(one, state.closed_at or now)
        return
    yield from _tape(state, going.get(("tape", "")), now)
    for seat, attendance in state.attendance.items():
        yield from _network(state, seat, _going(going, seat), now, media_lost.get(seat), long_ms)
        device = going.get(("device", seat))
        if device is not None and not broken(attendance.device):
            yield _end(device, now)


def _going(going: Mapping[tuple[str, str], Incident], seat: SeatId) -> Incident | None:
    """The note about a seat's line that goes on: of the network, or of the house's own media process."""
    return going.get(("network", seat)) or going.get(("server", seat))


def _end(incident: Incident, ended: Instant) -> NoteIncident:
    return NoteIncident(incident.kind, incident.subject, incident.began, ended, incident.facts)


def _tape(state: Hearing, going: Incident | None, now: Instant) -> Iterator[NoteIncident]:
    faulted = state.tape is TapeState.FAULTED
    if going is None and faulted and state.session in _OPEN:
        yield NoteIncident("tape", "", now, 0, (f"reason={state.tape_reason}",))
    elif going is not None and not faulted:
        yield _end(going, now)


def _network(
    state: Hearing,
    seat: SeatId,
    going: Incident | None,
    now: Instant,
    media: tuple[str, Instant] | None,
    long_ms: int,
) -> Iterator[NoteIncident]:
    """Away, or without sound and picture, for long while the court sat; who left by its own will has no network fault."""
    sitting = state.care.sitting_since
    away = state.attendance[seat].presence is Presence.LOST
    if going is not None:
        if sitting is None or not (away or media):
            yield _end(going, now)
        return
    if sitting is None or not state.seats[seat].may(Right.SPEAK):
        return
    since, facts = _trouble(state.attendance[seat], media)
    if since is not None and now - max(since, sitting) > long_ms:
        own = facts == (f"transport={OWN_FAULT}",)
        yield NoteIncident("server" if own else "network", seat, since, 0, facts)


def _trouble(
    attendance: Attendance, media: tuple[str, Instant] | None
) -> tuple[Instant | None, tuple[str, ...]]:
    if attendance.presence is Presence.LOST:
        absence = attendance.care.absence
        if absence is None or absence.verdict not in _NETWORK:
            return None, ()
        return absence.since, (f"cause={absence.cause}", f"verdict={absence.verdict.value}")
    if attendance.presence is Presence.PRESENT and media is not None:
        return media[1], (f"transport={media[0]}",)
    return None, ()


def broken(device: Device | None) -> bool:
    """Whether the seat's last device report names a failure."""
    return device is not None and BROKEN in {device.camera, device.microphone}


def device_failed(state: Hearing, seat: SeatId, now: Instant) -> NoteIncident | None:
    """The note of a device that failed in the sitting; at check-in it is no incident."""
    device = state.attendance[seat].device
    if state.session is not SessionState.IN_SESSION or device is None or not broken(device):
        return None
    return NoteIncident(
        "device", seat, now, 0, (f"camera={device.camera}", f"microphone={device.microphone}")
    )


def restarted(state: Hearing, last: Instant, now: Instant) -> NoteIncident | None:
    """The note of a house that stopped in mid-hearing. last: its last entry before."""
    if state.session not in _OPEN:
        return None
    return NoteIncident("server", "", last, now, (f"gap_ms={max(0, now - last)}",))
