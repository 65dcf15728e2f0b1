"""What is asked of the court: imperatives from seats, and observations from instruments. Pure values.

The commands of the sitting are here; those of check-in, order, rooms, exhibits and care are in `commands_*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from server.hearing import commands_care as cc
from server.hearing import commands_checkin as ci
from server.hearing import commands_doors as cd
from server.hearing import commands_exhibits as cx
from server.hearing import commands_officer as cf
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr

if TYPE_CHECKING:
    from server.hearing.ids import ConnectionId, SeatId


class LeaveCause(StrEnum):
    """How a connection ended, as the server itself saw it (online litigation rules art. 25)."""

    LEFT = "left"
    PAGE_CLOSED = "page_closed"
    CONNECTION_LOST = "connection_lost"
    SUPERSEDED = "superseded"
    SERVER_RESTART = "server_restart"


class TapeState(StrEnum):
    """State of the tape as the recorder reports it."""

    IDLE = "idle"
    ROLLING = "rolling"
    PAUSED = "paused"
    FAULTED = "faulted"
    SEALED = "sealed"


# --- from a seat ---


@dataclass(frozen=True, slots=True)
class AcknowledgeDiscipline:
    """The seat has read the court's discipline, of this version of the text."""

    version: str


@dataclass(frozen=True, slots=True)
class Consent:
    """The party's answer to holding one step online. step: a consent step of the procedure; "": the one of check-in.

    Consent to one step is not consent to others (online litigation rules art. 4).
    """

    agrees: bool
    step: str = ""


@dataclass(frozen=True, slots=True)
class ReportDevice:
    """Result of the device test: each "ok", "failed" or "skipped"; network "good", "fair", "poor" or "unknown"."""

    camera: str
    microphone: str
    speaker: str
    network: str


@dataclass(frozen=True, slots=True)
class SetSelf:
    """The seat's own switches."""

    microphone: bool
    camera: bool


@dataclass(frozen=True, slots=True)
class RequestFloor:
    """申请发言."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawRequest:
    """Take the own request for the floor back."""


@dataclass(frozen=True, slots=True)
class Admit:
    """Let a waiting seat into the courtroom (a witness: into the witness room), identity seen to by the one who admits.

    reason: of the presiding seat, why a party comes in without having agreed to the online step (OLR 4); else "".
    """

    seat: SeatId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenCourt:
    """宣布开庭. reason: why it goes on although something that the bench may waive is missing; else ""."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class GoToStage:
    """Move the procedure; out of order only with a reason."""

    stage: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GrantFloor:
    """准许发言, with an optional time limit in seconds (0: none)."""

    seat: SeatId
    limit_s: int = 0


@dataclass(frozen=True, slots=True)
class OpenFloor:
    """互相辩论: open between the named seats."""

    seats: tuple[SeatId, ...]


@dataclass(frozen=True, slots=True)
class CloseFloor:
    """收回发言权; only the bench is heard."""


@dataclass(frozen=True, slots=True)
class DeclineRequest:
    """不予准许: lower a seat's raised hand."""

    seat: SeatId


@dataclass(frozen=True, slots=True)
class MuteAndLock:
    """禁言: the seat is not heard until released, whatever its client does."""

    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseLock:
    """Lift 禁言."""

    seat: SeatId


@dataclass(frozen=True, slots=True)
class CallWitness:
    """传证人到庭: end the isolation (online litigation rules art. 26)."""

    seat: SeatId


@dataclass(frozen=True, slots=True)
class DismissWitness:
    """证人退庭: back into isolation."""

    seat: SeatId


@dataclass(frozen=True, slots=True)
class Recess:
    """休庭."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """继续开庭."""


@dataclass(frozen=True, slots=True)
class Close:
    """闭庭. reason: why, where the stage is not one after which it follows, or something necessary was not recorded; else ""."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Adjourn:
    """延期审理."""

    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The seat leaves by its own choice, having been told what leaving means."""


# --- from the instruments (no seat acts) ---


@dataclass(frozen=True, slots=True)
class Arrive:
    """A connection took the acting seat; a newer connection of the same person supersedes the older."""

    connection: ConnectionId


@dataclass(frozen=True, slots=True)
class Depart:
    """A connection of the acting seat ended."""

    connection: ConnectionId
    cause: LeaveCause


@dataclass(frozen=True, slots=True)
class ReportTape:
    """The recorder's own word. reason: stable id of the fault, or ""."""

    state: TapeState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReportSegment:
    """A file of the tape is closed. sha256, sm3: hex; label: whose; from_ms, to_ms: Unix ms of what is in it."""

    name: str
    size: int
    sha256: str
    sm3: str
    label: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed to a deadline (a floor's limit)."""


SeatCommand = (
    AcknowledgeDiscipline
    | Consent
    | ReportDevice
    | SetSelf
    | RequestFloor
    | WithdrawRequest
    | Admit
    | OpenCourt
    | GoToStage
    | GrantFloor
    | OpenFloor
    | CloseFloor
    | DeclineRequest
    | MuteAndLock
    | ReleaseLock
    | CallWitness
    | DismissWitness
    | Recess
    | Resume
    | Close
    | Adjourn
    | Leave
    | ci.DeclarePlace
    | ci.CheckSuitability
    | ci.CallRoll
    | ci.SetOnSite
    | ci.ConvertOffline
    | ci.RecordPoint
    | cd.AskOut
    | cd.CloseDoors
    | cd.OpenDoors
    | co.Interrupt
    | co.GiveBack
    | co.SetHalfDuplex
    | co.TakeTurn
    | co.YieldTurn
    | co.RaiseObjection
    | co.RuleObjection
    | co.Discipline
    | co.Remove
    | co.Readmit
    | co.StrikeGavel
    | co.TakeOath
    | co.WaiveOath
    | co.PairInterpreter
    | co.SetLayout
    | cr.EnterRoom
    | cr.MoveSeats
    | cr.ScreenOff
    | cr.ConsentRecording
    | cr.Propose
    | cr.ShareProposal
    | cr.AnswerProposal
    | cr.DraftClause
    | cr.AnswerClause
    | cr.NoteUndisputed
    | cr.ConfirmUndisputed
    | cr.Disclose
    | cr.AcceptMediator
    | cr.EndMediation
    | cx.PermitPresenting
    | cx.PresentExhibit
    | cx.TurnPage
    | cx.PlayExhibit
    | cx.MarkExhibit
    | cx.ClearMarks
    | cx.StopShowing
    | cx.ShowSource
    | cx.GiveOpinion
    | cx.AskOriginal
    | cc.PromptAbsent
    | cc.WarnAbsent
    | cc.RuleAbsence
    | cc.SeeNotice
    | cc.CannotHear
    | cc.HearAgain
    | cc.AnswerCannotHear
    | cc.AskHelp
    | cc.AnswerHelp
    | cc.SendMessage
    | cc.SignIncident
)
Observation = (
    Arrive
    | Depart
    | ReportTape
    | ReportSegment
    | Tick
    | cx.OfferExhibit
    | cc.MeasureAbsence
    | cc.NoteIncident
    | cc.ShowNotice
    | cc.FileSheet
    | cc.AddTechnician
    | cf.WriteFromConsole
)
Command = SeatCommand | Observation
