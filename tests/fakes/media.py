"""A media plane without a wire: remembers what it was told and gives slots as the real one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.health import PeerHealth, Sample
from media.sdp import SdpError
from media.slots import assign
from server.courtroom.ports import MediaRoutes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.figures import PeerFigures
    from media.ids import PeerId
    from media.plan import RoutePlan, SlotUse
    from media.taps import Tap, Tee

BAD_OFFER = "no offer at all"


class FakeMedia(MediaRoutes):
    """Implements server.courtroom.ports.MediaRoutes. fails: what `apply` raises next, once; refuses: what `answer` raises."""

    def __init__(self, slots: int = 12) -> None:
        self.plans: dict[str, RoutePlan] = {}
        self.taps: dict[PeerId, Tap | Tee] = {}
        self.offers: list[tuple[PeerId, str]] = []
        self.groups: dict[PeerId, str] = {}
        self.ended: list[PeerId] = []
        self.applied = 0
        self.slots = slots
        self.fails: Exception | None = None
        self.refuses: Exception | None = None
        self.healths: dict[PeerId, PeerHealth] = {}
        self.histories: dict[PeerId, tuple[Sample, ...]] = {}
        self.counted: dict[PeerId, PeerFigures] = {}
        self._uses: dict[PeerId, tuple[SlotUse | None, ...]] = {}

    def answer(self, peer: PeerId, offer_sdp: str, group: str) -> str:
        if self.refuses is not None:
            raise self.refuses
        if offer_sdp == BAD_OFFER:
            raise SdpError("bundle")
        self.offers.append((peer, offer_sdp))
        self.groups[peer] = group
        return "v=0 answer"

    def disconnect(self, peer: PeerId) -> None:
        self.ended.append(peer)

    def apply(self, group: str, plan: RoutePlan) -> Mapping[PeerId, tuple[SlotUse, ...]]:
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error
        self.applied += 1
        self.plans[group] = plan
        for peer, wanted in plan.receive.items():
            if peer not in self.taps:
                self._uses[peer] = assign(self._uses.get(peer, ()), wanted, self.slots)
        return {
            peer: tuple(use for use in self._uses[peer] if use is not None)
            for peer in plan.receive
            if peer not in self.taps
        }

    def drop_group(self, group: str) -> None:
        self.plans.pop(group, None)

    def add_tap(self, peer: PeerId, tap: Tap | Tee) -> None:
        self.taps[peer] = tap

    def remove_tap(self, peer: PeerId) -> None:
        self.taps.pop(peer, None)

    def health(self, peer: PeerId) -> PeerHealth:
        return self.healths.get(peer, PeerHealth())

    def history(self, peer: PeerId) -> tuple[Sample, ...]:
        return self.histories.get(peer, ())

    def figures(self, peer: PeerId) -> PeerFigures | None:
        return self.counted.get(peer)
