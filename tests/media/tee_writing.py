"""A process that writes into a shared ring until it is killed: what test_tee.py kills.

Arguments: engine, the two descriptors, the ring's capacity. It says on stdout how far it has come.
"""

from __future__ import annotations

import sys

from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from media.taps import Tee
from media.tee import TAPE, TeeRing
from tests.media.rig import Rig, Source

SAID_EVERY = 50
PACKETS_MAX = 20_000  # they fit into the ring of the test, however seldom its reader gets a turn
EAR, SPEAKER = PeerId("tape:h"), PeerId("speaker")


def listening(world: Rig, *ears: PeerId, kind: str = TAPE) -> Source:
    """Let these ears hear one speaker's sound; gives its source."""
    world.join(SPEAKER)
    for ear in ears:
        world.plane.add_tap(ear, Tee(kind))
    wanted = (Subscription(SPEAKER, audio=True, video=False),)
    world.apply(RoutePlan({SPEAKER: frozenset({Kind.AUDIO})}, dict.fromkeys(ears, wanted)))
    return Source(SPEAKER, Kind.AUDIO, 5, first=0)


def main() -> None:
    """Write, then wait: it ends by being killed."""
    engine, memory, wake, capacity = sys.argv[1], *map(int, sys.argv[2:])
    world = Rig(engine, tees={TAPE: TeeRing(TAPE, capacity, memory, wake)})
    source = listening(world, EAR)
    while source.count < PACKETS_MAX:
        for _ in range(SAID_EVERY):
            world.send(SPEAKER, source.sound())
        sys.stdout.write(f"{source.count}\n")
        sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
