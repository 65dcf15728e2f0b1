"""Closed lists of check-in: the barred cases of OLR 21, the grounds for moving offline, the kinds of place. Pure data.

Served to screens with the procedure. Ids are in the log: never renamed, never used again for something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.hearing.seats import Role

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Said:
    """The same in Chinese and in English."""

    zh: str
    en: str


SUITABILITY: Mapping[str, Said] = {
    "consent_refused": Said(
        "各方当事人均明确不同意在线庭审，或者一方不同意且有正当理由",
        "All parties refuse an online hearing, or one refuses with good reason",
    ),
    "no_conditions": Said(
        "各方当事人均不具备在线庭审的技术条件和能力",
        "None of the parties has the technical means and ability to take part online",
    ),
    "check_originals": Said(
        "需要当庭现场查明身份、核对原件或者查验实物",
        "Identity, originals or physical objects must be checked in the courtroom",
    ),
    "complex": Said(
        "案情疑难复杂、证据繁多，在线庭审不利于查明事实和适用法律",
        "The case is complex or has so much evidence that an online hearing would harm the finding of facts and law",
    ),
    "secret": Said("案件涉及国家安全、国家秘密", "The case concerns state security or state secrets"),
    "influence": Said(
        "案件有重大社会影响，受到广泛关注",
        "The case has great influence on society and is widely followed",
    ),
    "other": Said(
        "人民法院认为不宜在线庭审的其他情形（须在备注中写明）",
        "Another case that the court finds unfit for an online hearing (say which in the note)",
    ),
}
"""The seven cases in which a hearing is not held online (OLR 21, first paragraph)."""

NEVER_ONLINE: frozenset[str] = frozenset({"secret", "consent_refused", "no_conditions"})
"""Cases that are facts, which no reason overrules: secrets are not for the internet (OLR 27), nobody is forced online or can
take part without the means (OLR 2, 4, 5). They go only by being looked into again, on record, when they no longer hold. The
others rest on what the court thinks of the case, and the presiding judge may think otherwise, with a reason on record.
"""

OTHER = "other"

OFFLINE_GROUNDS: Mapping[str, Said] = {
    **SUITABILITY,
    "network": Said(
        "网络或者设备故障，短时间内无法恢复",
        "The network or a device has failed and will not be back soon",
    ),
    "withdrawn": Said(
        "当事人在合理期限内撤回在线同意，且无故意拖延",
        "A party took its consent back in reasonable time, and not to delay the case",
    ),
    "on_site_request": Said(
        "当事人申请他人到现场参加，理由成立",
        "A party asked that others attend in person, for reasons that hold",
    ),
}
"""Why a sitting goes on in the courthouse: art. 21, second paragraph, and the cases of art. 5."""

PLACES: frozenset[str] = frozenset({"home", "office", "court", "other"})
"""Kinds of place that a seat may declare."""

PLACE_ASKED: frozenset[Role] = frozenset(
    {
        Role.PLAINTIFF,
        Role.DEFENDANT,
        Role.THIRD_PARTY,
        Role.AGENT,
        Role.WITNESS,
        Role.EXPERT,
        Role.INTERPRETER,
    }
)
"""Who says where it takes part from, and may be in the courthouse while others are online (OLR 24, 26; OLR 4)."""
