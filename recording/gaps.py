"""Every stretch that a label's tape does not hold, with its ground and its times: by order, fault, connection, silence, loss.

The first four are what the recorder and the arrivals tell (recording.timeline); loss is what the sequence numbers tell: a
packet that was sent and is not on the tape (RFC 3550 §5.1). Never looks at a codec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.taps import TapPacket
from recording import marks
from recording.clocks import ClockMap
from recording.folder import read_marks
from recording.places import places_of
from recording.reading import Tape
from recording.rtp import in_order
from recording.timeline import GROUND_LOSS, Gap, coverage, silences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from media.ids import Kind
    from recording.places import Where
    from recording.rtp import Ordered, StreamKey

SILENT_NS = 3_000_000_000
"""Nothing for longer than this is a silence of its own, not a jitter."""

_RUN = 1 << 15  # sequence numbers that are further apart than this were counted afresh


def lost_packets(ordered: Iterable[Ordered], clocks: ClockMap) -> Iterator[tuple[Gap, int]]:
    """Yield each run of missing packets: from the one before to the one after it, and how many are missing.

    ordered: of one label and kind, as recording.rtp.in_order gives them.
    """
    last: dict[StreamKey, Ordered] = {}
    for item in ordered:
        before = last.get(item.key)
        last[item.key] = item
        if before is None or not 1 < item.index - before.index < _RUN:
            continue
        start, end = (clocks.wall_ns(one.key, one.ticks) for one in (before, item))
        if end > start:
            yield Gap(start, end, GROUND_LOSS), item.index - before.index - 1


def gaps_of(
    where: Where, label: str, kind: Kind, open_ns: int, close_ns: int, silent_ns: int = SILENT_NS
) -> list[Gap]:
    """Give all gaps of a label's one kind in [open_ns, close_ns), in order of time. OSError.

    A loss is told where nothing else says why the packets are not there.
    """
    tape = Tape(where)
    lines = read_marks(*places_of(where))
    arrivals = sorted(
        item.arrival_ns
        for item in tape.items(label, kind)
        if isinstance(item, TapPacket) and open_ns <= item.arrival_ns < close_ns
    )
    layers = [
        *marks.order_marks(lines),
        *marks.connection_marks(lines, label),
        *silences(arrivals, open_ns, close_ns, silent_ns),
    ]
    told = coverage(open_ns, close_ns, layers).gaps
    found = list(told)
    clocks = ClockMap.learn(tape.items(label, kind))
    packets = (item for item in tape.items(label, kind) if isinstance(item, TapPacket))
    for gap, _ in lost_packets(in_order(packets), clocks):
        start_ns, end_ns = max(open_ns, gap.start_ns), min(close_ns, gap.end_ns)
        explained = any(one.start_ns < end_ns and start_ns < one.end_ns for one in told)
        if start_ns < end_ns and not explained:
            found.append(Gap(start_ns, end_ns, gap.ground))
    return sorted(found, key=lambda gap: (gap.start_ns, gap.end_ns, gap.ground))
