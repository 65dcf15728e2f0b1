"""Who sits where in the demonstration case. Invented people; plain data."""

from __future__ import annotations

from server.store.cases import SeatRow

CASE_ID = "case-demo"
CASE_NO = "（2026）粤0106民初1234号"
CAUSE = "买卖合同纠纷"
COURT = "广州市天河区人民法院"
PROCEDURE = "civil_ordinary"
HELD = "hearing-demo-held"

PRESIDING = SeatRow("presiding", "presiding", "bench", "person-lin", "林静")
CLERK = SeatRow("clerk", "clerk", "court", "person-zhou", "周敏")
PLAINTIFF = SeatRow("plaintiff", "plaintiff", "plaintiff", "person-zhang", "张伟")
PLAINTIFF_AGENT = SeatRow(
    "plaintiff_agent", "agent", "plaintiff", "person-he", "何晓晴", "plaintiff", "special"
)
DEFENDANT = SeatRow("defendant", "defendant", "defendant", "person-wu", "广东华南贸易有限公司（吴强）")
DEFENDANT_AGENT = SeatRow(
    "defendant_agent", "agent", "defendant", "person-zheng", "郑凯", "defendant", "general"
)
WITNESS = SeatRow("witness", "witness", "court", "person-sun", "孙立")
JUDGE = SeatRow("judge", "judge", "bench", "person-deng", "邓文")
ASSESSOR = SeatRow("assessor", "assessor", "bench", "person-huang", "黄丽")
MEDIATOR = SeatRow("mediator", "mediator", "bench", "person-gao", "高洁")
OFFICER = SeatRow("enforcement_officer", "enforcement_officer", "bench", "person-luo", "罗正")
OBSERVER = SeatRow("observer", "observer", "none", "person-tang", "唐宁")

HELD_SEATS = (
    PRESIDING,
    CLERK,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    DEFENDANT,
    DEFENDANT_AGENT,
    WITNESS,
    OBSERVER,
)
NOW_SEATS = (PRESIDING, CLERK, PLAINTIFF, PLAINTIFF_AGENT, DEFENDANT, WITNESS, OBSERVER)

PANEL_SEATS = (PRESIDING, JUDGE, ASSESSOR, *NOW_SEATS[1:])
"""Before a panel of three 合议庭."""

_PARTIES = (PLAINTIFF, PLAINTIFF_AGENT, DEFENDANT, DEFENDANT_AGENT)

_SEATS = {
    "mediation": (MEDIATOR, *_PARTIES),
    "enforcement_hearing": (OFFICER, CLERK, *_PARTIES),
    "property_viewing": (OFFICER, CLERK, PLAINTIFF, DEFENDANT, OBSERVER),
}


def seats_for(procedure: str) -> tuple[SeatRow, ...]:
    """Who sits in a demonstration hearing of this procedure."""
    return _SEATS.get(procedure, NOW_SEATS)


TITLES = {
    "presiding": "审判长 presiding judge",
    "judge": "审判员 judge",
    "assessor": "人民陪审员 lay assessor",
    "mediator": "调解员 mediator",
    "enforcement_officer": "执行员 enforcement officer",
    "clerk": "书记员 clerk",
    "plaintiff": "原告 plaintiff",
    "plaintiff_agent": "原告代理人 plaintiff's lawyer",
    "defendant": "被告 defendant",
    "defendant_agent": "被告代理人 defendant's lawyer",
    "witness": "证人 witness",
    "observer": "旁听 observer",
}
