"""Article and sentence of each reason of rooms: (article or "", Chinese, English). Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.reasons import Reason as R  # noqa: N817

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Mapping[R, tuple[str, str, str]] = {
    R.ROOM_UNKNOWN: ("", "本次庭审没有这个房间。", "This hearing has no such room."),
    R.ROOM_NOT_FOR_SEAT: ("", "该席位不能进入这个房间。", "This seat may not be in that room."),
    R.ROOM_NOT_OPEN: ("", "这个房间现在未开放。", "That room is not open now."),
    R.IN_ANOTHER_ROOM: (
        "",
        "您现在不在主庭，回到主庭后才能进行此操作。",
        "You are in another room; this can be done in the main room only.",
    ),
    R.CAUCUS_BY_MEDIATOR: (
        "OMR 16",
        "背对背调解由调解员请当事人进出。",
        "People go into a caucus and out of it when the mediator moves them.",
    ),
    R.SCREENED_APART: (
        "",
        "两人已被隔离，不能同处一室。",
        "The two are screened from one another and cannot be in the same room.",
    ),
    R.SCREENING_OF_ONE: ("", "隔离须指明两个不同的席位。", "Screening needs two different seats."),
    R.PRESIDING_NOT_SCREENABLE: (
        "",
        "主持人不能被隔离。",
        "Whoever conducts the hearing cannot be screened from anybody.",
    ),
    R.RECORDING_NOT_BY_CONSENT: (
        "AVR 3",
        "庭审全程录音录像，不以同意为前提。",
        "The whole hearing is recorded; it does not depend on consent.",
    ),
    R.NEVER_RECORDED_HERE: (
        "AVR 3",
        "这个房间从不录音录像，也不转写。",
        "Nothing is ever recorded or transcribed in this room.",
    ),
    R.NOT_A_MEDIATION: ("", "本次庭审不是调解。", "This hearing is not a mediation."),
    R.NOT_A_MEDIATOR: ("", "只有调解员可以进行此操作。", "Only a mediator may do this."),
    R.MEDIATION_ENDED: ("OMR 25", "调解已经终结。", "The mediation has ended."),
    R.NOT_DISCLOSED: (
        "OMR 13",
        "调解员尚未披露有关情况。",
        "The mediator has not made the disclosure yet.",
    ),
    R.MEDIATOR_NOT_ACCEPTED: (
        "OMR 13",
        "须调解员披露有关情况，并经各方当事人同意后，才能继续调解。",
        "It goes on only after the mediator's disclosure and with the consent of every party.",
    ),
    R.PARTY_ANSWERED_ITSELF: (
        "CPL 62",
        "当事人本人已经答复本条，代理人不能更改；请当事人本人重新答复。",
        "The party has answered this clause itself; its agent cannot change that. Only the party can.",
    ),
    R.PROPOSAL_UNKNOWN: ("", "没有这个调解方案。", "There is no such proposal."),
    R.PROPOSAL_NOT_HERE: (
        "OMR 16",
        "给一方的方案在与该方的背对背调解中提出，给双方的方案在主庭提出。",
        "A proposal to one side is made in the caucus with it, one to both in the joint room.",
    ),
    R.PROPOSAL_SHARED: ("", "该方案双方均已知悉。", "Both sides know this proposal already."),
    R.NO_LEAVE_OF_SIDE: (
        "OMR 18",
        "未经该方全体当事人同意，不能向对方出示其方案。",
        "A proposal may be shown to the other side only with the leave of all the parties of its own.",
    ),
    R.CLAUSE_UNKNOWN: ("", "没有这个条款，或者该条款已删除。", "There is no such clause, or it was struck."),
    R.CLAUSE_CHANGED: (
        "OMR 19",
        "条款已修改，请阅读最新文本后再答复。",
        "The clause has changed; read it as it stands and answer again.",
    ),
    R.FACT_UNKNOWN: ("", "没有这项无争议事实。", "There is no such undisputed fact."),
    R.TEXT_REQUIRED: ("", "请填写内容。", "Write something first."),
    R.MEDIATION_LIST_FULL: ("", "条目已达上限。", "There are too many entries already."),
    R.ENDING_UNKNOWN: ("OMR 25", "没有这种调解终结情形。", "A mediation does not end that way."),
    R.TERMS_NOT_AGREED: (
        "OMR 19",
        "协议条款尚未经全体当事人同意。",
        "Not every party has agreed to every clause yet.",
    ),
}
