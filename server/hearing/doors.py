"""Derived rule: may the public follow the hearing now, and may the part that it may not follow go untaped? Pure.

The procedure says it first (a mediation is never public, CPLI 146), then the stage (judgment always is, CPL 151; mediation in
court never), then the doors that the bench closed for a part (CPL 137, OLR 27), then the schedule. Observers 旁听 are the
public; everybody else has a seat for what the hearing needs of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.checklists import Said
from server.hearing.presence import Presence
from server.hearing.procedure import is_public, public_of
from server.hearing.procedure_tables import ALWAYS_PUBLIC, BY_CASE, NEVER_PUBLIC
from server.hearing.seats import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing

GROUNDS: Mapping[str, Said] = {
    "secret": Said("涉及国家秘密", "State secrets"),
    "privacy": Said("涉及个人隐私", "Personal privacy"),
    "minor": Said("涉及未成年人", "Minors are concerned"),
    "divorce": Said("离婚案件，经当事人申请", "Divorce, on application of a party"),
    "trade_secret": Said("涉及商业秘密，经当事人申请", "Trade secrets, on application of a party"),
    "mediation": Said("法庭调解不宜录音录像", "Mediation in court that is unfit to be recorded"),
}
"""Why a part is not public: CPL 137 and OLR 27; the last is AVR 3, third exception, and of such a mediation only."""

MEDIATION = "mediation"

ASKED, STAGE = "asked", "stage"
"""Further grounds of SeatAskedOut: the court asked this one out; the stage is not for the public."""

_INSIDE = frozenset({Presence.PRESENT, Presence.LOST})


def stage_public(state: Hearing) -> str:
    """Give what the present stage says of the public: "always", "never", or "by_case" where it says nothing of its own."""
    return public_of(state.procedure, state.stage)


def public_now(state: Hearing) -> bool:
    """Whether observers may be in the courtroom now."""
    if not _ever_public(state):
        return False
    said = stage_public(state)
    if said != BY_CASE:
        return said == ALWAYS_PUBLIC
    return not state.doors.ground and is_public(state.procedure, scheduled=state.public)


def _ever_public(state: Hearing) -> bool:
    """Whether anything of such a hearing can be public at all."""
    return is_public(state.procedure, scheduled=True)


def must_go(state: Hearing) -> tuple[SeatId, ...]:
    """Give the observers who are in the courtroom, or will come back into it, and may not be."""
    if public_now(state):
        return ()
    return tuple(
        seat.id
        for seat in state.seats.values()
        if seat.role is Role.OBSERVER and state.attendance[seat.id].presence in _INSIDE
    )


def may_return(state: Hearing) -> tuple[SeatId, ...]:
    """Give the observers who wait outside only because the public had to go, where it may follow again (CPL 137).

    Whom the court asked out, or removed, or who left, has to be let in by somebody.
    """
    if not public_now(state):
        return ()
    return tuple(seat.id for seat in state.seats.values() if _put_out(state, seat.id))


def _put_out(state: Hearing, seat: SeatId) -> bool:
    attendance = state.attendance[seat]
    asked = attendance.asked_out
    waits = asked is not None and asked.ground != ASKED and attendance.presence is Presence.WAITING
    return waits and attendance.discipline == state.discipline_version


def untaped(state: Hearing) -> bool:
    """Whether the tape rests for a part that is not public (AVR 3, second and third exception); never in a public one."""
    return bool(state.doors.ground) and not state.doors.recorded and not public_now(state)


def may_be_untaped(state: Hearing, ground: str) -> bool:
    """Whether a part closed on this ground may go untaped: evidence in a public trial, or mediation in court (AVR 3)."""
    if ground == MEDIATION:
        return stage_public(state) == NEVER_PUBLIC
    return is_public(state.procedure, scheduled=state.public)
