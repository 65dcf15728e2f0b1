"""Rules of mediation 调解: its eight endings, whose answer counts, when terms are agreed. Pure; decides no command.

What is conceded or admitted for the sake of a settlement does not count against anybody later; only the undisputed facts
that both sides confirm in writing do (OMR 18, 22; CPLI 107).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.presence import OUTSIDE_BECAUSE, Presence
from server.hearing.refusals import Reason, Refused
from server.hearing.rooms import is_mediation
from server.hearing.seats import PARTIES, Right, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing
    from server.hearing.state_rooms import Clause

AGREEMENT = "agreement_reached"

ENDINGS: Mapping[str, tuple[str, str]] = {
    AGREEMENT: ("达成调解协议", "An agreement was reached"),
    "settled_and_withdrawn": (
        "自行和解并撤回申请",
        "The parties settled by themselves and the application was withdrawn",
    ),
    "unreachable": ("无法联系当事人", "A party could not be reached"),
    "unwilling": ("一方明确表示不愿调解", "A party plainly does not want to mediate"),
    "too_far_apart": ("分歧较大且难以达成协议", "The parties are too far apart to agree"),
    "time_expired": (
        "调解期限届满，未同意延长",
        "The time for mediation ran out and no longer time was agreed",
    ),
    "refused_to_sign": ("协议内容已定，当事人拒绝签署", "Terms were settled, but a party refuses to sign"),
    "other": ("其他导致调解终结的情形", "Another cause that ends a mediation"),
}
"""The eight endings of a mediation (OMR 25), by id, in Chinese and English."""

LIST_MAX = 100
"""Proposals in the joint room, in each caucus, clauses, and undisputed facts, each."""


def check_going(state: Hearing, seat: SeatId) -> None:
    """Raise Refused unless this is a mediation that has not ended, and the seat is in one of its rooms."""
    if not is_mediation(state):
        raise Refused(Reason.NOT_A_MEDIATION)
    if state.rooms.ending:
        raise Refused(Reason.MEDIATION_ENDED)
    presence = state.attendance[seat].presence
    if presence is not Presence.PRESENT:
        raise Refused(OUTSIDE_BECAUSE[presence])


def check_accepted(state: Hearing) -> None:
    """Raise Refused unless the parties go on with the mediator: before that there is nothing to mediate (OMR 13)."""
    if not accepted(state):
        raise Refused(Reason.MEDIATOR_NOT_ACCEPTED)


def parties(state: Hearing) -> tuple[SeatId, ...]:
    """The parties 当事人 whose answers are counted.

    A third party that never came, itself or by its agent, does not stand in the way of the others, and none is bound by
    an agreement that it did not answer. The two sides of the dispute are always counted.
    """
    return tuple(
        seat.id
        for seat in state.seats.values()
        if seat.role in PARTIES and (seat.role is not Role.THIRD_PARTY or _came(state, seat.id))
    )


def _came(state: Hearing, party: SeatId) -> bool:
    """Whether the party, or its agent, was let in at some time, or is here in person."""
    own = [seat.id for seat in state.seats.values() if party in {seat.id, seat.represents}]
    return any(state.attendance[one].care.admitted or state.attendance[one].check.on_site for one in own)


def party_of(state: Hearing, seat: SeatId) -> SeatId:
    """For whom the seat answers: a party for itself, an agent for the party it represents. Raises Refused(not_a_party)."""
    who = state.seats[seat]
    if who.role in PARTIES:
        return seat
    if who.role is Role.AGENT and who.represents is not None and who.represents in state.seats:
        return who.represents
    raise Refused(Reason.NOT_A_PARTY)


def all_agree(state: Hearing, answers: Mapping[SeatId, bool]) -> bool:
    """Whether every party said yes."""
    wanted = parties(state)
    return bool(wanted) and all(answers.get(party) is True for party in wanted)


def accepted(state: Hearing) -> bool:
    """Whether the mediation may go on: every mediator who is here has disclosed, every party is content (OMR 13)."""
    disclosed = state.rooms.disclosed
    silent = [
        seat.id
        for seat in state.seats.values()
        if seat.may(Right.CAUCUS)
        and seat.id not in disclosed
        and state.attendance[seat.id].presence is Presence.PRESENT
    ]
    return bool(disclosed) and not silent and all_agree(state, state.rooms.accepted)


def standing(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Clauses that have not been struck."""
    return tuple(clause for clause in clauses if clause.text)


def agreement_reached(state: Hearing) -> bool:
    """Whether there are terms and every party has agreed to each clause as it stands (OMR 19)."""
    terms = standing(state.rooms.clauses.values())
    return bool(terms) and all(all_agree(state, clause.answers) for clause in terms)
