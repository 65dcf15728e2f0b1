"""RTP time of recorded streams to the court's wall clock, by sender reports; by arrival where there are none. Pure.

A sender report (RFC 3550 §6.4.1) ties a stream's RTP time to the sender's own clock, the same for sound and picture of one
connection. How far that clock is from the court's, the packets tell: no packet arrives before it was sent, so the least
transit in a window shows it best (min-filter). So sound and picture of a person stand to each other as they were sent,
however much longer the picture was on its way; people stand to each other up to the difference of their least transits.
Frames are never counted. A report that makes no sense, by itself or beside the packets, is not believed.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median_low
from typing import TYPE_CHECKING

from media.ids import Kind
from media.taps import TapReport
from recording.rtp import Unwrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from media.taps import TapPacket
    from recording.rtp import StreamKey

WINDOW_S = 10  # the clock of a sender is measured over windows of this length
RESYNC_NS = 60_000_000  # by arrival alone: off by more than this, the picture or voice is moved
STEP_NS = 15_000_000  # by sender reports: the same, for all of a connection together
_NEIGHBOUR_NS = 500_000_000
_NS = 1_000_000_000
_FAR = 3  # windows: a report is worth nothing further away
_EARLY_NS = 60_000_000  # a stream's least transit may be so much less than its connection's ...
_LATE_NS = 1_000_000_000  # ... and so much more


def ntp_ns(ntp_time: int) -> int:
    """Nanoseconds since 1900 of a 64 bit NTP time."""
    return (ntp_time >> 32) * _NS + ((ntp_time & 0xFFFFFFFF) * _NS >> 32)


class ClockMap:
    """RTP time to wall time, a stream at a time."""

    def __init__(self) -> None:
        self._least: dict[StreamKey, dict[int, int]] = {}
        self._offsets: dict[StreamKey, dict[int, int]] = {}
        self._rates: dict[StreamKey, int] = {}

    @classmethod
    def learn(cls, items: Iterable[TapPacket | TapReport]) -> ClockMap:
        """Measure the clocks of all streams in these items; each stream's in the order they arrived.

        Sound and picture of a person are in step where both are among them.
        """
        clocks = cls()
        unwrap: dict[StreamKey, Unwrap] = {}
        reports: dict[StreamKey, dict[int, list[int]]] = {}
        voices: set[StreamKey] = set()
        for item in items:
            key: StreamKey = (item.track.peer, item.ssrc)
            if isinstance(item, TapReport):
                if key in unwrap:
                    clocks._report(key, unwrap[key], item, reports[key])
                continue
            if key not in unwrap:
                unwrap[key] = Unwrap(32)
                reports[key] = defaultdict(list)
                clocks._least[key] = {}
                clocks._rates[key] = item.clock_rate
                if item.track.kind is Kind.AUDIO:
                    voices.add(key)
            clocks._arrived(key, unwrap[key](item.timestamp), item.arrival_ns)
        clocks._settle(reports, voices)
        return clocks

    def wall_ns(self, key: StreamKey, ticks: int) -> int:
        """Wall time of an unwrapped RTP time. KeyError if the stream or the time was never learned."""
        rate = self._rates[key]
        return self._offsets[key][ticks // (rate * WINDOW_S)] + ticks * _NS // rate

    def _arrived(self, key: StreamKey, ticks: int, arrival_ns: int) -> None:
        rate, least = self._rates[key], self._least[key]
        transit = arrival_ns - ticks * _NS // rate
        window = ticks // (rate * WINDOW_S)
        if transit < least.get(window, transit + 1):
            least[window] = transit

    def _report(self, key: StreamKey, unwrap: Unwrap, item: TapReport, found: dict[int, list[int]]) -> None:
        ticks, rate = unwrap.near(item.rtp_timestamp), self._rates[key]
        if ticks is not None:
            found[ticks // (rate * WINDOW_S)].append(ntp_ns(item.ntp_time) - ticks * _NS // rate)

    def _settle(self, reports: Mapping[StreamKey, Mapping[int, list[int]]], voices: set[StreamKey]) -> None:
        """Place every window: by its connection's clock where reports tell it, else by arrival."""
        sent = {key: _sender_offsets(self._least[key], reports[key]) for key in self._least}
        bases: dict[str, dict[int, int]] = {}
        for peer in {peer for peer, _ in self._least}:
            streams = [key for key in self._least if key[0] == peer and sent[key]]
            speaking = [key for key in streams if key in voices]
            bases[peer] = self._base(speaking or streams, sent)
        for key, least in self._least.items():
            self._offsets[key] = _steady(least)
            for window, own in sent[key].items():
                base = _nearest(bases[key[0]], self._bucket(key, window))
                if base is not None and -_EARLY_NS <= least[window] - own - base <= _LATE_NS:
                    self._offsets[key][window] = own + base

    def _bucket(self, key: StreamKey, window: int) -> int:
        """Number of the piece of wall time that a stream's window is in."""
        return (self._least[key][window] + window * WINDOW_S * _NS) // (WINDOW_S * _NS)

    def _base(self, streams: list[StreamKey], sent: Mapping[StreamKey, Mapping[int, int]]) -> dict[int, int]:
        """What must be added to a connection's own clock to have the court's, by pieces of wall time."""
        least: dict[int, int] = {}
        for key in streams:
            for window, own in sent[key].items():
                bucket, base = self._bucket(key, window), self._least[key][window] - own
                least[bucket] = min(least.get(bucket, base), base)
        return _steady(least, STEP_NS)


def _sender_offsets(least: Mapping[int, int], reports: Mapping[int, list[int]]) -> dict[int, int]:
    """Sender's time of RTP time 0, for each window that has reports near: the middle one, so that one that errs is outvoted."""
    found = {}
    for window in least:
        near = [value for at in range(window - 1, window + 2) for value in reports.get(at, ())]
        if near:
            found[window] = median_low(near)
            continue
        at = min(reports, key=lambda one: abs(one - window), default=None)
        if at is not None and abs(at - window) <= _FAR:
            found[window] = median_low(reports[at])
    return found


def _nearest(values: Mapping[int, int], at: int) -> int | None:
    found = min(values, key=lambda one: abs(one - at), default=None)
    return values[found] if found is not None and abs(found - at) <= _FAR else None


def _steady(least: Mapping[int, int], step_ns: int = RESYNC_NS) -> dict[int, int]:
    """Smooth the windows' minima: look at both neighbours, keep the last offset unless it is off by more than step_ns."""
    offsets: dict[int, int] = {}
    current: int | None = None
    for window in sorted(least):
        own = least[window]
        near = [least.get(window - 1, own), own, least.get(window + 1, own)]
        best = min(value for value in near if abs(value - own) <= _NEIGHBOUR_NS)
        if current is None or abs(best - current) > step_ns:
            current = best
        offsets[window] = current
    return offsets
