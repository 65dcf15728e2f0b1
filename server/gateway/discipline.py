"""The discipline of the online courtroom as people read it before they enter. Plain data, versioned.

Rests on the court rules 2016 arts. 9-20 and the online litigation rules arts. 24-28; that of a mediation on the online
mediation rules arts. 16-18, 20 (confidential, voluntary, recorded only when all agree). Who directs the sitting is called by
the name of the office: a panel's presiding judge, a sole judge, an enforcement officer, a mediator, a clerk. A version is one
text; the first event of a hearing names it. A text is never changed and a version never given to another: what was
acknowledged stays provable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.procedure import presiding_roles
from server.hearing.seats import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Text = Mapping[str, tuple[str, ...]]
    """The paragraphs by language, "zh-CN" and "en"."""

_EDITION = "2026-12"
_FIRST = "2026-11"
"""The text before there was one for each office; hearings that were scheduled with it keep it."""

_PANEL = frozenset({Role.JUDGE, Role.ASSESSOR})
_MEDIATION = "mediation"

_COURT: Text = {
    "zh-CN": (
        "请在安静、光线充足、无他人干扰的封闭场所参加{what_zh}，不得在行驶的车辆、网吧、商场等场所参加。",
        "服从{zh}指挥。发言须经{zh}准许，不得打断他人发言。",
        "未经准许，不得录音、录像、拍照、截屏或者传播{what_zh}内容。法院全程录音录像。",
        "不得吸烟、进食、接打电话，不得随意离开镜头。擅自退出，经提示、警告仍不改正的，可能视为中途退庭。",
        "证人、鉴定人在被传唤前不得旁听{what_zh}。",
        "网络中断、设备故障时请尽快重新打开链接，系统会让您回到原来的席位；掉线本身不等于退庭。",
        "违反法庭纪律的，{zh}可以警告、训诫、责令退出；情节严重的依法处理。",
    ),
    "en": (
        "Attend from a quiet, well-lit, closed room where nobody disturbs you; not from a moving vehicle or a shop.",
        "Follow {en}. Speak only when given the floor, and do not interrupt.",
        "Do not record, photograph, capture or spread {what_en}. The court records all of it.",
        "Do not smoke, eat or take calls; stay in the picture. Leaving, after a warning, may be ruled a withdrawal.",
        "Witnesses and experts may not follow {what_en} before they are called.",
        "If your line or device fails, open the link again: your seat is kept. Losing the line is not leaving.",
        "Whoever breaks these rules may be warned, reprimanded or removed by {en}, and sanctioned by law.",
    ),
}

_MEDIATED: Text = {
    "zh-CN": (
        "请在安静、光线充足、无他人干扰的封闭场所参加调解，不得在行驶的车辆、网吧、商场等场所参加。",
        "调解由调解员主持。一方陈述时，请不要打断；有话要说，可以申请发言。",
        "调解不公开。未经全体同意，系统不录音录像；任何人不得自行录音、录像、拍照、截屏或者传播调解内容。",
        "调解是自愿的，您可以随时提出不再继续。不得吸烟、进食、接打电话，需要离开的请先说明。",
        "背对背调解时，只有调解员和您这一方在场，另一方听不到、看不到，也看不到文字。",
        "网络中断、设备故障时请尽快重新打开链接，系统会让您回到原来的席位；掉线本身不等于退出。",
        "请如实陈述，不得借调解损害他人的合法权益。扰乱调解秩序的，调解员可以提示、警告或者请其退出。",
    ),
    "en": (
        "Attend from a quiet, well-lit, closed room where nobody disturbs you; not from a moving vehicle or a shop.",
        "The mediator conducts the mediation. Do not interrupt; if you want to say something, ask for the floor.",
        "Mediation is confidential. Nothing is recorded unless all agree; nobody may record, capture or spread it.",
        "Mediation is voluntary: you may end it at any time. Do not smoke, eat or take calls; say so before you leave.",
        "In a caucus only the mediator and your side are present; the other side hears, sees and reads nothing of it.",
        "If your line or device fails, open the link again: your seat is kept. Losing the line is not leaving.",
        "Be truthful, and do not use a mediation against others. Whoever disturbs it may be warned or asked to leave.",
    ),
}

_HEARING = {"what_zh": "庭审", "what_en": "the hearing"}
_OFFICES: Mapping[str, Mapping[str, str]] = {
    "presiding": {"zh": "审判长", "en": "the presiding judge", **_HEARING},
    "sole": {"zh": "审判员", "en": "the judge", **_HEARING},
    "officer": {
        "zh": "执行人员",
        "en": "the enforcement officer",
        "what_zh": "听证、看样",
        "what_en": "the hearing or viewing",
    },
    "clerk": {"zh": "书记员", "en": "the clerk", **_HEARING},
}
"""Variant -> what the one who directs the sitting, and the sitting, are called in it."""


def discipline_version(procedure: str, roles: Iterable[str]) -> str:
    """Version of the text for a hearing of this procedure with seats of these roles; chosen when it is scheduled."""
    return f"{_EDITION}.{_variant(procedure, frozenset(roles))}"


def has_panel(roles: Iterable[str]) -> bool:
    """Whether a panel sits 合议庭: then who leads it is 审判长; a judge alone 独任 is 审判员, here and on every screen (CPL 40)."""
    return not _PANEL.isdisjoint(roles)


def discipline_text(version: str, procedure: str) -> Text:
    """Paragraphs of a version. Raises KeyError for a version that was never given."""
    if version == _FIRST:
        return _MEDIATED if procedure == _MEDIATION else _named("presiding")
    return TEXTS[version]


def _variant(procedure: str, roles: frozenset[str]) -> str:
    """Who presides is the first of the procedure's presiding roles that has a seat, as in `state.conductor`."""
    chair = next((role for role in presiding_roles(procedure) if role in roles), Role.PRESIDING)
    by_role = {Role.MEDIATOR: _MEDIATION, Role.ENFORCEMENT_OFFICER: "officer", Role.CLERK: "clerk"}
    return by_role.get(chair) or ("presiding" if has_panel(roles) else "sole")


def _named(variant: str) -> Text:
    words = _OFFICES[variant]
    return {tongue: tuple(line.format(**words) for line in lines) for tongue, lines in _COURT.items()}


TEXTS: Mapping[str, Text] = {
    **{f"{_EDITION}.{variant}": _named(variant) for variant in _OFFICES},
    f"{_EDITION}.{_MEDIATION}": _MEDIATED,
}
"""Every text of the present edition by its version."""
