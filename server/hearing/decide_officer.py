"""Decisions about the officer's console: the same law as for a technician in the hearing, and no more. Pure.

Takes (state, command, acting seat, now) and gives events, or raises Refused; reached by `decide`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands_officer as cf
from server.hearing.commands_care import SendMessage
from server.hearing.decide_care import send_message
from server.hearing.refusals import Reason, Refused
from server.hearing.seats import Role
from server.hearing.session import ENDED, WHY_NOT
from server.hearing.state import seat_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing import commands as c
    from server.hearing import events as e
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing


def write_from_console(
    state: Hearing, command: cf.WriteFromConsole, me: SeatId, now: Instant
) -> tuple[e.Event, ...]:
    """Write to a person as a technician would from within; nothing is written into a caucus (OMR 16)."""
    seat, _ = seat_of(state, me)
    if state.session in ENDED:
        raise Refused(WHY_NOT[state.session])
    if seat.role is not Role.TECHNICIAN:
        raise Refused(Reason.HELPERS_ONLY)
    return send_message(state, SendMessage(command.to, command.text), me, now)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], tuple[e.Event, ...]]] = {
    cf.WriteFromConsole: write_from_console,
}
