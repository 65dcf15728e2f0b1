"""Who may read a record. Pure, deny by default; every route and file asks here.

Recording rules 2017 art. 10: parties and their agents may view; witnesses and observers may not. A mediation is not public
(CPLI 146): only those who took part in it read its record, and of a caucus only the mediator and the side it was with. The
bench of the trial opens neither.
"""

from __future__ import annotations

_PARTIES = frozenset({"plaintiff", "defendant", "third_party", "agent"})
_BENCH = frozenset({"presiding", "judge", "assessor", "clerk", "mediator", "enforcement_officer"})
_MEDIATOR = "mediator"
_MEDIATION = "mediation"
_CAUCUS = "caucus"


def sees_all(role: str) -> bool:
    """Whether this role sees the log while the hearing is on, and in it people's devices and the public's names."""
    return role in _BENCH


def may_read_record(role: str) -> bool:
    """Whether a seat of this role may see the case page, its recordings and transcript."""
    return role in _BENCH or role in _PARTIES


def may_read_lines(role: str) -> bool:
    """Whether a seat of this role reads the series of everybody's line figures, where it may open the record at all."""
    return role in _BENCH


def may_open(role: str, *, took_part: bool, kind: str) -> bool:
    """Whether a reader of this role opens a hearing's record. took_part: has a seat in it, of that role.

    A mediator has no part in the rest of the case (特邀调解规定 16, 18), so none in what is recorded of it.
    """
    return may_read_record(role) and (took_part or (kind != _MEDIATION and role != _MEDIATOR))


def may_read_room(role: str, side: str, room: str) -> bool:
    """Whether a seat of the hearing reads what was entered of this room in a stream of its own."""
    kind, _, of = room.partition(":")
    if kind != _CAUCUS or not of:
        return False
    return role == _MEDIATOR or (role in _PARTIES and side == of)
