"""How each peer's line is: loss, delay and jitter of the last seconds, and ten minutes of it (pure).

Works from counters that the wire keeps anyway, on a timer; it adds nothing to a packet's way, reads no clock and judges
nobody. Sources: RFC 3550 §6.4.1 (loss, jitter, LSR and DLSR), §6.4.4 (what a receiver can tell), appendix A.3.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.ids import PeerId
    from media.rtcp import ReportBlock

STEP_S = 5.0
HISTORY_S = 600.0
HISTORY_SAMPLES = int(HISTORY_S / STEP_S)
GONE_MAX = 512  # peers that are gone and still remembered: why one was lost is asked about afterwards
_WINDOW_STEPS = 2  # figures are of the last ten seconds or a little more
_PACKETS_MIN = 10  # a share of fewer packets says nothing
_RTT_STALE_S = 15.0  # an older round trip is not that of now
_SENT_KEPT = 4  # sender reports of a line that a receiver may still answer
_JUMP = 1 << 16  # a report that skips so many numbers begins anew
_LOST_SIGN, _LOST_SPAN = 1 << 23, 1 << 24  # the cumulative loss is a signed 24 bit number


@dataclass(frozen=True, slots=True)
class PeerHealth:
    """One peer's line over the last ten seconds or so. None: not known.

    uplink_loss: share of what it sent that never came, by gaps in the RTP sequence, repairs counted as come (0 to 1).
    downlink_loss: share of what we sent it that it did not get, by its own receiver reports. rtt_ms: from LSR and DLSR of
    those. jitter_ms: interarrival jitter of its sound, or else its picture. silent_ms: since anything came from it.
    """

    uplink_loss: float | None = None
    downlink_loss: float | None = None
    rtt_ms: int | None = None
    jitter_ms: int | None = None
    silent_ms: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """A peer's line at one moment. at_ms: Unix milliseconds."""

    at_ms: int
    health: PeerHealth


@dataclass(frozen=True, slots=True)
class Counts:
    """A peer's counters now; the first five only ever rise while the peer's transport lives.

    expected, received: RTP packets of all its streams. sent, got, lost: packets to it, as of its last reports.
    jitter_s: None where no stream flows. rtt_s: None before the first answer. heard_at: when anything last came.
    """

    expected: int
    received: int
    sent: int
    got: int
    lost: int
    jitter_s: float | None
    rtt_s: float | None
    heard_at: float


class Told:
    """What one receiver's reports add up to (RFC 3550 §6.4.1). at: when its last RTCP came."""

    __slots__ = ("_blocks", "_rtt_at", "_rtt_s", "_sent_reports", "at", "got", "lost", "sent")

    def __init__(self) -> None:
        self.sent = self.got = self.lost = 0
        self.at = float("-inf")
        self._rtt_s = 0.0
        self._rtt_at = float("-inf")
        self._blocks: dict[int, tuple[int, int, int]] = {}
        self._sent_reports: dict[int, deque[tuple[int, float]]] = {}

    def note_sent(self, ssrc: int, ntp: int, now: float) -> None:
        """A sender report of this line goes out: its answer will name the middle of its NTP time."""
        self.note_sent_middle(ssrc, ntp >> 16 & 0xFFFFFFFF, now)

    def note_sent_middle(self, ssrc: int, middle: int, now: float) -> None:
        """The same by the middle 32 bits of the NTP time."""
        kept = self._sent_reports.setdefault(ssrc, deque(maxlen=_SENT_KEPT))
        kept.append((middle, now))

    def take(self, block: ReportBlock, packets: int, now: float) -> None:
        """Take one report block. packets: how many were sent on its line so far.

        A publisher's own loss is a gap on every line it feeds: only what was really sent can be lost on this one.
        """
        lost = block.lost - _LOST_SPAN if block.lost & _LOST_SIGN else block.lost
        before = self._blocks.get(block.ssrc)
        self._blocks[block.ssrc] = (block.highest, lost, packets)
        if before is not None:
            ahead = (block.highest - before[0]) & 0xFFFFFFFF
            if ahead < _JUMP:
                self.sent += max(0, packets - before[2])
                self.got += max(0, ahead - (lost - before[1]))
                self.lost += max(0, lost - before[1])
        for middle, at in reversed(self._sent_reports.get(block.ssrc, ())):
            if middle == block.last_sr and middle:
                self._rtt_s = max(0.0, now - at - block.delay / 65536)
                self._rtt_at = now
                break

    def rtt(self, now: float) -> float | None:
        """Seconds there and back, or None where none was measured lately."""
        return self._rtt_s if now - self._rtt_at <= _RTT_STALE_S else None


