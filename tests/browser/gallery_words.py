"""What people say and write before the gallery's camera. Plain data; the same in both languages' pictures."""

from __future__ import annotations

LOCK = "未经许可打断对方发言"
REPRIMAND = "多次打断审判长发言"
REMOVED = "擅自录制庭审并在网络传播"
OBJECTION = "问题已经包含了答案"
HAND = "补充说明验收时间"
RECESS = "休息十五分钟"
TITLE = "设备买卖合同（2023年3月6日）"
OPINION = "对真实性、合法性无异议，对证明目的不认可。"
FLOOR_OF_ONE = "十五万三千元是我们的底线，可以分两期。"
SHARED = "货款十六万元，于2026年12月31日前一次付清。"
CLAUSE = "被告于2026年12月31日前向原告支付货款十六万元。"
FACT = "双方于2023年3月6日签订设备买卖合同，设备已交付。"
DISCLOSED = "调解员与双方当事人及代理人均无亲属或者利害关系。"
WORD = "请检查摄像头权限，刷新页面后重试。"
JUMP = "图集"
CLOSED_FOR = "材料涉及原告的客户名单"
ASKED_OUT = "请在外等候，待证人作证后再入庭"
FOUND = "争议的账目有两千余笔，需要当面核对"
WRITTEN = (
    LOCK,
    REPRIMAND,
    REMOVED,
    OBJECTION,
    HAND,
    RECESS,
    TITLE,
    OPINION,
    FLOOR_OF_ONE,
    SHARED,
    CLAUSE,
    FACT,
    DISCLOSED,
    WORD,
    JUMP,
    CLOSED_FOR,
    ASKED_OUT,
    FOUND,
)
