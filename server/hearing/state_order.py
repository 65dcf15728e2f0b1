"""What order keeps: objections, gavel, layout; of a seat its measures, oath and interpreter. Pure data.

Changed by `evolve_order` only. Who may speak now is not kept here: that follows from the floor (`speech`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from server.hearing.ids import Instant, SeatId
from server.hearing.seats import Role

if TYPE_CHECKING:
    from server.hearing.seats import Seat

OATH_VERSION = "2026-1"
"""Version of the text of the undertaking 保证书, as in the screens' oath.json."""

OATH_ROLES: frozenset[Role] = frozenset({Role.WITNESS, Role.EXPERT, Role.INTERPRETER})
"""Who is asked to sign an undertaking."""

TESTIFYING: frozenset[Role] = frozenset({Role.WITNESS, Role.EXPERT})
"""Who must have signed it before it gets the floor (CPLI 119, 120)."""

GROUNDS: tuple[str, ...] = ("leading", "irrelevant", "misstated", "procedure", "privacy", "other")
"""Grounds of an objection: 诱导性发问, 与本案无关, 歪曲事实, 违反程序, 涉及隐私或者秘密, 其他."""

OBJECTIONS_OPEN_MAX = 8
"""Objections waiting for a ruling at once."""

OBJECTIONS_OF_SEAT_MAX = 2
"""Of them by one seat."""

OBJECTIONS_KEPT = 40
"""Objections on the screens, the newest; the log has them all. Those that wait for a ruling are never dropped."""

MEASURES_KEPT = 20
"""Measures of one seat on the screens, the newest; the log has them all."""

REMIND, WARN, REPRIMAND = "remind", "warn", "reprimand"
MUTE, REMOVE = "mute", "remove"
MEASURES: tuple[str, ...] = (REMIND, WARN, REPRIMAND)
"""Steps of the ladder that change no right (CR 19, OLR 25)."""

NO_SEAT = SeatId("")

LAYOUTS: tuple[str, ...] = ("speaker", "grid", "exhibit")


@dataclass(frozen=True, slots=True)
class Objection:
    """异议. ruling: "", "sustained" or "overruled"."""

    objection: str
    seat: SeatId
    ground: str
    text: str
    at: Instant
    ruling: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What all screens follow. spotlight: a seat or ""."""

    layout: str = "speaker"
    spotlight: SeatId = NO_SEAT


@dataclass(frozen=True, slots=True)
class Order:
    """Of the hearing. raised: objections so far."""

    objections: tuple[Objection, ...] = ()
    raised: int = 0
    gavel_at: Instant | None = None
    layout: Layout = field(default_factory=Layout)

    @property
    def waiting(self) -> tuple[Objection, ...]:
        """Objections that wait for a ruling."""
        return tuple(one for one in self.objections if not one.ruling)


@dataclass(frozen=True, slots=True)
class Measure:
    """A step of the ladder. by: the role that took it, "" where the court's clerk may have done it for the bench."""

    measure: str
    reason: str
    at: Instant
    by: str = ""


@dataclass(frozen=True, slots=True)
class SeatOrder:
    """Of one seat; survives a lost connection.

    oath: version of the text signed, or "". waived: why none is asked, or "". interprets: the seat that this interpreter
    speaks for. called_at: since when a witness follows the hearing (OLR 26).
    """

    measures: tuple[Measure, ...] = ()
    oath: str = ""
    waived: str = ""
    interprets: SeatId | None = None
    called_at: Instant | None = None

    @property
    def bound(self) -> bool:
        """Whether the undertaking is signed, or not asked of this person (CPLI 119)."""
        return bool(self.oath or self.waived)


def oath_missing(seat: Seat, order: SeatOrder) -> bool:
    """Whether the seat may not testify yet: who refuses the undertaking does not testify (CPLI 119, 120)."""
    return seat.role in TESTIFYING and not order.bound


def with_measure(order: SeatOrder, measure: Measure) -> SeatOrder:
    """Take one more measure."""
    return replace(order, measures=(*order.measures, measure)[-MEASURES_KEPT:])


def with_objection(order: Order, objection: Objection) -> Order:
    """Raise one more; the oldest that was ruled on leaves the screens."""
    kept = list(order.objections)
    if len(kept) >= OBJECTIONS_KEPT:
        oldest = next((one for one in kept if one.ruling), None)
        if oldest is not None:
            kept.remove(oldest)
    return replace(order, objections=(*kept, objection), raised=order.raised + 1)
