"""From route plans to routes: what each peer may send and what each slot or tap gets (pure).

The only place where a plan becomes a route. Whatever a plan does not name does not come out; a
subscription in one group's plan never uses a right another group's plan gave.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from media.ids import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from media.ids import PeerId
    from media.plan import RoutePlan, SlotUse, Subscription

TAP_SLOT = -1


@dataclass(frozen=True, slots=True)
class Route:
    """One track to one receiver: into slot `slot`, or to the receiver's tap (TAP_SLOT)."""

    publisher: PeerId
    kind: Kind
    slot: int
    width_px: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription with what its own plan lets flow of it."""

    subscription: Subscription
    flows: frozenset[Kind]


def permitted(plans: Mapping[str, RoutePlan], peer: PeerId) -> frozenset[Kind]:
    """Give what a peer may send, by any group's plan."""
    kinds: frozenset[Kind] = frozenset()
    for plan in plans.values():
        kinds |= plan.publish.get(peer, frozenset())
    return kinds


def wishes(plans: Mapping[str, RoutePlan], receiver: PeerId) -> tuple[Wish, ...]:
    """Everything a receiver is to get, group by group; a publisher once (the first that names it)."""
    found: dict[PeerId, Wish] = {}
    for plan in plans.values():
        for one in plan.receive.get(receiver, ()):
            asked = frozenset(kind for kind, yes in ((Kind.AUDIO, one.audio), (Kind.VIDEO, one.video)) if yes)
            found.setdefault(one.publisher, Wish(one, asked & plan.publish.get(one.publisher, frozenset())))
    return tuple(found.values())


def effective(uses: Sequence[SlotUse | None], wished: Sequence[Wish]) -> tuple[SlotUse, ...]:
    """Give the occupied slots, with the flags of what really flows."""
    flows = {one.subscription.publisher: one.flows for one in wished}
    return tuple(
        replace(use, audio=Kind.AUDIO in flows[use.publisher], video=Kind.VIDEO in flows[use.publisher])
        for use in uses
        if use is not None
    )


def slot_routes(uses: Sequence[SlotUse], wished: Sequence[Wish]) -> tuple[Route, ...]:
    """Routes of a real receiver, from `effective` slots."""
    width = {one.subscription.publisher: one.subscription.width_px for one in wished}
    return tuple(
        Route(use.publisher, kind, use.index, width[use.publisher])
        for use in uses
        for kind, flows in ((Kind.AUDIO, use.audio), (Kind.VIDEO, use.video))
        if flows
    )


def tap_routes(wished: Sequence[Wish]) -> tuple[Route, ...]:
    """Routes of a machine ear: every track of every wish, no slots."""
    return tuple(
        Route(one.subscription.publisher, kind, TAP_SLOT, one.subscription.width_px)
        for one in wished
        for kind in sorted(one.flows)
    )
