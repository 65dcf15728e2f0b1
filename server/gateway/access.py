"""Who may read a record. Pure, deny by default; every route and file asks here.

Recording rules 2017 art. 10: parties and their agents may view; witnesses and observers may not.
"""

from __future__ import annotations

_READERS = frozenset(
    {"presiding", "judge", "assessor", "clerk", "plaintiff", "defendant", "third_party", "agent"}
)
_BENCH = frozenset({"presiding", "judge", "assessor", "clerk"})


def sees_all(role: str) -> bool:
    """Whether this role sees the log while the hearing is on, and in it people's devices and the public's names."""
    return role in _BENCH


def may_read_record(role: str) -> bool:
    """Whether a seat of this role may see the case page, its recordings and transcript."""
    return role in _READERS
