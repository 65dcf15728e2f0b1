"""Why the law says no: a closed list of reasons, each with its article and a sentence in Chinese and English.

Pure. Ids are on the wire and in clients' phrase books: never renamed, never used again for something else.
Articles: OLR 人民法院在线诉讼规则 (2021), AVR 庭审录音录像规定 (2017), CR 人民法院法庭规则 (2016), CPL 民事诉讼法 (2023);
"" where it is the order of this system and no article says it.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Stable id of a refusal, or of why a seat is silent."""

    # the hearing
    HEARING_NOT_SCHEDULED = "hearing_not_scheduled"
    HEARING_NOT_BEGUN = "hearing_not_begun"
    COURT_NOT_OPEN = "court_not_open"
    COURT_IN_SESSION = "court_in_session"
    COURT_IN_RECESS = "court_in_recess"
    HEARING_CLOSED = "hearing_closed"
    HEARING_ADJOURNED = "hearing_adjourned"
    # who asks
    SEAT_UNKNOWN = "seat_unknown"
    NOT_CONNECTED = "not_connected"
    NOT_PRESIDING = "not_presiding"
    NOT_DELEGATED = "not_delegated"
    # coming in
    DISCIPLINE_NOT_READ = "discipline_not_read"
    DISCIPLINE_VERSION_OLD = "discipline_version_old"
    CONSENT_MISSING = "consent_missing"
    NOT_A_PARTY = "not_a_party"
    DEVICE_REPORT_INVALID = "device_report_invalid"
    OBSERVERS_NOT_ALLOWED = "observers_not_allowed"
    SEAT_NOT_ARRIVED = "seat_not_arrived"
    ALREADY_ADMITTED = "already_admitted"
    NOT_ADMITTED = "not_admitted"
    SEAT_NOT_PRESENT = "seat_not_present"
    CONNECTION_LOST = "connection_lost"
    SEAT_LEFT = "seat_left"
    # witnesses
    WITNESS_ISOLATED = "witness_isolated"
    NOT_A_WITNESS = "not_a_witness"
    WITNESS_NOT_READY = "witness_not_ready"
    WITNESS_ALREADY_CALLED = "witness_already_called"
    WITNESS_NOT_CALLED = "witness_not_called"
    # opening and stages
    PRESIDING_ABSENT = "presiding_absent"
    PLAINTIFF_ABSENT = "plaintiff_absent"
    DEFENDANT_ABSENT = "defendant_absent"
    TAPE_NOT_READY = "tape_not_ready"
    STAGE_UNKNOWN = "stage_unknown"
    STAGE_ALREADY = "stage_already"
    STAGE_NEEDS_REASON = "stage_needs_reason"
    STAGE_BEFORE_OPENING = "stage_before_opening"
    STAGE_ONLY_BY_CLOSE = "stage_only_by_close"
    REASON_REQUIRED = "reason_required"
    # the floor
    OBSERVER_NEVER_SPEAKS = "observer_never_speaks"
    NO_FLOOR = "no_floor"
    HAS_FLOOR = "has_floor"
    SPEAKS_WITHOUT_FLOOR = "speaks_without_floor"
    FLOOR_ALREADY_CLOSED = "floor_already_closed"
    FLOOR_WITHOUT_SEATS = "floor_without_seats"
    LIMIT_OUT_OF_RANGE = "limit_out_of_range"
    ALREADY_REQUESTED = "already_requested"
    NO_REQUEST = "no_request"
    QUEUE_FULL = "queue_full"
    MUTED_BY_SELF = "muted_by_self"
    # mute and lock
    MUTED_BY_COURT = "muted_by_court"
    SEAT_LOCKED = "seat_locked"
    ALREADY_LOCKED = "already_locked"
    NOT_LOCKED = "not_locked"
    PRESIDING_NOT_LOCKABLE = "presiding_not_lockable"


_R = Reason

