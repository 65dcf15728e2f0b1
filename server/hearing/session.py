"""Machine: is the court sitting? The table of session states, and in which of them a command makes sense.

Pure data. Says nothing about who may give a command; never reads a clock.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_checkin as ci
from server.hearing import commands_doors as cd
from server.hearing import commands_exhibits as cx
from server.hearing import commands_officer as cf
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr
from server.hearing.refusals import InvariantBroken, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping


class SessionState(StrEnum):
    """开庭状态: 已排期, 候庭核身, 开庭中, 休庭, 闭庭, 延期审理, 转线下."""

    SCHEDULED = "scheduled"
    CHECKING_IN = "checking_in"
    IN_SESSION = "in_session"
    RECESSED = "recessed"
    CLOSED = "closed"
    ADJOURNED = "adjourned"
    MOVED_OFFLINE = "moved_offline"


class Step(StrEnum):
    """What moves the session."""

    CHECK_IN = "check_in"
    OPEN = "open"
    RECESS = "recess"
    RESUME = "resume"
    CLOSE = "close"
    ADJOURN = "adjourn"
    MOVE_OFFLINE = "move_offline"


_S = SessionState

_OFF = {Step.ADJOURN: _S.ADJOURNED, Step.MOVE_OFFLINE: _S.MOVED_OFFLINE}

# Before the opening and in a recess only the ending of a mediation closes (OMR 25); a court is closed while it sits.
MOVES: Mapping[SessionState, Mapping[Step, SessionState]] = {
    _S.SCHEDULED: {Step.CHECK_IN: _S.CHECKING_IN},
    _S.CHECKING_IN: {Step.OPEN: _S.IN_SESSION, Step.CLOSE: _S.CLOSED, **_OFF},
    _S.IN_SESSION: {Step.RECESS: _S.RECESSED, Step.CLOSE: _S.CLOSED, **_OFF},
    _S.RECESSED: {Step.RESUME: _S.IN_SESSION, Step.CLOSE: _S.CLOSED, **_OFF},
    _S.CLOSED: {},
    _S.ADJOURNED: {},
    _S.MOVED_OFFLINE: {},
}

ENDED: frozenset[SessionState] = frozenset(state for state, moves in MOVES.items() if not moves)
"""Nothing more is decided here; seats may still connect and look."""

LIVE: frozenset[SessionState] = frozenset(MOVES) - ENDED

WHY_NOT: Mapping[SessionState, Reason] = {
    _S.SCHEDULED: Reason.HEARING_NOT_BEGUN,
    _S.CHECKING_IN: Reason.COURT_NOT_OPEN,
    _S.IN_SESSION: Reason.COURT_IN_SESSION,
    _S.RECESSED: Reason.COURT_IN_RECESS,
    _S.CLOSED: Reason.HEARING_CLOSED,
    _S.ADJOURNED: Reason.HEARING_ADJOURNED,
    _S.MOVED_OFFLINE: Reason.HEARING_MOVED_OFFLINE,
}
"""Why a command that does not fit the session state is refused."""

_BEGUN = frozenset({_S.CHECKING_IN, _S.IN_SESSION, _S.RECESSED})
_TALKING = frozenset({_S.CHECKING_IN, _S.IN_SESSION})
_SITTING = frozenset({_S.IN_SESSION})
_ALWAYS = frozenset(SessionState)

ALLOWED: Mapping[type[c.Command], frozenset[SessionState]] = {
    c.AcknowledgeDiscipline: LIVE,
    c.Consent: LIVE,
    c.ReportDevice: LIVE,
    c.SetSelf: LIVE,
    c.Leave: LIVE,
    c.RequestFloor: _TALKING,
    c.WithdrawRequest: _TALKING,
    c.Admit: _BEGUN,
    c.OpenCourt: frozenset({_S.CHECKING_IN}),
    c.GoToStage: _TALKING,
    c.GrantFloor: _TALKING,
    c.OpenFloor: _TALKING,
    c.CloseFloor: _TALKING,
    c.DeclineRequest: _TALKING,
    c.MuteAndLock: _BEGUN,
    c.ReleaseLock: _BEGUN,
    c.CallWitness: frozenset({_S.IN_SESSION}),
    c.DismissWitness: frozenset({_S.IN_SESSION, _S.RECESSED}),
    c.Recess: frozenset({_S.IN_SESSION}),
    c.Resume: frozenset({_S.RECESSED}),
    c.Close: frozenset({_S.IN_SESSION}),
    c.Adjourn: _BEGUN,
    ci.DeclarePlace: LIVE,
    ci.CheckSuitability: _BEGUN,
    ci.CallRoll: _BEGUN,
    ci.SetOnSite: _BEGUN,
    ci.ConvertOffline: _BEGUN,
    ci.RecordPoint: _TALKING,
    cd.AskOut: _BEGUN,
    cd.CloseDoors: _BEGUN,
    cd.OpenDoors: _BEGUN,
    co.Interrupt: _TALKING,
    co.GiveBack: _TALKING,
    co.SetHalfDuplex: _TALKING,
    co.TakeTurn: _TALKING,
    co.YieldTurn: _TALKING,
    co.RaiseObjection: _SITTING,
    co.RuleObjection: _SITTING,
    co.Discipline: _BEGUN,
    co.Remove: _BEGUN,
    co.Readmit: _BEGUN,
    co.StrikeGavel: _TALKING,
    co.TakeOath: LIVE,
    co.WaiveOath: _BEGUN,
    co.PairInterpreter: _BEGUN,
    co.SetLayout: _BEGUN,
    cr.EnterRoom: _BEGUN,
    cr.MoveSeats: _BEGUN,
    cr.ScreenOff: LIVE,
    cr.ConsentRecording: _BEGUN,
    cr.Propose: _SITTING,
    cr.ShareProposal: _SITTING,
    cr.AnswerProposal: _SITTING,
    cr.DraftClause: _SITTING,
    cr.AnswerClause: _SITTING,
    cr.NoteUndisputed: _SITTING,
    cr.ConfirmUndisputed: _SITTING,
    cr.Disclose: _TALKING,
    cr.AcceptMediator: _TALKING,
    cr.EndMediation: _BEGUN,
    cx.PermitPresenting: _BEGUN,
    cx.PresentExhibit: _TALKING,
    cx.TurnPage: _TALKING,
    cx.PlayExhibit: _TALKING,
    cx.MarkExhibit: _TALKING,
    cx.ClearMarks: _TALKING,
    cx.StopShowing: _TALKING,
    cx.ShowSource: _TALKING,
    cx.GiveOpinion: _BEGUN,
    cx.AskOriginal: _BEGUN,
    cx.OfferExhibit: LIVE,
    cc.PromptAbsent: _BEGUN,
    cc.WarnAbsent: _BEGUN,
    cc.RuleAbsence: _BEGUN,
    cc.CannotHear: _TALKING,
    cc.HearAgain: LIVE,
    cc.AnswerCannotHear: LIVE,
    cc.AskHelp: LIVE,
    cc.AnswerHelp: LIVE,
    cc.SendMessage: LIVE,
    cc.SeeNotice: _ALWAYS,
    cc.SignIncident: _ALWAYS,
    # facts from the instruments are never refused for the state of the session: a fact is not a wish
    c.Arrive: _ALWAYS,
    c.Depart: _ALWAYS,
    c.ReportTape: _ALWAYS,
    c.ReportSegment: _ALWAYS,
    c.Tick: _ALWAYS,
    cc.MeasureAbsence: _ALWAYS,
    cc.NoteIncident: _ALWAYS,
    cc.ShowNotice: _ALWAYS,
    cc.FileSheet: _ALWAYS,
    cc.AddTechnician: _ALWAYS,
    cf.WriteFromConsole: LIVE,
}
"""Session states in which each command may be given at all."""


def step(state: SessionState, move: Step) -> SessionState:
    """State after the move. Raises InvariantBroken when the table has no such row: an event that cannot have been."""
    try:
        return MOVES[state][move]
    except KeyError:
        raise InvariantBroken(f"session {state} does not {move}") from None