def health_of(now_counts: Counts, before: Counts, now: float) -> PeerHealth:
    """A peer's health between two readings of its counters."""
    expected = now_counts.expected - before.expected
    missing = expected - (now_counts.received - before.received)
    sent = now_counts.sent - before.sent
    unheard = min(sent - (now_counts.got - before.got), now_counts.lost - before.lost)
    rtt, jitter = now_counts.rtt_s, now_counts.jitter_s
    return PeerHealth(
        uplink_loss=_share(missing, expected),
        downlink_loss=_share(unheard, sent),
        rtt_ms=None if rtt is None else round(rtt * 1000),
        jitter_ms=None if jitter is None else round(jitter * 1000),
        silent_ms=max(0, round((now - now_counts.heard_at) * 1000)),
    )


def _share(part: int, whole: int) -> float | None:
    return min(1.0, max(0, part) / whole) if whole >= _PACKETS_MIN else None


class _Line:
    """One peer's readings: a few to compare with, and what was found at each step."""

    __slots__ = ("last", "readings", "samples")

    def __init__(self, counts: Counts) -> None:
        self.last = counts
        self.readings: deque[Counts] = deque([counts], maxlen=_WINDOW_STEPS)
        self.samples: deque[Sample] = deque(maxlen=HISTORY_SAMPLES)


class HealthBook:
    """The lines of all peers. A peer that is gone is remembered for ten minutes; no more than GONE_MAX of them."""

    def __init__(self) -> None:
        self._lines: dict[PeerId, _Line] = {}
        self._gone: dict[PeerId, float] = {}

    def step(self, counts: dict[PeerId, Counts], now: float, at_ms: int) -> None:
        """Note where everybody stands; call every STEP_S."""
        for peer, mine in counts.items():
            self._gone.pop(peer, None)
            line = self._lines.get(peer)
            if line is None or _restarted(mine, line.last):
                line = self._begin(peer, mine)
            line.samples.append(Sample(at_ms, health_of(mine, line.readings[0], now)))
            line.readings.append(mine)
            line.last = mine
        for peer in self._lines.keys() - counts.keys():
            self._gone.setdefault(peer, now)
        self._sweep(now)

    def _begin(self, peer: PeerId, counts: Counts) -> _Line:
        """A new transport counts from nothing; what the peer's older one showed stays in the history."""
        line = _Line(Counts(0, 0, 0, 0, 0, None, None, counts.heard_at))
        if peer in self._lines:
            line.samples.extend(self._lines[peer].samples)
        self._lines[peer] = line
        return line

    def _sweep(self, now: float) -> None:
        over = len(self._gone) - GONE_MAX
        for number, (peer, since) in enumerate(tuple(self._gone.items())):
            if number < over or now - since > HISTORY_S:
                del self._gone[peer], self._lines[peer]

    def note_end(self, peer: PeerId, counts: Counts) -> None:
        """Keep the last word of a transport that ends: how it was just before is asked about afterwards."""
        line = self._lines.get(peer)
        if line is None or _restarted(counts, line.last):
            line = self._begin(peer, counts)
        line.last = counts

    def health(self, peer: PeerId, counts: Counts | None, now: float) -> PeerHealth:
        """A peer's health now. counts: its counters, or None where it has no transport: then as it last was."""
        line = self._lines.get(peer)
        if counts is None:
            return PeerHealth() if line is None else health_of(line.last, line.readings[0], now)
        if line is None or _restarted(counts, line.last):
            return health_of(counts, Counts(0, 0, 0, 0, 0, None, None, counts.heard_at), now)
        return health_of(counts, line.readings[0], now)

    def history(self, peer: PeerId) -> tuple[Sample, ...]:
        """The last ten minutes at steps of STEP_S, oldest first."""
        line = self._lines.get(peer)
        return tuple(line.samples) if line is not None else ()


def _restarted(counts: Counts, before: Counts) -> bool:
    return counts.expected < before.expected or counts.sent < before.sent
