"""The route plan: who may publish and who receives whom. Pure; whatever is not in it does not flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.ids import Kind, PeerId


@dataclass(frozen=True, slots=True)
class Subscription:
    """One receiver's wish for one publisher.

    width_px: how wide the receiver shows the picture; chooses the simulcast layer.
    priority: lower is served first when the receiver's slots run short.
    """

    publisher: PeerId
    audio: bool
    video: bool
    width_px: int = 320
    priority: int = 0


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """The whole plan of one group (one hearing), replaced as a whole.

    publish: what each peer may send; a packet of any other kind is dropped and counted.
    receive: what each peer gets. Machine ears (taps) are receivers like everyone else.
    """

    publish: Mapping[PeerId, frozenset[Kind]] = field(default_factory=dict)
    receive: Mapping[PeerId, tuple[Subscription, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlotUse:
    """One of a receiver's fixed downlink slot pairs (one audio and one video m-line, one msid)."""

    index: int
    publisher: PeerId
    audio: bool
    video: bool
