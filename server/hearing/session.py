"""Machine: is the court sitting? The table of session states, and in which of them a command makes sense.

Pure data. Says nothing about who may give a command; never reads a clock.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from server.hearing import commands as c
from server.hearing.refusals import InvariantBroken, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping


class SessionState(StrEnum):
    """开庭状态: 已排期, 候庭核身, 开庭中, 休庭, 闭庭, 延期审理."""

    SCHEDULED = "scheduled"
    CHECKING_IN = "checking_in"
    IN_SESSION = "in_session"
    RECESSED = "recessed"
    CLOSED = "closed"
    ADJOURNED = "adjourned"


class Step(StrEnum):
    """What moves the session."""

    CHECK_IN = "check_in"
    OPEN = "open"
    RECESS = "recess"
    RESUME = "resume"
    CLOSE = "close"
    ADJOURN = "adjourn"


_S = SessionState

MOVES: Mapping[SessionState, Mapping[Step, SessionState]] = {
    _S.SCHEDULED: {Step.CHECK_IN: _S.CHECKING_IN},
    _S.CHECKING_IN: {Step.OPEN: _S.IN_SESSION, Step.ADJOURN: _S.ADJOURNED},
    _S.IN_SESSION: {Step.RECESS: _S.RECESSED, Step.CLOSE: _S.CLOSED, Step.ADJOURN: _S.ADJOURNED},
    _S.RECESSED: {Step.RESUME: _S.IN_SESSION, Step.ADJOURN: _S.ADJOURNED},
    _S.CLOSED: {},
    _S.ADJOURNED: {},
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
}
"""Why a command that does not fit the session state is refused."""

_BEGUN = frozenset({_S.CHECKING_IN, _S.IN_SESSION, _S.RECESSED})
_TALKING = frozenset({_S.CHECKING_IN, _S.IN_SESSION})
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
    # facts from the instruments are never refused for the state of the session: a fact is not a wish
    c.Arrive: _ALWAYS,
    c.Depart: _ALWAYS,
    c.ReportTape: _ALWAYS,
    c.Tick: _ALWAYS,
}
"""Session states in which each command may be given at all."""


def step(state: SessionState, move: Step) -> SessionState:
    """State after the move. Raises InvariantBroken when the table has no such row: an event that cannot have been."""
    try:
        return MOVES[state][move]
    except KeyError:
        raise InvariantBroken(f"session {state} does not {move}") from None
