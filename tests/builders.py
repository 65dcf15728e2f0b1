"""Hearings at any point of their life: `a_hearing().opened().in_stage("debate").state`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing.checklists import PLACE_ASKED
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
    Resume,
    TapeState,
)
from server.hearing.commands_checkin import (
    CallRoll,
    CheckSuitability,
    ConvertOffline,
    DeclarePlace,
    RecordPoint,
)
from server.hearing.commands_order import TakeOath
from server.hearing.conditions import missing, unrecorded
from server.hearing.events import HearingScheduled
from server.hearing.ids import HearingId, Instant
from server.hearing.names import DELEGATED_BY_DEFAULT
from server.hearing.presence import Presence
from server.hearing.procedure import is_ahead, stages_of
from server.hearing.procedure_tables import POINT
from server.hearing.refusals import Reason
from server.hearing.seats import PARTIES, RIGHTS, Right, Role
from server.hearing.session import SessionState
from server.hearing.state import conductor
from server.hearing.state_order import OATH_VERSION
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

    @property
    def judge(self) -> SeatId:
        """Who presides."""
        return conductor(self.state) or PRESIDING

    def _enters(self, seat: SeatId) -> bool:
        return Right.ENTER in RIGHTS[self._roles[seat]]

    def _is(self, seat: SeatId, presence: Presence) -> bool:
        return self.state.attendance[seat].presence is presence

    def arrived(self) -> AHearing:
        """Bring everybody to the door, discipline read, place declared, consent given; the court's own people are in."""
        for seat in sorted(self._seats, key=lambda s: not self._enters(s)):
            if not self._is(seat, Presence.EXPECTED):
                continue
            self.script >> arrive(seat)
            if not self._enters(seat):
                self.script >> by(seat, AcknowledgeDiscipline(self.script.scheduled.discipline_version))
            if self._roles[seat] in PARTIES:
                self.script >> by(seat, Consent(agrees=True))
            if self._roles[seat] in PLACE_ASKED:
                self.script >> by(seat, DeclarePlace("home", quiet=True))
        return self

    def checked_in(self) -> AHearing:
        """Let everybody in; witnesses are in the witness room, observers of a closed hearing stay outside.

        The roll is called, the list of barred cases gone through, and every stage before the opening dealt with.
        """
        self.arrived()
        host = CLERK if CLERK in self._seats else self.judge
        for seat in self._seats:
            welcome = self._roles[seat] is not Role.OBSERVER or self.script.scheduled.public
            if welcome and self._is(seat, Presence.WAITING):
                self.script >> by(host, Admit(seat))
        if Reason.PRESIDING_ABSENT not in missing(self.state):
            if Reason.ROLL_NOT_CALLED in missing(self.state):
                self.script >> by(self.judge, CallRoll())
            if Reason.SUITABILITY_UNCHECKED in missing(self.state):
                self.script >> by(self.judge, CheckSuitability(()))
            self._told()
        return self

    def _told(self) -> None:
        """Go through the stages before the opening, with what each must record."""
        for stage in stages_of(self.state.procedure):
            if stage.session is not SessionState.CHECKING_IN:
                return
            if is_ahead(self.state.procedure, self.state.stage, stage.key):
                self.script >> by(self.judge, GoToStage(stage.key))
            if self.state.stage == stage.key:
                self.recorded()

    def recorded(self) -> AHearing:
        """Record what the present stage must have recorded."""
        for lack in unrecorded(self.state, self.state.stage):
            self.script >> by(self.judge, RecordPoint(lack.removeprefix(POINT)))
        return self

    def opened(self, reason: str = "") -> AHearing:
        """Open the court, the tape proven. reason: why although something is missing."""
        self.checked_in()
        self.script >> tape(TapeState.IDLE) >> by(self.judge, OpenCourt(reason)) >> tape(TapeState.ROLLING)
        return self

    def in_stage(self, stage: str) -> AHearing:
        """Move to a stage of the open court, whatever the order."""
        self.script >> by(self.judge, GoToStage(stage, "test"))
        return self

    def with_floor(self, seat: SeatId, limit_s: int = 0) -> AHearing:
        """Grant the floor."""
        self.script >> by(self.judge, GrantFloor(seat, limit_s))
        return self

    def with_witness(self, seat: SeatId = WITNESS) -> AHearing:
        """Let the witness sign the undertaking, and call it."""
        self.script >> by(seat, TakeOath(OATH_VERSION)) >> by(PRESIDING, CallWitness(seat))
        return self

    def recessed(self, reason: str = "noon") -> AHearing:
        """Recess."""
        self.script >> by(self.judge, Recess(reason))
        return self

    def resumed(self) -> AHearing:
        """Go on after a recess."""
        self.script >> by(self.judge, Resume())
        return self

    def closed(self) -> AHearing:
        """Close the court, whatever was left out."""
        self.script >> by(self.judge, Close("test"))
        return self

    def moved_offline(self, ground: str = "network", reason: str = "the line is down") -> AHearing:
        """Go on in the courthouse."""
        self.script >> by(PRESIDING, ConvertOffline(ground, reason))
        return self

    def adjourned(self, reason: str = "new evidence") -> AHearing:
        """Adjourn."""
        self.script >> by(self.judge, Adjourn(reason))
        return self


def a_hearing(
    cast: tuple[SeatId, ...] = CAST, *, absent: tuple[SeatId, ...] = (), **changes: Any
) -> AHearing:
    """Begin a hearing that is scheduled and nothing more. absent: seats whose people never come."""
    return AHearing(scheduled(cast, **changes), absent)
