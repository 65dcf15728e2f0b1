"""Article and sentence of each reason of order: (article or "", Chinese, English). Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

R = Reason

WORDS: Mapping[Reason, tuple[str, str, str]] = {
    R.SEAT_REMOVED: (
        "CR 19",
        "该席位人员已被责令退出法庭，未经审判长准许不得重新参加庭审。",
        "The court ordered this person out; only the presiding judge may let the person take part again.",
    ),
    R.SEAT_ASIDE: (
        "",
        "该席位现在不在主庭，回到主庭后才能发言。",
        "This seat is in another room; it can be given the floor in the main room only.",
    ),
    R.OATH_MISSING: (
        "CPLI 120",
        "该证人或者鉴定人尚未签署保证书，不得作证。",
        "The witness or expert has not signed the undertaking and may not testify yet.",
    ),
    R.OATH_VERSION_OLD: (
        "CPLI 119",
        "保证书文本已更新，请刷新页面后重新签署。",
        "The text of the undertaking has changed; reload the page and sign the new one.",
    ),
    R.NOT_ASKED_FOR_OATH: (
        "CPLI 119",
        "只有证人、鉴定人和翻译人员需要签署保证书。",
        "Only witnesses, experts and interpreters are asked to sign an undertaking.",
    ),
    R.NOBODY_TO_INTERRUPT: (
        "",
        "现在没有人持有发言权，无需打断。",
        "Nobody holds the floor to be interrupted.",
    ),
    R.NOTHING_INTERRUPTED: (
        "",
        "没有被打断的发言可以继续。",
        "No floor was interrupted that could be given back.",
    ),
    R.NO_TURNS: ("", "现在不是轮流发言。", "The floor is not spoken in by turns now."),
    R.NO_TURN: (
        "CR 17",
        "现在是轮流发言，取得发言机会后您的声音才会被听到。",
        "People speak by turns now; you will be heard once you have taken the turn.",
    ),
    R.TURN_TAKEN: (
        "CR 17",
        "其他人正在发言，请等待其说完。",
        "Somebody else has the turn; wait until it is free.",
    ),
    R.OBJECTION_GROUND_UNKNOWN: ("", "异议的理由无法识别。", "The ground of the objection is not known."),
    R.OBJECTIONS_WAITING: (
        "",
        "尚有异议等待法庭处理，请稍后再提出。",
        "Objections are still waiting for a ruling; raise yours after that.",
    ),
    R.OBJECTION_UNKNOWN: ("", "没有这项异议。", "There is no such objection."),
    R.OBJECTION_RULED: ("", "该异议已经处理。", "This objection has been ruled on."),
    R.MEASURE_UNKNOWN: (
        "CR 19",
        "措施的种类无法识别，可以提示、警告或者训诫。",
        "The measure is not known: it is a reminder, a warning or a reprimand.",
    ),
    R.NOT_AGAINST_BENCH: (
        "CPLI 177",
        "对审判长和合议庭成员不适用法庭纪律措施。",
        "Measures of discipline are not taken against the presiding judge or a member of the panel.",
    ),
    R.ALREADY_REMOVED: (
        "CR 19",
        "该席位人员已被责令退出法庭。",
        "The court has ordered this person out already.",
    ),
    R.NOT_REMOVED: ("CR 19", "该席位人员未被责令退出法庭。", "The court has not ordered this person out."),
    R.NOT_AN_INTERPRETER: ("", "该席位不是翻译人员。", "This seat is not an interpreter's."),
    R.NOT_INTERPRETED: (
        "",
        "只能为需要准许才能发言的人员配翻译。",
        "An interpreter is paired with a seat that speaks by leave of the court.",
    ),
    R.LAYOUT_UNKNOWN: ("", "画面布局的种类无法识别。", "The layout is not one of those there are."),
    R.NEVER_SHOWN: ("", "该席位不显示画面。", "This seat is never seen."),
}
