"""Article and sentence of each reason of check-in: (article or "", Chinese, English). Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Mapping[Reason, tuple[str, str, str]] = {
    Reason.ROLL_NOT_CALLED: (
        "CPL 140",
        "尚未查明到庭情况，请先点名核对。",
        "The roll has not been called; please take down who is here first.",
    ),
    Reason.SUITABILITY_UNCHECKED: (
        "OLR 21",
        "尚未核对本案是否适宜在线审理。",
        "It has not been checked whether this case may be heard online.",
    ),
    Reason.SUITABILITY_BARRED: (
        "OLR 21",
        "核对发现不宜在线审理的情形，应当转为线下；继续在线进行须说明理由。",
        "A case was found in which the hearing should be moved to the courthouse; to go on online needs a reason.",
    ),
    Reason.SUITABILITY_FORBIDDEN: (
        "OLR 21",
        "核对发现不得在线审理的情形，不能在线开庭或者继续，应当转为线下。",
        "A case was found that must not be heard online; the hearing cannot open or go on and is moved to the courthouse.",
    ),
    Reason.SUITABILITY_UNKNOWN: (
        "OLR 21",
        "请从所列情形中选择。",
        "Please choose from the listed cases.",
    ),
    Reason.PANEL_ABSENT: (
        "CPL 40",
        "合议庭成员尚未到齐。",
        "The panel is not complete.",
    ),
    Reason.PLACE_NOT_DECLARED: (
        "OLR 24",
        "尚未声明参加庭审的场所；应当在安静、封闭的场所参加。",
        "The place of taking part has not been declared; it must be quiet and closed.",
    ),
    Reason.PLACE_NOT_QUIET: (
        "OLR 24",
        "声明的场所不安静或者有他人在场，准许入庭须由审判长说明理由。",
        "The declared place is not quiet or not private; only the presiding judge may admit from it, with a reason.",
    ),
    Reason.PLACE_UNKNOWN: ("OLR 24", "请从所列场所中选择。", "Please choose one of the listed places."),
    Reason.PLACE_NOT_ASKED: (
        "OLR 24",
        "该席位无需声明参加场所。",
        "This seat is not asked where it takes part from.",
    ),
    Reason.NOT_ON_SITE_SEAT: (
        "OLR 4",
        "只有当事人、代理人、证人、鉴定人和翻译人员可以登记为线下到庭。",
        "Only parties, agents, witnesses, experts and interpreters are entered as attending in person.",
    ),
    Reason.CONSENT_STEP_UNKNOWN: (
        "OLR 4",
        "本程序没有这个需要同意的环节。",
        "This procedure has no such step to consent to.",
    ),
    Reason.STEP_NOT_AGREED: (
        "OLR 4",
        "有当事人尚未同意该环节在线进行；对一个环节的同意不及于其他环节。",
        "A party has not agreed to hold this step online; consent to one step is not consent to others.",
    ),
    Reason.POINT_MISSING: (
        "OLR 22",
        "必经事项尚未记录；继续须说明理由。",
        "A necessary point is not on the record; to go on needs a reason.",
    ),
    Reason.POINT_UNKNOWN: (
        "OLR 22",
        "当前阶段没有这个记录事项。",
        "The present stage has no such point.",
    ),
    Reason.TEXT_TOO_LONG: (
        "",
        "文字过长，请精简至 500 字以内。",
        "The text is too long; 500 characters at most.",
    ),
    Reason.OFFLINE_GROUND_UNKNOWN: (
        "OLR 21",
        "请从所列事由中选择转为线下的理由。",
        "Please choose one of the listed grounds for moving the hearing to the courthouse.",
    ),
    Reason.CLOSE_BY_ENDING: (
        "OMR 25",
        "调解须按终结事由结束，请选择调解终结的情形。",
        "A mediation ends by one of its endings; please choose which.",
    ),
}
