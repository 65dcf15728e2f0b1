"""The transcript as a plain text, and how roles are called in it. Decides nothing; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.gateway.discipline import has_panel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from server.store.cases import HearingFile, SeatRow
    from server.store.results import UtteranceRow


ROLES_ZH = {
    "presiding": "审判长",
    "judge": "审判员",
    "assessor": "人民陪审员",
    "clerk": "书记员",
    "plaintiff": "原告",
    "defendant": "被告",
    "third_party": "第三人",
    "agent": "委托诉讼代理人",
    "witness": "证人",
    "expert": "鉴定人",
    "interpreter": "翻译",
    "mediator": "调解员",
    "enforcement_officer": "执行员",
    "police": "司法警察",
    "technician": "技术保障人员",
    "observer": "旁听人员",
}


_ENFORCED_ZH = {"plaintiff": "申请执行人", "defendant": "被执行人", "third_party": "利害关系人"}
_ENFORCEMENT = frozenset({"enforcement_hearing", "property_viewing"})


def role_zh(file: HearingFile, role: str) -> str:
    """Role as it is called in this hearing: a judge alone is no 审判长, and before an enforcement officer nobody sues."""
    if role == "presiding" and not has_panel(seat.role for seat in file.seats):
        return ROLES_ZH["judge"]
    own = _ENFORCED_ZH if file.hearing.procedure in _ENFORCEMENT else {}
    return own.get(role) or ROLES_ZH.get(role, role)


def transcript_text(
    file: HearingFile, seats: Mapping[str, SeatRow], lines: Sequence[UtteranceRow], zero: int
) -> str:
    """The transcript as a plain text for reading and printing. seats: with the names that the reader may have."""
    head = [
        f"{file.case.court}",
        f"{file.case.case_no} {file.case.cause}",
        "庭审语音转写稿(机器转写，未经核对，不是正式笔录)",
        "",
    ]
    body = []
    for line in lines:
        seat = seats.get(line.seat)
        if seat is None:
            continue
        seconds = max(0, line.t0_ms - zero) // 1000
        stamp = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        who = f"{role_zh(file, seat.role)} {seat.name}".rstrip()
        body.append(f"[{stamp}] {who}：{line.text}")
    return "\n".join(head + body) + "\n"
