"""What a reader may do with a record: play it, copy from it, take it away; and for which purposes. Pure, deny by default.

One function decides, `may_take`; every route asks it each time. Recording rules 2017: parties, agents and the court view (10);
they may copy the sound and write it down (11); nobody copies, moves or keeps the recording otherwise without leave (15).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.gateway.access import may_open, sees_all

PLAY, COPY, EXPORT = "play", "copy", "export"
ACTIONS = (PLAY, COPY, EXPORT)

ALL, SOUND, TRANSCRIPT, PICTURE = "all", "sound", "transcript", "picture"
COURT_EDITION, OWN_EDITION, SEAT_EDITION = "court", "own", "seat"
THINGS = {
    PLAY: (ALL,),
    COPY: (TRANSCRIPT, SOUND, PICTURE),
    EXPORT: (COURT_EDITION, SEAT_EDITION, OWN_EDITION),
}
"""What each action is of. court: the package with the court's own papers; seat: as somebody else may have it; own: as the
reader may have it."""

PURPOSES = ("read_file", "check_minutes", "appeal", "management", "technical", "other")
"""阅卷、核对笔录、上诉或再审、审判管理、技术检查、其他."""

OTHER = "other"
REPLAY, AT_HEARING = "replay", "hearing"
"""What the bench does when it looks again while the hearing is on, and why: entered by the house, stated by nobody."""
_COURTS_OWN = frozenset({"management", "technical"})
_MEDIATION = "mediation"
NOTE_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. took_part: has a seat in the hearing, of that role; kind: of the hearing, as procedure.kind_of has it."""

    role: str
    took_part: bool
    kind: str


def may_take(reader: Reader, action: str, thing: str, *, parties_export: bool = False) -> bool:
    """Whether the reader may do this with a record. thing: one of THINGS[action]; parties_export: the court's own rule.

    A party's copy of the sound of a mediation is not given: what is said there leaves the room with nobody (CPLI 146).
    """
    if thing not in THINGS.get(action, ()):
        return False
    if not may_open(reader.role, took_part=reader.took_part, kind=reader.kind):
        return False
    if action == PLAY:
        return True
    court = sees_all(reader.role)
    if action == COPY:
        return court or (thing != PICTURE and reader.kind != _MEDIATION)
    if thing == OWN_EDITION:
        return not court and reader.took_part and parties_export and reader.kind != _MEDIATION
    return court


def purposes_of(role: str) -> tuple[str, ...]:
    """The purposes that a reader of this role can have; management and technical checks are the court's own."""
    return tuple(one for one in PURPOSES if sees_all(role) or one not in _COURTS_OWN)


def is_stated(role: str, purpose: str, note: str) -> bool:
    """Whether a purpose is well stated: one that the role can have; "other" says which."""
    if purpose not in purposes_of(role) or len(note) > NOTE_CHARACTERS_MAX:
        return False
    return bool(note.strip()) or purpose != OTHER


def told(reader: Reader, *, parties_export: bool) -> dict[str, Any]:
    """The reader's rights, for the page: things by action, and purposes. The server decides all the same."""
    rights: dict[str, Any] = {
        action: [one for one in things if may_take(reader, action, one, parties_export=parties_export)]
        for action, things in THINGS.items()
    }
    return {**rights, "purposes": list(purposes_of(reader.role)), "readers": may_see_readers(reader)}


def may_see_readers(reader: Reader) -> bool:
    """Whether the reader sees who read the record: the bench and the clerk."""
    return sees_all(reader.role) and may_take(reader, PLAY, ALL)
