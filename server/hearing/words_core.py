"""Article and sentence of each reason of the sitting: (article or "", Chinese, English). Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Mapping[Reason, tuple[str, str, str]] = {
    Reason.HEARING_NOT_SCHEDULED: ("", "该庭次尚未排期。", "This hearing has not been scheduled."),
    Reason.HEARING_NOT_BEGUN: (
        "",
        "庭审尚未开始签到，请等候法庭工作人员到庭。",
        "Check-in has not begun; please wait for the court to arrive.",
    ),
    Reason.COURT_NOT_OPEN: (
        "CPL 140",
        "尚未宣布开庭，此操作须在开庭后进行。",
        "The court has not been opened; this can be done after it opens.",
    ),
    Reason.COURT_IN_SESSION: ("", "法庭正在开庭中。", "The court is in session."),
    Reason.COURT_IN_RECESS: (
        "AVR 3",
        "现在休庭，请等候审判长宣布继续开庭。",
        "The court is in recess; please wait until the presiding judge resumes.",
    ),
    Reason.HEARING_CLOSED: ("", "本次庭审已经闭庭。", "This hearing is closed."),
    Reason.HEARING_ADJOURNED: ("CPL 149", "本次庭审已延期审理。", "This hearing has been adjourned."),
    Reason.HEARING_MOVED_OFFLINE: (
        "OLR 21",
        "本次庭审已转为线下。",
        "This hearing was moved to the courthouse.",
    ),
    Reason.SEAT_UNKNOWN: ("OLR 7", "本次庭审没有这个席位。", "There is no such seat in this hearing."),
    Reason.NOT_CONNECTED: (
        "",
        "此页面已不再占用该席位，请重新进入。",
        "This page no longer holds the seat; please enter again.",
    ),
    Reason.NOT_PRESIDING: (
        "CR 17",
        "此操作由审判长（独任审判员）决定。",
        "Only the presiding judge may do this.",
    ),
    Reason.NOT_DELEGATED: (
        "",
        "审判长未将此操作交由书记员办理。",
        "The presiding judge has not delegated this to the clerk.",
    ),
    Reason.DISCIPLINE_NOT_READ: (
        "OLR 25",
        "须先阅读并确认法庭纪律，方可入庭。",
        "The court's discipline must be read and accepted before entering.",
    ),
    Reason.DISCIPLINE_VERSION_OLD: (
        "OLR 25",
        "法庭纪律已更新，请重新阅读后确认。",
        "The court's discipline has changed; please read it again.",
    ),
    Reason.CONSENT_MISSING: (
        "OLR 4",
        "当事人尚未同意在线开庭；在线诉讼须经本人同意。",
        "The party has not agreed to an online hearing; nobody is held to one without consent.",
    ),
    Reason.NOT_A_PARTY: (
        "OLR 4",
        "只有当事人及其诉讼代理人需要答复是否同意在线开庭。",
        "Only parties and their agents answer whether they agree to an online hearing.",
    ),
    Reason.DEVICE_REPORT_INVALID: (
        "",
        "设备检测结果无法识别，请重新检测。",
        "The device test is not readable; please test again.",
    ),
    Reason.OBSERVERS_NOT_ALLOWED: (
        "OLR 27",
        "本案不公开审理，不准旁听。",
        "This hearing is not public; observers are not allowed.",
    ),
    Reason.SEAT_NOT_ARRIVED: ("", "该席位人员尚未进入候庭室。", "This person is not in the waiting room."),
    Reason.ALREADY_ADMITTED: ("", "该席位人员已获准入庭。", "This person has already been admitted."),
    Reason.NOT_ADMITTED: (
        "CR 17",
        "您尚在候庭，经法庭准许入庭后方可参加。",
        "You are waiting; you take part once the court admits you.",
    ),
    Reason.SEAT_NOT_PRESENT: ("", "该席位人员当前不在庭。", "This person is not in the courtroom now."),
    Reason.CONNECTION_LOST: (
        "OLR 25",
        "连接中断，重新连接后恢复原席位。",
        "The connection is lost; the seat is kept until it is back.",
    ),
    Reason.SEAT_LEFT: (
        "OLR 25",
        "已离开法庭，须重新获准入庭。",
        "The seat has left the courtroom and must be admitted again.",
    ),
    Reason.WITNESS_ISOLATED: (
        "OLR 26",
        "证人在作证室候传，传唤前不得旁听庭审。",
        "Witnesses wait in the witness room and may not follow the hearing before being called.",
    ),
    Reason.NOT_A_WITNESS: (
        "OLR 26",
        "该席位不是证人或鉴定人。",
        "This seat is neither a witness nor an expert.",
    ),
    Reason.WITNESS_NOT_READY: (
        "OLR 26",
        "该证人不在作证室候传。",
        "This witness is not in the witness room.",
    ),
    Reason.WITNESS_ALREADY_CALLED: (
        "OLR 26",
        "该证人已经到庭。",
        "This witness is already in the courtroom.",
    ),
    Reason.WITNESS_NOT_CALLED: ("OLR 26", "该证人尚未被传到庭。", "This witness has not been called."),
    Reason.PRESIDING_ABSENT: ("CPL 140", "审判长尚未到庭。", "The presiding judge is not present."),
    Reason.PLAINTIFF_ABSENT: (
        "CPL 140",
        "原告及其代理人均未到庭。",
        "Neither the plaintiff nor its agent is present.",
    ),
    Reason.DEFENDANT_ABSENT: (
        "CPL 140",
        "被告及其代理人均未到庭。",
        "Neither the defendant nor its agent is present.",
    ),
    Reason.TAPE_NOT_READY: (
        "AVR 3",
        "录音录像尚未就绪；庭审须全程录音录像。",
        "The recording is not ready; the whole hearing must be recorded.",
    ),
    Reason.STAGE_UNKNOWN: ("OLR 22", "本程序没有这个阶段。", "This procedure has no such stage."),
    Reason.STAGE_ALREADY: ("", "已经处于该阶段。", "The hearing is already in this stage."),
    Reason.STAGE_NEEDS_REASON: (
        "OLR 22",
        "未按顺序进行的阶段须说明理由。",
        "A stage out of order needs a reason.",
    ),
    Reason.STAGE_BEFORE_OPENING: (
        "CPL 140",
        "该阶段在开庭之前，开庭后不能返回。",
        "This stage comes before the opening of the court and cannot be entered again.",
    ),
    Reason.STAGE_ONLY_BY_CLOSE: (
        "",
        "请使用“闭庭”结束庭审。",
        "Close the court to end the hearing.",
    ),
    Reason.REASON_REQUIRED: ("CR 19", "请说明理由。", "Please give a reason."),
    Reason.OBSERVER_NEVER_SPEAKS: (
        "CR 17",
        "旁听人员不得发言、提问。",
        "Observers may not speak or ask questions.",
    ),
    Reason.NO_FLOOR: (
        "CR 17",
        "未经审判长准许不得发言，可以点“申请发言”。",
        "You speak with the presiding judge's leave; you may ask for the floor.",
    ),
    Reason.HAS_FLOOR: ("", "您已获准发言，请直接发言。", "You have the floor already; please speak."),
    Reason.SPEAKS_WITHOUT_FLOOR: (
        "",
        "审判席和书记员无需准许即可发言。",
        "The bench and the clerk speak without being given the floor.",
    ),
    Reason.FLOOR_ALREADY_CLOSED: ("", "当前无人持有发言权。", "Nobody has the floor."),
    Reason.FLOOR_WITHOUT_SEATS: ("", "请选择可以发言的席位。", "Please choose who may speak."),
    Reason.LIMIT_OUT_OF_RANGE: (
        "",
        "发言时限应在 0 至 7200 秒之间。",
        "The time limit must be between 0 and 7200 seconds.",
    ),
    Reason.ALREADY_REQUESTED: (
        "",
        "您已申请发言，请等候审判长准许。",
        "You have asked for the floor; please wait for leave.",
    ),
    Reason.NO_REQUEST: (
        "",
        "该席位没有待处理的发言申请。",
        "There is no request for the floor from this seat.",
    ),
    Reason.QUEUE_FULL: (
        "",
        "等候发言的人数已满，请稍后再申请。",
        "Too many are waiting for the floor; please ask again later.",
    ),
    Reason.MUTED_BY_SELF: (
        "",
        "您已自行关闭麦克风，打开后即可发言。",
        "Your own microphone is off; switch it on to be heard.",
    ),
    Reason.MUTED_BY_COURT: (
        "CR 19",
        "法庭已将您禁言，审判长准许后方可发言。",
        "The court has muted you; you may speak when the presiding judge allows it.",
    ),
    Reason.SEAT_LOCKED: (
        "CR 19",
        "该席位已被禁言，须先解除禁言。",
        "This seat is muted by the court; lift that first.",
    ),
    Reason.ALREADY_LOCKED: ("", "该席位已被禁言。", "This seat is already muted by the court."),
    Reason.NOT_LOCKED: ("", "该席位未被禁言。", "This seat is not muted by the court."),
    Reason.PRESIDING_NOT_LOCKABLE: (
        "CR 17",
        "不能对审判长禁言。",
        "The presiding judge cannot be muted.",
    ),
}
