"""Numbers for operators, in Prometheus form. Counts only: no names, no seats, no speech."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from server.courtroom.health import VERDICTS
from server.courtroom.line_totals import COUNTED, DOWN, KINDS, MEASURED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.metrics_core import Metric

    from server.courtroom.line_totals import LineTotals


class LineMetrics(Collector):
    """How good the lines of everybody connected are, over all hearings of this machine."""

    def __init__(self, verdicts: Callable[[], Mapping[str, int]]) -> None:
        self._verdicts = verdicts

    @classmethod
    def register(cls, verdicts: Callable[[], Mapping[str, int]]) -> None:
        """Make them part of GET /metrics."""
        REGISTRY.register(cls(verdicts))

    def describe(self) -> Iterable[Metric]:
        """Nothing: several houses in one process may count."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Connected seats by verdict, each verdict always there."""
        found = self._verdicts()
        family = GaugeMetricFamily("yunting_lines", "connected seats by their line", labels=["verdict"])
        for verdict in VERDICTS:
            family.add_metric([verdict], float(found.get(verdict, 0)))
        yield family


class FlowMetrics(Collector):
    """Loss, jitter, round trip and rates of everything that flows, by kind and direction, over all hearings."""

    def __init__(self, totals: LineTotals) -> None:
        self._totals = totals

    @classmethod
    def register(cls, totals: LineTotals) -> None:
        """Make them part of GET /metrics."""
        REGISTRY.register(cls(totals))

    def describe(self) -> Iterable[Metric]:
        """Nothing: several houses in one process may count."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """One histogram a figure, one counter a kind of trouble; every set of labels always there."""
        for name, directions in MEASURED.items():
            family = HistogramMetricFamily(
                f"yunting_line_{name}",
                f"{name.replace('_', ' ')} of streams up and lines down, seen every few seconds",
                labels=["kind", "direction"],
            )
            for kind in KINDS:
                for direction in directions:
                    found = self._totals.histograms[name, kind.value, direction]
                    edges = [*(str(float(bound)) for bound in found.bounds), "+Inf"]
                    buckets = list(zip(edges, map(float, accumulate(found.counts)), strict=True))
                    family.add_metric([kind.value, direction], buckets, found.sum)
            yield family
        for name in COUNTED:
            counter = CounterMetricFamily(
                f"yunting_line_{name}",
                f"{name.replace('_', ' ')} on lines down",
                labels=["kind", "direction"],
            )
            for kind in KINDS:
                counter.add_metric([kind.value, DOWN], float(self._totals.counts[name, kind.value]))
            yield counter


class HouseMetrics(Collector):
    """Collects the media plane's totals each time they are asked for."""

    def __init__(self, stats: Callable[[], Mapping[str, Any]]) -> None:
        self._stats = stats

    @classmethod
    def register(cls, stats: Callable[[], Mapping[str, Any]]) -> None:
        """Make the totals part of GET /metrics."""
        REGISTRY.register(cls(stats))

    def collect(self) -> Iterable[Metric]:
        """Every number among the totals, as a gauge named yunting_media_<name>; which engine carries the packets."""
        stats = self._stats()
        engine = GaugeMetricFamily(
            "yunting_media_engine", "media plane: 1 for the engine that runs", labels=["engine"]
        )
        engine.add_metric([str(stats.get("engine", ""))], 1.0)
        yield engine
        for name in ("wanted", "living", "restarts"):
            if name in stats.get("workers", {}):
                yield GaugeMetricFamily(
                    f"yunting_media_workers_{name}",
                    f"media workers: {name}; none where this process carries the packets",
                    value=float(stats["workers"][name]),
                )
        for name, value in sorted(stats.get("totals", {}).items()):
            if isinstance(value, int | float):
                yield GaugeMetricFamily(f"yunting_media_{name}", f"media plane: {name}", value=float(value))


class RingMetrics(Collector):
    """How full the rings between the data plane and the rest were at the worst since they were last asked for."""

    def __init__(self, take: Callable[[], Mapping[tuple[int, str], float]]) -> None:
        self._take = take

    @classmethod
    def register(cls, take: Callable[[], Mapping[tuple[int, str], float]]) -> None:
        """Make them part of GET /metrics. take: by media worker and ring, 0 to 1, from one call to the next."""
        REGISTRY.register(cls(take))

    def describe(self) -> Iterable[Metric]:
        """Nothing: to ask for the worst begins it anew."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """One gauge a ring."""
        family = GaugeMetricFamily(
            "yunting_media_ring_fill_worst",
            "share of a ring's room in use at the worst since the last time this was read; 1: something found none",
            labels=["worker", "ring"],
        )
        for (worker, ring), share in sorted(self._take().items()):
            family.add_metric([str(worker), ring], share)
        yield family


class InstrumentMetrics(Collector):
    """The processes that keep the tapes and write the words: restarts, and packets that their rings had no room for."""

    def __init__(self, figures: Callable[[], Mapping[str, float]]) -> None:
        self._figures = figures

    @classmethod
    def register(cls, figures: Callable[[], Mapping[str, float]]) -> None:
        """Make them part of GET /metrics."""
        REGISTRY.register(cls(figures))

    def describe(self) -> Iterable[Metric]:
        """Nothing: several houses in one process may count."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Every figure, as a gauge named yunting_<name>."""
        for name, value in self._figures().items():
            yield GaugeMetricFamily(f"yunting_{name}", f"instruments: {name}", value=float(value))
