"""Which publisher is in which of a receiver's fixed downlink slots (pure).

Sticky: a publisher keeps its slot as long as it is wanted, so that a change of one speaker moves no
other. It never decides who may be received; that is the plan's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.plan import SlotUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.ids import PeerId
    from media.plan import Subscription


def chosen(wanted: Sequence[Subscription], slots: int) -> tuple[Subscription, ...]:
    """Choose who gets a slot when slots are short: lowest priority first, then the order given.

    A publisher named twice counts once (the first by priority).
    """
    seen: set[PeerId] = set()
    kept: list[Subscription] = []
    for subscription in sorted(wanted, key=lambda one: one.priority):
        if subscription.publisher not in seen and len(kept) < slots:
            seen.add(subscription.publisher)
            kept.append(subscription)
    return tuple(kept)


def assign(
    previous: Sequence[SlotUse | None], wanted: Sequence[Subscription], slots: int
) -> tuple[SlotUse | None, ...]:
    """Slot by slot who is in it, `slots` long; keeps everyone who stays where they were."""
    served = {one.publisher: one for one in chosen(wanted, slots)}
    result: list[SlotUse | None] = [None] * slots
    for use in previous:
        if use is None or not 0 <= use.index < slots or result[use.index] is not None:
            continue
        stays = served.pop(use.publisher, None)
        if stays is not None:
            result[use.index] = SlotUse(use.index, use.publisher, stays.audio, stays.video)
    free = (index for index in range(slots) if result[index] is None)
    for subscription in served.values():
        index = next(free)
        result[index] = SlotUse(index, subscription.publisher, subscription.audio, subscription.video)
    return tuple(result)
