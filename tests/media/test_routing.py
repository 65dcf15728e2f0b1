"""From plans to routes: nothing that a plan does not name, and no right borrowed from another group."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import routing
from media.ids import Kind, PeerId
from media.plan import RoutePlan, SlotUse, Subscription
from media.slots import assign
from tests.media.rig import BOTH

pytestmark = pytest.mark.pure

PEERS = st.sampled_from([PeerId(name) for name in "abcd"])
PLANS = st.dictionaries(
    st.sampled_from(["g", "h"]),
    st.builds(
        RoutePlan,
        st.dictionaries(PEERS, st.frozensets(st.sampled_from(list(Kind)))),
        st.dictionaries(
            PEERS,
            st.lists(st.builds(Subscription, PEERS, st.booleans(), st.booleans()), max_size=4).map(tuple),
        ),
    ),
)
A, B, C = PeerId("a"), PeerId("b"), PeerId("c")


def allowed(plans: dict[str, RoutePlan], receiver: PeerId) -> set[tuple[PeerId, Kind]]:
    return {
        (one.publisher, kind)
        for plan in plans.values()
        for one in plan.receive.get(receiver, ())
        for kind, yes in ((Kind.AUDIO, one.audio), (Kind.VIDEO, one.video))
        if yes and kind in plan.publish.get(one.publisher, frozenset())
    }


@given(PLANS, PEERS, st.integers(0, 5))
def test_routes_are_what_some_plan_grants_by_itself(
    plans: dict[str, RoutePlan], receiver: PeerId, count: int
) -> None:
    wished = routing.wishes(plans, receiver)
    uses = assign((), [one.subscription for one in wished], count)
    in_slots = routing.slot_routes(routing.effective(uses, wished), wished)
    to_tap = routing.tap_routes(wished)
    for routes in (in_slots, to_tap):
        assert {(one.publisher, one.kind) for one in routes} <= allowed(plans, receiver)
        assert len({(one.slot, one.kind, one.publisher) for one in routes}) == len(routes)
    assert len({(one.slot, one.kind) for one in in_slots}) == len(in_slots)
    for one in to_tap:
        assert one.kind in routing.permitted(plans, one.publisher)


def test_a_right_of_one_group_opens_nothing_in_another() -> None:
    sound = Subscription(A, audio=True, video=True)
    plans = {"open": RoutePlan({A: BOTH}, {}), "caucus": RoutePlan({A: frozenset()}, {C: (sound,)})}
    assert routing.permitted(plans, A) == BOTH
    wished = routing.wishes(plans, C)
    assert routing.tap_routes(wished) == ()
    assert routing.effective(assign((), [sound], 2), wished) == (SlotUse(0, A, audio=False, video=False),)


def test_a_muted_publisher_keeps_its_slot() -> None:
    wanted = (Subscription(A, audio=True, video=True), Subscription(B, audio=True, video=False))
    plans = {"g": RoutePlan({A: frozenset({Kind.VIDEO}), B: BOTH}, {C: wanted})}
    wished = routing.wishes(plans, C)
    uses = routing.effective(assign((), wanted, 2), wished)
    assert uses == (SlotUse(0, A, audio=False, video=True), SlotUse(1, B, audio=True, video=False))
    assert {(one.slot, one.kind) for one in routing.slot_routes(uses, wished)} == {
        (0, Kind.VIDEO),
        (1, Kind.AUDIO),
    }
