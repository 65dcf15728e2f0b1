"""Article and sentence of each reason of care: (article or "", Chinese, English). Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Mapping[Reason, tuple[str, str, str]] = {
    Reason.ABSENCE_OF_NO_CONSEQUENCE: (
        "",
        "该席位离席不影响庭审进行，无需提示或者警告。",
        "The hearing does not depend on this seat; there is nothing to prompt or warn.",
    ),
    Reason.NOT_ABSENT: ("OLR 25", "该席位人员在场。", "The person of this seat is here."),
    Reason.ALREADY_PROMPTED: (
        "OLR 25",
        "本次离席已经提示过，可以警告。",
        "It has been prompted in this absence; a warning can follow.",
    ),
    Reason.SIDE_REPRESENTED: (
        "CPL 61",
        "该方当事人有代理人（或本人）在庭，不能认定拒不到庭或者中途退庭；必须本人到庭的，请选择“必须到庭而未到”。",
        "This side appears, so neither is found. If the person had to come, choose that finding.",
    ),
    Reason.ALREADY_WARNED: ("OLR 25", "本次离席已经警告过。", "It has been warned in this absence."),
    Reason.PROMPT_FIRST: ("OLR 25", "请先提示该席位返回法庭。", "Prompt the seat to come back first."),
    Reason.WARN_FIRST: (
        "OLR 25",
        "须经提示、警告后仍不改正，才能视为中途退庭。",
        "Only after a prompt and a warning can leaving be found a withdrawal.",
    ),
    Reason.FINDING_UNKNOWN: ("", "认定的种类无法识别。", "The finding is not one of those the law knows."),
    Reason.NO_FINDING: ("", "该席位没有可以撤销的认定。", "There is no finding to lift."),
    Reason.NEVER_CAME: (
        "OLR 25",
        "该席位人员未曾到庭，不能认定中途退庭。",
        "The person never came in, so this is no withdrawal in mid-hearing.",
    ),
    Reason.CAME: (
        "OLR 25",
        "该席位人员曾经到庭，不能认定拒不到庭。",
        "The person had come in, so this is no refusal to appear.",
    ),
    Reason.BEFORE_TIME: (
        "CPL 146",
        "尚未到传票确定的开庭时间。",
        "The time for which the person was summoned has not come yet.",
    ),
    Reason.ROLL_FIRST: (
        "CPL 140",
        "请先点名，查明到庭情况。",
        "Call the roll first to establish who is here.",
    ),
    Reason.NOTICE_UNKNOWN: ("", "没有这份通知。", "There is no such notice."),
    Reason.NOTHING_ASKED: (
        "",
        "该席位没有待处理的请求。",
        "This seat has asked for nothing that is still open.",
    ),
    Reason.HELP_UNKNOWN: ("", "求助的种类无法识别。", "The kind of help is not known."),
    Reason.HELPERS_ONLY: (
        "",
        "只有审判长、书记员等负责协助的人员可以答复。",
        "Only those of the court who help may answer.",
    ),
    Reason.TOO_OFTEN: ("", "发送过于频繁，请稍候再试。", "Please wait a moment before sending again."),
    Reason.MESSAGE_EMPTY: ("", "消息内容不能为空。", "The message is empty."),
    Reason.MESSAGE_TO_COURT_ONLY: (
        "CR 17",
        "庭审中只能向法庭发送文字消息，不能发给其他参与人。",
        "In a hearing people write to the court only, not to one another.",
    ),
    Reason.MESSAGE_TO_PERSON_ONLY: (
        "",
        "请选择要答复的参与人。",
        "Choose the person of the hearing whom you answer.",
    ),
    Reason.MESSAGE_INTO_CAUCUS: (
        "",
        "对方正在背对背调解，请由调解员转达。",
        "The person is in a caucus; the mediator can pass it on.",
    ),
    Reason.INCIDENT_UNKNOWN: ("", "没有这份异常情况说明。", "There is no such incident note."),
    Reason.INCIDENT_SIGNED: ("AVR 4", "该异常情况说明已经签署。", "This incident note has been signed."),
    Reason.INCIDENT_GOES_ON: (
        "AVR 4",
        "异常情况尚未结束，结束后再签署说明。",
        "The incident still goes on; sign the note when it is over.",
    ),
    Reason.SEAT_TAKEN: (
        "",
        "该席位或者该人员已在本次庭审中。",
        "The seat or the person is already in this hearing.",
    ),
    Reason.TECHNICIANS_ENOUGH: (
        "",
        "技术保障人员已达上限。",
        "There are as many technicians as a hearing can have.",
    ),
}