_WORDS: dict[Reason, tuple[str, str, str]] = {
    _R.HEARING_NOT_SCHEDULED: ("", "该庭次尚未排期。", "This hearing has not been scheduled."),
    _R.HEARING_NOT_BEGUN: (
        "",
        "庭审尚未开始签到，请等候法庭工作人员到庭。",
        "Check-in has not begun; please wait for the court to arrive.",
    ),
    _R.COURT_NOT_OPEN: (
        "CPL 140",
        "尚未宣布开庭，此操作须在开庭后进行。",
        "The court has not been opened; this can be done after it opens.",
    ),
    _R.COURT_IN_SESSION: ("", "法庭正在开庭中。", "The court is in session."),
    _R.COURT_IN_RECESS: (
        "AVR 3",
        "现在休庭，请等候审判长宣布继续开庭。",
        "The court is in recess; please wait until the presiding judge resumes.",
    ),
    _R.HEARING_CLOSED: ("", "本次庭审已经闭庭。", "This hearing is closed."),
    _R.HEARING_ADJOURNED: ("CPL 149", "本次庭审已延期审理。", "This hearing has been adjourned."),
    _R.SEAT_UNKNOWN: ("OLR 7", "本次庭审没有这个席位。", "There is no such seat in this hearing."),
    _R.NOT_CONNECTED: (
        "",
        "此页面已不再占用该席位，请重新进入。",
        "This page no longer holds the seat; please enter again.",
    ),
    _R.NOT_PRESIDING: (
        "CR 17",
        "此操作由审判长（独任审判员）决定。",
        "Only the presiding judge may do this.",
    ),
    _R.NOT_DELEGATED: (
        "",
        "审判长未将此操作交由书记员办理。",
        "The presiding judge has not delegated this to the clerk.",
    ),
    _R.DISCIPLINE_NOT_READ: (
        "OLR 25",
        "须先阅读并确认法庭纪律，方可入庭。",
        "The court's discipline must be read and accepted before entering.",
    ),
    _R.DISCIPLINE_VERSION_OLD: (
        "OLR 25",
        "法庭纪律已更新，请重新阅读后确认。",
        "The court's discipline has changed; please read it again.",
    ),
    _R.CONSENT_MISSING: (
        "OLR 4",
        "当事人尚未同意在线开庭；在线诉讼须经本人同意。",
        "The party has not agreed to an online hearing; nobody is held to one without consent.",
    ),
    _R.NOT_A_PARTY: (
        "OLR 4",
        "只有当事人及其诉讼代理人需要答复是否同意在线开庭。",
        "Only parties and their agents answer whether they agree to an online hearing.",
    ),
    _R.DEVICE_REPORT_INVALID: (
        "",
        "设备检测结果无法识别，请重新检测。",
        "The device test is not readable; please test again.",
    ),
    _R.OBSERVERS_NOT_ALLOWED: (
        "OLR 27",
        "本案不公开审理，不准旁听。",
        "This hearing is not public; observers are not allowed.",
    ),
    _R.SEAT_NOT_ARRIVED: ("", "该席位人员尚未进入候庭室。", "This person is not in the waiting room."),
    _R.ALREADY_ADMITTED: ("", "该席位人员已获准入庭。", "This person has already been admitted."),
    _R.NOT_ADMITTED: (
        "CR 17",
        "您尚在候庭，经法庭准许入庭后方可参加。",
        "You are waiting; you take part once the court admits you.",
    ),
    _R.SEAT_NOT_PRESENT: ("", "该席位人员当前不在庭。", "This person is not in the courtroom now."),
    _R.CONNECTION_LOST: (
        "OLR 25",
        "连接中断，重新连接后恢复原席位。",
        "The connection is lost; the seat is kept until it is back.",
    ),
    _R.SEAT_LEFT: (
        "OLR 25",
        "已离开法庭，须重新获准入庭。",
        "The seat has left the courtroom and must be admitted again.",
    ),
    _R.WITNESS_ISOLATED: (
        "OLR 26",
        "证人在作证室候传，传唤前不得旁听庭审。",
        "Witnesses wait in the witness room and may not follow the hearing before being called.",
    ),
    _R.NOT_A_WITNESS: ("OLR 26", "该席位不是证人或鉴定人。", "This seat is neither a witness nor an expert."),
    _R.WITNESS_NOT_READY: ("OLR 26", "该证人不在作证室候传。", "This witness is not in the witness room."),
    _R.WITNESS_ALREADY_CALLED: ("OLR 26", "该证人已经到庭。", "This witness is already in the courtroom."),
    _R.WITNESS_NOT_CALLED: ("OLR 26", "该证人尚未被传到庭。", "This witness has not been called."),
    _R.PRESIDING_ABSENT: ("CPL 140", "审判长尚未到庭。", "The presiding judge is not present."),
    _R.PLAINTIFF_ABSENT: (
        "CPL 140",
        "原告及其代理人均未到庭。",
        "Neither the plaintiff nor its agent is present.",
    ),
    _R.DEFENDANT_ABSENT: (
        "CPL 140",
        "被告及其代理人均未到庭。",
        "Neither the defendant nor its agent is present.",
    ),
    _R.TAPE_NOT_READY: (
        "AVR 3",
        "录音录像尚未就绪；庭审须全程录音录像。",
        "The recording is not ready; the whole hearing must be recorded.",
    ),
    _R.STAGE_UNKNOWN: ("OLR 22", "本程序没有这个阶段。", "This procedure has no such stage."),
    _R.STAGE_ALREADY: ("", "已经处于该阶段。", "The hearing is already in this stage."),
    _R.STAGE_NEEDS_REASON: (
        "OLR 22",
        "未按顺序进行的阶段须说明理由。",
        "A stage out of order needs a reason.",
    ),
    _R.STAGE_BEFORE_OPENING: (
        "CPL 140",
        "该阶段在开庭之前，开庭后不能返回。",
        "This stage comes before the opening of the court and cannot be entered again.",
    ),
    _R.STAGE_ONLY_BY_CLOSE: (
        "",
        "请使用“闭庭”结束庭审。",
        "Close the court to end the hearing.",
    ),
    _R.REASON_REQUIRED: ("CR 19", "请说明理由。", "Please give a reason."),
    _R.OBSERVER_NEVER_SPEAKS: (
        "CR 17",
        "旁听人员不得发言、提问。",
        "Observers may not speak or ask questions.",
    ),
    _R.NO_FLOOR: (
        "CR 17",
        "未经审判长准许不得发言，请先申请发言。",
        "Nobody speaks without leave; please ask for the floor.",
    ),
    _R.HAS_FLOOR: ("", "您已获准发言，请直接发言。", "You have the floor already; please speak."),
    _R.SPEAKS_WITHOUT_FLOOR: (
        "",
        "审判席和书记员无需准许即可发言。",
        "The bench and the clerk speak without being given the floor.",
    ),
    _R.FLOOR_ALREADY_CLOSED: ("", "当前无人持有发言权。", "Nobody has the floor."),
    _R.FLOOR_WITHOUT_SEATS: ("", "请选择可以发言的席位。", "Please choose who may speak."),
    _R.LIMIT_OUT_OF_RANGE: (
        "",
        "发言时限应在 0 至 7200 秒之间。",
        "The time limit must be between 0 and 7200 seconds.",
    ),
    _R.ALREADY_REQUESTED: (
        "",
        "您已申请发言，请等候审判长准许。",
        "You have asked for the floor; please wait for leave.",
    ),
    _R.NO_REQUEST: ("", "该席位没有待处理的发言申请。", "There is no request for the floor from this seat."),
    _R.QUEUE_FULL: (
        "",
        "等候发言的人数已满，请稍后再申请。",
        "Too many are waiting for the floor; please ask again later.",
    ),
    _R.MUTED_BY_SELF: (
        "",
        "您已自行关闭麦克风，打开后即可发言。",
        "Your own microphone is off; switch it on to be heard.",
    ),
    _R.MUTED_BY_COURT: (
        "CR 19",
        "法庭已将您禁言，解除前他人听不到您的声音。",
        "The court has muted you; nobody hears you until it lifts this.",
    ),
    _R.SEAT_LOCKED: (
        "CR 19",
        "该席位已被禁言，须先解除禁言。",
        "This seat is muted by the court; lift that first.",
    ),
    _R.ALREADY_LOCKED: ("", "该席位已被禁言。", "This seat is already muted by the court."),
    _R.NOT_LOCKED: ("", "该席位未被禁言。", "This seat is not muted by the court."),
    _R.PRESIDING_NOT_LOCKABLE: (
        "CR 17",
        "不能对审判长禁言。",
        "The presiding judge cannot be muted.",
    ),
}


class Refused(Exception):  # noqa: N818 - the law's own word, and what the wire calls it
    """The law says no; nothing changed. reason: why. rule: the article, or ""."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.rule = rule(reason)


class InvariantBroken(AssertionError):  # noqa: N818 - names what happened
    """Our own bug: an event that cannot follow on this state."""


def rule(reason: Reason) -> str:
    """Article that the reason rests on, e.g. "OLR 26", or ""."""
    return _WORDS[reason][0]


def sentence(reason: Reason, lang: str) -> str:
    """Put the reason in words. lang: a tag beginning with "en" for English; anything else gives Chinese."""
    _, chinese, english = _WORDS[reason]
    return english if lang.lower().startswith("en") else chinese
