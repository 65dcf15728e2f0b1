"""Hearings of each session state, and every command with every argument worth trying. For grids and properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_checkin as ci
from server.hearing import commands_doors as cd
from server.hearing import commands_exhibits as cx
from server.hearing import commands_officer as cf
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr
from server.hearing.ids import SeatId
from server.hearing.procedure import DELIBERATION, stages_of
from server.hearing.session import SessionState
from server.hearing.state_order import OATH_VERSION
from tests.builders import DISCIPLINE, a_hearing
from tests.cast import (
    CLERK,
    DEFENDANT,
    DEFENDANT_AGENT,
    FULL_BENCH,
    OBSERVER,
    PARTIES,
    PLAINTIFF,
    PRESIDING,
    connection,
)
from tests.playbook import Line, by, depart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.builders import AHearing


def heated() -> AHearing:
    """Spoken by turns, an objection waiting, somebody ordered out."""
    hearing = a_hearing(FULL_BENCH).opened()
    script = hearing.script
    script >> by(CLERK, co.SetHalfDuplex(on=True)) >> by(PRESIDING, c.OpenFloor(PARTIES))
    script >> by(PLAINTIFF, co.TakeTurn()) >> by(DEFENDANT, co.RaiseObjection("misstated", "not so"))
    script >> by(PRESIDING, co.Remove(OBSERVER, "applause"))
    return hearing


def interrupted() -> AHearing:
    """A floor with a limit, taken back for a moment."""
    hearing = a_hearing(FULL_BENCH).opened().with_floor(PLAINTIFF, 90)
    hearing.script >> by(PRESIDING, co.Interrupt("to the point"))
    return hearing


def cared() -> AHearing:
    """Somebody is absent and was prompted, everybody else asks for help and hears nothing, an incident waits."""
    hearing = a_hearing(FULL_BENCH).opened().in_stage("investigation").with_witness()
    script = hearing.script
    script >> depart(DEFENDANT_AGENT) >> by(PRESIDING, cc.PromptAbsent(DEFENDANT_AGENT))
    for seat in FULL_BENCH:
        if seat != DEFENDANT_AGENT:
            script >> by(seat, cc.CannotHear()) >> by(seat, cc.AskHelp("technician"))
    script >> Line(None, cc.NoteIncident("device", DEFENDANT_AGENT, script.now - 9, script.now, ()))
    return hearing


def closed_doors() -> AHearing:
    """Evidence is heard without the public and without the tape; somebody was asked out."""
    hearing = a_hearing(FULL_BENCH).opened().in_stage("investigation")
    hearing.script >> by(PRESIDING, cd.CloseDoors("privacy", "a patient's file", recorded=False))
    hearing.script >> by(CLERK, cd.AskOut(DEFENDANT_AGENT, "has to speak with the client"))
    return hearing


def shown() -> AHearing:
    """Two materials, one of them shown and marked, an opinion on it; somebody may present."""
    hearing = a_hearing(FULL_BENCH).opened().in_stage("investigation").with_witness()
    script = hearing.script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    script >> by(DEFENDANT, cx.OfferExhibit("x2", "录音", "audio", 1, "b" * 64, 9000))
    script >> by(PRESIDING, cx.PermitPresenting(DEFENDANT, on=True))
    (
        script
        >> by(PRESIDING, c.GrantFloor(PLAINTIFF))
        >> by(PLAINTIFF, cx.PresentExhibit("x1"))
        >> by(PLAINTIFF, cx.MarkExhibit("box", "1,1 9,9"))
    )
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "accepted", "accepted", "disputed", "the price"))
    return hearing


HEARINGS: Mapping[str, Callable[[], AHearing]] = {
    "scheduled": lambda: a_hearing(FULL_BENCH),
    "arrived": lambda: a_hearing(FULL_BENCH).arrived(),
    "checked_in": lambda: a_hearing(FULL_BENCH).checked_in(),
    "opened": lambda: a_hearing(FULL_BENCH).opened(),
    "witness_called": lambda: a_hearing(FULL_BENCH).opened().in_stage("investigation").with_witness(),
    "heated": heated,
    "interrupted": interrupted,
    "cared": cared,
    "closed_doors": closed_doors,
    "mediating": lambda: a_hearing(FULL_BENCH).opened().in_stage("mediation"),
    "shown": shown,
    "recessed": lambda: a_hearing(FULL_BENCH).opened().recessed(),
    "deliberating": lambda: a_hearing(FULL_BENCH).opened().in_stage(DELIBERATION),
    "closed": lambda: a_hearing(FULL_BENCH).opened().closed(),
    "adjourned": lambda: a_hearing(FULL_BENCH).checked_in().adjourned(),
    "moved_offline": lambda: a_hearing(FULL_BENCH).opened().moved_offline(),
}

BY_SESSION: Mapping[SessionState, str] = {
    SessionState.SCHEDULED: "scheduled",
    SessionState.CHECKING_IN: "checked_in",
    SessionState.IN_SESSION: "opened",
    SessionState.RECESSED: "recessed",
    SessionState.CLOSED: "closed",
    SessionState.ADJOURNED: "adjourned",
    SessionState.MOVED_OFFLINE: "moved_offline",
}


def checkin_commands() -> tuple[c.Command, ...]:
    """Those of check-in that name no seat."""
    return (
        *(ci.DeclarePlace(place, quiet) for place in ("home", "court", "beach") for quiet in (True, False)),
        *(ci.CheckSuitability(b, "n") for b in ((), ("other",), ("secret", "complex"), ("weather",))),
        ci.CheckSuitability(("other",)),
        ci.CallRoll(),
        ci.ConvertOffline("network", "the line is down"),
        ci.ConvertOffline("network", " "),
        ci.ConvertOffline("weather", "rain"),
        *(
            ci.RecordPoint(item, text)
            for item in (
                "rights_told",
                "identity_checked",
                "discipline_read",
                "claims_stated",
                "mediation_asked",
                "x",
            )
            for text in ("", "yes")
        ),
        c.OpenCourt("the defendant has not come"),
    )


def care_commands() -> tuple[c.Command, ...]:
    """Those of care that name no seat."""
    return (
        cc.CannotHear(),
        cc.HearAgain(),
        *(cc.AskHelp(kind, text) for kind in ("technician", "dinner") for text in ("", "no sound")),
        cc.SendMessage(SeatId(""), "a word"),
        cc.SendMessage(SeatId(""), " "),
        *(cc.SignIncident(incident, "seen") for incident in ("i1", "i9")),
        *(
            cc.NoteIncident(kind, "", 1, ended, ("reason=x",))
            for kind in ("tape", "server")
            for ended in (0, 9)
        ),
        cc.FileSheet(("seat=plaintiff;spoke_ms=1",)),
    )


def order_commands() -> tuple[c.Command, ...]:
    """Those of order that name no seat."""
    return (
        co.Interrupt("a moment"),
        co.GiveBack(),
        co.SetHalfDuplex(on=True),
        co.SetHalfDuplex(on=False),
        co.TakeTurn(),
        co.YieldTurn(),
        *(co.RaiseObjection(ground, "this") for ground in ("leading", "boring")),
        *(co.RuleObjection(objection, sustained=True) for objection in ("o1", "o2", "o9")),
        co.RuleObjection("o1", sustained=False, note="it bears on the price"),
        co.StrikeGavel(),
        *(co.TakeOath(version) for version in (OATH_VERSION, "old")),
        *(co.SetLayout(layout, SeatId("")) for layout in ("speaker", "grid", "exhibit", "circle")),
    )


def order_commands_about(seat: SeatId) -> tuple[c.Command, ...]:
    """Those of order that name a seat."""
    return (
        *(co.Discipline(seat, m, "shouting") for m in ("remind", "warn", "reprimand", "flog")),
        co.Discipline(seat, "remind", " "),
        *(co.Remove(seat, reason) for reason in ("shouting", "")),
        *(co.Readmit(seat, reason) for reason in ("has apologised", " ")),
        *(co.WaiveOath(seat, reason) for reason in ("a minor", "")),
        co.PairInterpreter(SeatId("interpreter"), seat),
        co.PairInterpreter(seat, SeatId("")),
        co.SetLayout("speaker", seat),
        co.SetLayout("grid", seat),
    )


def rooms_commands() -> tuple[c.Command, ...]:
    """Those of rooms and mediation that name no seat."""
    rooms = (
        "main",
        "deliberation",
        "consultation:plaintiff",
        "consultation:defendant",
        "caucus:defendant",
        "witness:witness",
        "kitchen",
    )
    return (
        *(cr.EnterRoom(room) for room in rooms),
        *(cr.ConsentRecording(agrees) for agrees in (True, False)),
        *(cr.Propose("half", to) for to in ("both", "plaintiff", "x")),
        cr.ShareProposal("p1"),
        cr.AnswerProposal("p1", accepts=True),
        cr.DraftClause("", "pay"),
        cr.AnswerClause("c1", 1, agrees=True),
        cr.NoteUndisputed("goods came"),
        cr.ConfirmUndisputed("f1", agrees=True),
        cr.Disclose(""),
        cr.AcceptMediator(agrees=True),
        *(cr.EndMediation(ending, "why") for ending in ("other", "agreement_reached", "boredom")),
    )


def exhibits_commands() -> tuple[c.Command, ...]:
    """Those of exhibits that name no seat."""
    return (
        cx.OfferExhibit("x3", "照片", "image", 1, "c" * 64, 10),
        cx.OfferExhibit("x4", "视频", "video", 2, "d" * 64, 10),
        *(cx.PresentExhibit(exhibit) for exhibit in ("x1", "x2", "x9")),
        *(cx.TurnPage(page, zoom, 10, 9000) for page in (0, 1, 3, 4) for zoom in (100, 900)),
        *(cx.PlayExhibit(playing, position) for playing in (True, False) for position in (-1, 0, 5000)),
        *(cx.MarkExhibit(shape, "1,1 9,9") for shape in ("box", "line", "free", "star")),
        cx.MarkExhibit("line", "1,1 9,10001"),
        cx.ClearMarks(),
        cx.StopShowing(),
        *(
            cx.GiveOpinion(exhibit, quality, "", "", text)
            for exhibit in ("x1", "x2", "x9")
            for quality in ("accepted", "disputed", "", "perhaps")
            for text in ("", "no stamp")
        ),
        *(cx.AskOriginal(exhibit, reason) for exhibit in ("x1", "x2") for reason in ("a copy", " ")),
    )


def doors_commands() -> tuple[c.Command, ...]:
    """Those of the doors that name no seat."""
    return (
        *(cd.CloseDoors(ground, "a patient's file") for ground in ("privacy", "weather")),
        *(cd.CloseDoors(ground, "asked for", recorded=False) for ground in ("trade_secret", "mediation")),
        cd.CloseDoors("privacy", " "),
        cd.OpenDoors(),
    )


def plain_commands() -> tuple[c.Command, ...]:
    """Commands that name no seat."""
    return (
        c.AcknowledgeDiscipline(DISCIPLINE),
        c.AcknowledgeDiscipline("old"),
        c.Consent(agrees=True),
        c.Consent(agrees=False),
        *(c.Consent(agrees, step) for agrees in (True, False) for step in ("mediation", "picnic")),
        *checkin_commands(),
        *rooms_commands(),
        *care_commands(),
        *order_commands(),
        *exhibits_commands(),
        c.ReportDevice("ok", "ok", "failed", "fair"),
        c.ReportDevice("loud", "ok", "ok", "good"),
        *(c.SetSelf(microphone=m, camera=k) for m in (True, False) for k in (True, False)),
        c.RequestFloor("a question"),
        c.WithdrawRequest(),
        c.OpenCourt(),
        *(c.GoToStage(stage.key, r) for stage in stages_of("civil_ordinary") for r in ("", "agreed")),
        c.GoToStage("nonsense", "agreed"),
        c.OpenFloor(()),
        c.CloseFloor(),
        c.Recess(""),
        c.Resume(),
        c.Close(),
        c.Close("withdrawn"),
        *doors_commands(),
        c.Adjourn("ill"),
        c.Adjourn(" "),
        c.Leave(),
        *(c.ReportTape(state, "") for state in c.TapeState),
        c.ReportTape(c.TapeState.FAULTED, "disk_full"),
        c.ReportSegment("a-audio-0001.ytape", 9, "aa" * 32, "bb" * 32, "plaintiff", 1, 2),
        c.Tick(),
    )


def commands_about(seat: SeatId) -> tuple[c.Command, ...]:
    """Commands that name a seat, or a connection of it."""
    return (
        *(cr.MoveSeats((seat,), room) for room in ("main", "deliberation", "consultation:plaintiff")),
        *(cr.ScreenOff(seat, SeatId("defendant"), on, "fear") for on in (True, False)),
        c.Admit(seat),
        *(cd.AskOut(seat, reason) for reason in ("wait, please", " ")),
        c.Admit(seat, "by telephone"),
        *(ci.SetOnSite(seat, on_site, why) for on_site in (True, False) for why in ("ill", "")),
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
        *order_commands_about(seat),
        *(cx.PermitPresenting(seat, on) for on in (True, False)),
        *(cx.ShowSource(source, seat) for source in ("screen", "camera", "sky")),
        cx.GiveOpinion("x1", "disputed", "accepted", "", "as said", seat),
        cc.PromptAbsent(seat),
        cc.WarnAbsent(seat),
        *(cc.RuleAbsence(seat, f, "why") for f in ("withdrawn", "absent", "excused", "", "guilty")),
        cc.RuleAbsence(seat, "excused", " "),
        *(cc.SeeNotice(f"{seat}-{n}") for n in (1, 2)),
        *(cc.ShowNotice(f"{seat}-{n}") for n in (1, 2)),
        cc.MeasureAbsence(connection(seat), ("cause=connection_lost",)),
        cc.AnswerCannotHear(seat),
        cc.AnswerHelp(seat),
        cc.SendMessage(seat, "an answer"),
        cf.WriteFromConsole(seat, "an answer"),
        cc.NoteIncident("network", seat, 1, 0, ()),
        *(c.Arrive(connection(seat, n)) for n in (1, 2)),
        *(c.Depart(connection(seat, n), cause) for n in (1, 2) for cause in c.LeaveCause),
    )
