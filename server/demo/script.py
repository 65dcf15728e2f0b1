"""The scripted hearing's directions: which command comes before which line of hearing/lines.json. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.demo import cast
from server.gateway.discipline import discipline_version
from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import commands_order as co
from server.hearing.ids import ConnectionId, SeatId
from server.hearing.state_order import OATH_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

PEOPLE = (
    "clerk",
    "presiding",
    "plaintiff",
    "plaintiff_agent",
    "defendant",
    "defendant_agent",
    "witness",
    "observer",
)
_STAFF = ("clerk", "presiding")
_PARTIES = ("plaintiff", "defendant")
_AT_HOME = ("plaintiff", "defendant", "witness")
_AT_OFFICE = ("plaintiff_agent", "defendant_agent")


@dataclass(frozen=True, slots=True)
class Cue:
    """One command: after_ms later than what came before, by a seat ("": an instrument)."""

    seat: str
    command: c.Command
    after_ms: int = 400


def _prologue() -> tuple[Cue, ...]:
    version = discipline_version(cast.PROCEDURE, [row.role for row in cast.HELD_SEATS])
    cues = [Cue(seat, c.Arrive(ConnectionId(f"demo-{seat}")), 1500) for seat in PEOPLE]
    cues.append(Cue("", c.ReportTape(c.TapeState.IDLE)))
    for seat in PEOPLE:
        cues.append(Cue(seat, c.ReportDevice("ok", "ok", "ok", "good"), 900))
        cues.append(Cue(seat, c.AcknowledgeDiscipline(version), 2500))
    cues.extend(Cue(seat, c.Consent(agrees=True), 1200) for seat in _PARTIES)
    cues.extend(Cue(seat, ci.DeclarePlace("home", quiet=True), 600) for seat in _AT_HOME)
    cues.extend(Cue(seat, ci.DeclarePlace("office", quiet=True), 600) for seat in _AT_OFFICE)
    cues.extend(Cue("clerk", c.Admit(SeatId(seat)), 1000) for seat in PEOPLE if seat not in _STAFF)
    cues.append(_point("identity_checked", "身份证件、授权委托书与到庭人员一致"))
    cues.append(Cue("clerk", ci.CallRoll(), 800))
    cues.append(Cue("clerk", ci.CheckSuitability(()), 900))
    cues.append(Cue("presiding", c.GoToStage(stage="discipline"), 1500))
    return tuple(cues)


def _point(item: str, text: str = "") -> Cue:
    return Cue("clerk", ci.RecordPoint(item, text), 300)


def _floor(seat: str) -> Cue:
    return Cue("presiding", c.GrantFloor(SeatId(seat)))


PROLOGUE: tuple[Cue, ...] = _prologue()

CUES: Mapping[int, tuple[Cue, ...]] = {
    2: (_point("discipline_read"), Cue("presiding", c.OpenCourt(), 1500)),
    4: (_floor("plaintiff"),),
    5: (_floor("defendant"),),
    6: (
        _point("cause_announced"),
        _point("rights_told"),
        _point("recusal_asked", "各方均不申请回避"),
        Cue("presiding", c.GoToStage(stage="investigation"), 900),
    ),
    7: (_floor("plaintiff_agent"),),
    9: (Cue("presiding", c.CloseFloor()),),
    10: (_floor("defendant_agent"),),
    11: (Cue("presiding", c.CloseFloor()),),
    12: (_floor("plaintiff_agent"),),
    13: (Cue("presiding", c.CloseFloor()),),
    14: (Cue("defendant_agent", c.RequestFloor("对证据发表质证意见")), _floor("defendant_agent")),
    15: (Cue("presiding", c.CloseFloor()),),
    16: (
        Cue("witness", co.TakeOath(OATH_VERSION), 900),
        Cue("presiding", c.CallWitness(SeatId("witness")), 1500),
    ),
    17: (_floor("witness"),),
    19: (Cue("presiding", c.OpenFloor((SeatId("witness"), SeatId("defendant")))),),
    20: (Cue("presiding", c.MuteAndLock(SeatId("defendant"), "未经许可插话"), 300),),
    21: (
        Cue("presiding", c.ReleaseLock(SeatId("defendant")), 900),
        Cue("presiding", c.DismissWitness(SeatId("witness")), 900),
        *(_point(item) for item in ("claims_stated", "defence_stated", "issues_fixed", "evidence_examined")),
        Cue("presiding", c.GoToStage(stage="debate"), 900),
    ),
    22: (Cue("presiding", c.OpenFloor((SeatId("plaintiff_agent"), SeatId("defendant_agent")))),),
    24: (_point("debate_held"), Cue("presiding", c.GoToStage(stage="final_statements"), 900)),
    25: (_floor("plaintiff"),),
    26: (_floor("defendant"),),
    27: (
        Cue("plaintiff", c.Consent(agrees=True, step="mediation"), 300),
        Cue("defendant", c.Consent(agrees=True, step="mediation"), 300),
        _point("final_stated"),
        Cue("presiding", c.GoToStage(stage="mediation"), 900),
    ),
    28: (Cue("presiding", c.OpenFloor((SeatId("plaintiff"), SeatId("defendant")))),),
}

EPILOGUE: tuple[Cue, ...] = (
    Cue("presiding", c.Recess(reason="调解员主持调解"), 1500),
    Cue("presiding", c.Resume(), 25_000),
    _point("mediation_asked", "双方愿意调解，未当庭达成协议"),
    Cue("presiding", c.Close("当庭调解后定期宣判"), 4000),
    *(Cue(seat, c.Depart(ConnectionId(f"demo-{seat}"), c.LeaveCause.PAGE_CLOSED), 700) for seat in PEOPLE),
)
