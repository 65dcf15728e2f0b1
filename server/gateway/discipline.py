"""The discipline of the online courtroom as people read it before they enter. Plain data, versioned.

Rests on the court rules 2016 arts. 9-20 and the online litigation rules arts. 24-28. A changed text gets a new version:
what was acknowledged stays provable.
"""

from __future__ import annotations

from typing import Any

DISCIPLINE: dict[str, Any] = {
    "version": "2026-11",
    "zh-CN": [
        "请在安静、光线充足、无他人干扰的封闭场所参加庭审，不得在行驶的车辆、网吧、商场等场所参加。",
        "服从审判长指挥。发言须经审判长准许，不得打断他人发言。",
        "未经准许，不得录音、录像、拍照、截屏或者传播庭审内容。法院全程录音录像。",
        "不得吸烟、进食、接打电话，不得随意离开镜头。擅自退出，经提示、警告仍不改正的，可能视为中途退庭。",
        "证人、鉴定人在被传唤前不得旁听庭审。",
        "网络中断、设备故障时请尽快重新打开链接，系统会让您回到原来的席位；掉线本身不等于退庭。",
        "违反法庭纪律的，审判长可以警告、训诫、责令退出；情节严重的依法处理。",
    ],
    "en": [
        "Attend from a quiet, well-lit, closed room where nobody disturbs you; not from a moving vehicle or a shop.",
        "Follow the presiding judge. Speak only when given the floor, and do not interrupt.",
        "Do not record, photograph, capture or spread the hearing. The court records all of it.",
        "Do not smoke, eat or take calls; stay in the picture. Leaving, after a warning, may be ruled a withdrawal.",
        "Witnesses and experts may not follow the hearing before they are called.",
        "If your line or device fails, open the link again: your seat is kept. Losing the line is not leaving.",
        "Whoever breaks these rules may be warned, reprimanded or removed by the presiding judge, and sanctioned by law.",
    ],
}
