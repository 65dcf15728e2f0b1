"""The discipline of the online courtroom as people read it before they enter. Plain data, versioned.

Rests on the court rules 2016 arts. 9-20 and the online litigation rules arts. 24-28; `mediation`, which stands in for it in
a mediation, on the online mediation rules arts. 16-18, 20 (confidential, voluntary, recorded only when all agree). A changed
text gets a new version: what was acknowledged stays provable.
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
    "mediation": {
        "zh-CN": [
            "请在安静、光线充足、无他人干扰的封闭场所参加调解，不得在行驶的车辆、网吧、商场等场所参加。",
            "调解由调解员主持。一方陈述时，请不要打断；有话要说，可以申请发言。",
            "调解不公开。未经全体同意，系统不录音录像；任何人不得自行录音、录像、拍照、截屏或者传播调解内容。",
            "调解是自愿的，您可以随时提出不再继续。不得吸烟、进食、接打电话，需要离开的请先说明。",
            "背对背调解时，只有调解员和您这一方在场，另一方听不到、看不到，也看不到文字。",
            "网络中断、设备故障时请尽快重新打开链接，系统会让您回到原来的席位；掉线本身不等于退出。",
            "请如实陈述，不得借调解损害他人的合法权益。扰乱调解秩序的，调解员可以提示、警告或者请其退出。",
        ],
        "en": [
            "Attend from a quiet, well-lit, closed room where nobody disturbs you; not from a moving vehicle or a shop.",
            "The mediator conducts the mediation. Do not interrupt; if you want to say something, ask for the floor.",
            "Mediation is confidential. Nothing is recorded unless all agree; nobody may record, capture or spread it.",
            "Mediation is voluntary: you may end it at any time. Do not smoke, eat or take calls; say so before you leave.",
            "In a caucus only the mediator and your side are present; the other side hears, sees and reads nothing of it.",
            "If your line or device fails, open the link again: your seat is kept. Losing the line is not leaving.",
            "Be truthful, and do not use a mediation against others. Whoever disturbs it may be warned or asked to leave.",
        ],
    },
}
