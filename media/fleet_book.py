"""What is known of the peers of all media workers: health, figures, ten minutes of history, totals. No I/O.

A worker's last word stays when it dies: how somebody's line was before is asked about afterwards. Bounded as
media.health is: GONE_MAX peers that are gone, none for longer than HISTORY_S.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from media.fleet_messages import PeerReport, whole
from media.health import GONE_MAX, HISTORY_S, HISTORY_SAMPLES, PeerHealth

if TYPE_CHECKING:
    from media.figures import PeerFigures
    from media.fleet_messages import Report
    from media.health import Sample
    from media.ids import PeerId


class _Line:
    """One peer. worker: None once it is gone. at: monotonic seconds of the last word about it."""

    __slots__ = ("at", "last", "samples", "worker")

    def __init__(self) -> None:
        self.worker: int | None = None
        self.last = PeerReport()
        self.at = float("-inf")
        self.samples: deque[Sample] = deque(maxlen=HISTORY_SAMPLES)


class Book:
    """The figures of a fleet. worker: its index; now: monotonic seconds."""

    def __init__(self) -> None:
        self._lines: dict[PeerId, _Line] = {}
        self._gone: dict[PeerId, float] = {}
        self._totals: dict[int, Report] = {}
        self._fills: dict[tuple[int, str], float] = {}  # the worst since they were taken
        self._past, self._past_dropped = Counter[str](), Counter[str]()

    # -- what is told --------------------------------------------------------------------------------------

    def came(self, worker: int, peer: PeerId, now: float) -> None:
        """The peer has a transport on this worker."""
        line = self._lines.setdefault(peer, _Line())
        self._gone.pop(peer, None)
        if line.worker != worker:
            line.worker, line.last, line.at = worker, PeerReport({"connected": False}), now

    def take(self, worker: int, report: Report, now: float) -> None:
        """Take a worker's report; of a peer that has no transport there any more it says nothing."""
        self._totals[worker] = report
        for ring, share in report.fills.items():
            self._fills[worker, ring] = max(share, self._fills.get((worker, ring), 0.0))
        for peer, found in report.peers.items():
            line = self._lines.get(peer)
            if line is not None and line.worker == worker:
                self._note(line, found, now)
        self._sweep(now)

    def ended(self, peer: PeerId, last: PeerReport | None, now: float) -> None:
        """The peer's transport is gone. last: how it was, where its worker could still say so."""
        line = self._lines.get(peer)
        if line is None:
            return
        if last is not None:
            self._note(line, last, now)
        line.worker = None
        self._gone.setdefault(peer, now)

    def worker_ended(self, worker: int, now: float) -> None:
        """The worker is gone: its peers have no transport, its totals stay counted."""
        for peer, line in self._lines.items():
            if line.worker == worker:
                line.worker = None
                self._gone.setdefault(peer, now)
        report = self._totals.pop(worker, None)
        if report is not None:
            self._past.update(report.totals)
            self._past_dropped.update(report.dropped)

    @staticmethod
    def _note(line: _Line, found: PeerReport, now: float) -> None:
        line.last, line.at = found, now
        line.samples.extend(found.fresh)

    def _sweep(self, now: float) -> None:
        over = len(self._gone) - GONE_MAX
        for number, (peer, since) in enumerate(tuple(self._gone.items())):
            if number < over or now - since > HISTORY_S:
                del self._gone[peer], self._lines[peer]

    # -- what is asked -------------------------------------------------------------------------------------

    def health(self, peer: PeerId, now: float) -> PeerHealth:
        """A peer's line as last reported; one that is gone has been silent since."""
        line = self._lines.get(peer)
        if line is None:
            return PeerHealth()
        found = line.last.health
        if line.worker is not None:
            return found
        if found == PeerHealth() and not line.samples:  # it never had a line
            return found
        return replace(found, silent_ms=found.silent_ms + max(0, round((now - line.at) * 1000)))

    def history(self, peer: PeerId) -> tuple[Sample, ...]:
        """A peer's last ten minutes, oldest first, over all workers it was on."""
        line = self._lines.get(peer)
        return tuple(line.samples) if line is not None else ()

    def figures(self, peer: PeerId) -> PeerFigures | None:
        """A peer's streams and lines as last reported; None if it has no transport."""
        line = self._lines.get(peer)
        return whole(line.last.figures) if line is not None and line.worker is not None else None

    def take_fills(self) -> dict[tuple[int, str], float]:
        """How full each worker's rings were at the worst since the last call; of one that died meanwhile for the last time."""
        found = self._fills
        self._fills = {
            (worker, ring): share for worker, one in self._totals.items() for ring, share in one.fills.items()
        }
        return found

    def stats(self) -> dict[str, Any]:
        """Give "peers", "totals" and "datagrams_dropped" as MediaPlane.stats does, over all workers, dead ones included."""
        totals, dropped = Counter(self._past), Counter(self._past_dropped)
        for report in self._totals.values():
            totals.update(report.totals)
            dropped.update(report.dropped)
        return {
            "peers": {
                peer: dict(line.last.stats) for peer, line in self._lines.items() if line.worker is not None
            },
            "totals": dict(totals),
            "datagrams_dropped": dict(dropped),
        }
