"""Hearings at any point of their life: `a_hearing().opened().in_stage("debate").state`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing.commands import (
    AcknowledgeDiscipline,
    Adjourn,
    Admit,
    CallWitness,
    Close,
    Consent,
    GoToStage,
    GrantFloor,
    OpenCourt,
    Recess,
    TapeState,
)
from server.hearing.events import HearingScheduled
from server.hearing.ids import HearingId, Instant
from server.hearing.names import DELEGATED_BY_DEFAULT
from server.hearing.presence import Presence
from server.hearing.seats import PARTIES, RIGHTS, Right, Role
from tests.cast import CAST, CLERK, PRESIDING, WITNESS, plan
from tests.playbook import START, Script, arrive, by, tape

if TYPE_CHECKING:
    from server.hearing.events import Event
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing

DISCIPLINE = "2026-1"


def scheduled(cast: tuple[SeatId, ...] = CAST, **changes: Any) -> HearingScheduled:
    """Give the first event of a public hearing by ordinary procedure with this cast, with the named fields changed."""
    usual = HearingScheduled(
        hearing=HearingId("h-1"),
        case_no="（2026）粤0106民初1234号",
        cause="买卖合同纠纷",
        court="广州市天河区人民法院",
        procedure="civil_ordinary",
        public=True,
        scheduled_at=Instant(START + 60_000),
        discipline_version=DISCIPLINE,
        seats=tuple(plan(seat) for seat in cast),
        delegated=DELEGATED_BY_DEFAULT,
    )
    return replace(usual, **changes)


class AHearing:
    """A hearing brought to where a test begins. Each method goes on from where the last one stopped."""

    def __init__(self, first: HearingScheduled, absent: tuple[SeatId, ...]) -> None:
        self.script = Script(first)
        self._seats = [p.seat for p in first.seats if p.seat not in absent]
        self._roles = {p.seat: Role(p.role) for p in first.seats}

    @property
    def state(self) -> Hearing:
        """The state now."""
        return self.script.state

    @property
    def log(self) -> list[tuple[Event, Instant]]:
        """All events so far."""
        return self.script.log

    def _enters(self, seat: SeatId) -> bool:
        return Right.ENTER in RIGHTS[self._roles[seat]]

    def _is(self, seat: SeatId, presence: Presence) -> bool:
        return self.state.attendance[seat].presence is presence

    def arrived(self) -> AHearing:
        """Bring everybody to the door, discipline read and consent given; the court's own people are in."""
        for seat in sorted(self._seats, key=lambda s: not self._enters(s)):
            if not self._is(seat, Presence.EXPECTED):
                continue
            self.script >> arrive(seat)
            if not self._enters(seat):
                self.script >> by(seat, AcknowledgeDiscipline(self.script.scheduled.discipline_version))
            if self._roles[seat] in PARTIES:
                self.script >> by(seat, Consent(agrees=True))
        return self

    def checked_in(self) -> AHearing:
        """Let everybody in; witnesses are in the witness room, observers of a closed hearing stay outside."""
        self.arrived()
        host = CLERK if CLERK in self._seats else PRESIDING
        for seat in self._seats:
            welcome = self._roles[seat] is not Role.OBSERVER or self.script.scheduled.public
            if welcome and self._is(seat, Presence.WAITING):
                self.script >> by(host, Admit(seat))
        return self

    def opened(self) -> AHearing:
        """Open the court, the tape proven."""
        self.checked_in()
        self.script >> tape(TapeState.IDLE) >> by(PRESIDING, OpenCourt()) >> tape(TapeState.ROLLING)
        return self

    def in_stage(self, stage: str) -> AHearing:
        """Move to a stage of the open court, whatever the order."""
        self.script >> by(PRESIDING, GoToStage(stage, "test"))
        return self

    def with_floor(self, seat: SeatId, limit_s: int = 0) -> AHearing:
        """Grant the floor."""
        self.script >> by(PRESIDING, GrantFloor(seat, limit_s))
        return self

    def with_witness(self, seat: SeatId = WITNESS) -> AHearing:
        """Call the witness."""
        self.script >> by(PRESIDING, CallWitness(seat))
        return self

    def recessed(self, reason: str = "noon") -> AHearing:
        """Recess."""
        self.script >> by(PRESIDING, Recess(reason))
        return self

    def closed(self) -> AHearing:
        """Close the court."""
        self.script >> by(PRESIDING, Close())
        return self

    def adjourned(self, reason: str = "new evidence") -> AHearing:
        """Adjourn."""
        self.script >> by(PRESIDING, Adjourn(reason))
        return self


def a_hearing(
    cast: tuple[SeatId, ...] = CAST, *, absent: tuple[SeatId, ...] = (), **changes: Any
) -> AHearing:
    """Begin a hearing that is scheduled and nothing more. absent: seats whose people never come."""
    return AHearing(scheduled(cast, **changes), absent)
