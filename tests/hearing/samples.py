"""Hearings of each session state, and every command with every argument worth trying. For grids and properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import commands as c
from server.hearing.procedure import DELIBERATION, PROCEDURES
from server.hearing.session import SessionState
from tests.builders import DISCIPLINE, a_hearing
from tests.cast import FULL_BENCH, connection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing.ids import SeatId
    from tests.builders import AHearing

HEARINGS: Mapping[str, Callable[[], AHearing]] = {
    "scheduled": lambda: a_hearing(FULL_BENCH),
    "arrived": lambda: a_hearing(FULL_BENCH).arrived(),
    "checked_in": lambda: a_hearing(FULL_BENCH).checked_in(),
    "opened": lambda: a_hearing(FULL_BENCH).opened(),
    "witness_called": lambda: a_hearing(FULL_BENCH).opened().in_stage("investigation").with_witness(),
    "recessed": lambda: a_hearing(FULL_BENCH).opened().recessed(),
    "deliberating": lambda: a_hearing(FULL_BENCH).opened().in_stage(DELIBERATION),
    "closed": lambda: a_hearing(FULL_BENCH).opened().closed(),
    "adjourned": lambda: a_hearing(FULL_BENCH).checked_in().adjourned(),
}

BY_SESSION: Mapping[SessionState, str] = {
    SessionState.SCHEDULED: "scheduled",
    SessionState.CHECKING_IN: "checked_in",
    SessionState.IN_SESSION: "opened",
    SessionState.RECESSED: "recessed",
    SessionState.CLOSED: "closed",
    SessionState.ADJOURNED: "adjourned",
}


def plain_commands() -> tuple[c.Command, ...]:
    """Commands that name no seat."""
    return (
        c.AcknowledgeDiscipline(DISCIPLINE),
        c.AcknowledgeDiscipline("old"),
        c.Consent(agrees=True),
        c.Consent(agrees=False),
        c.ReportDevice("ok", "ok", "failed", "fair"),
        c.ReportDevice("loud", "ok", "ok", "good"),
        *(c.SetSelf(microphone=m, camera=k) for m in (True, False) for k in (True, False)),
        c.RequestFloor("a question"),
        c.WithdrawRequest(),
        c.OpenCourt(),
        *(c.GoToStage(stage.key, r) for stage in PROCEDURES["civil_ordinary"] for r in ("", "agreed")),
        c.GoToStage("nonsense", "agreed"),
        c.OpenFloor(()),
        c.CloseFloor(),
        c.Recess(""),
        c.Resume(),
        c.Close(),
        c.Adjourn("ill"),
        c.Adjourn(" "),
        c.Leave(),
        *(c.ReportTape(state, "") for state in c.TapeState),
        c.ReportTape(c.TapeState.FAULTED, "disk_full"),
        c.Tick(),
    )


def commands_about(seat: SeatId) -> tuple[c.Command, ...]:
    """Commands that name a seat, or a connection of it."""
    return (
        c.Admit(seat),
        c.GrantFloor(seat),
        c.GrantFloor(seat, 3),
        c.GrantFloor(seat, -1),
        c.OpenFloor((seat,)),
        c.DeclineRequest(seat),
        c.MuteAndLock(seat, "shouting"),
        c.MuteAndLock(seat, ""),
        c.ReleaseLock(seat),
        c.CallWitness(seat),
        c.DismissWitness(seat),
        *(c.Arrive(connection(seat, n)) for n in (1, 2)),
        *(c.Depart(connection(seat, n), cause) for n in (1, 2) for cause in c.LeaveCause),
    )
