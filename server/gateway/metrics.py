"""Numbers for operators, in Prometheus form. Counts only: no names, no seats, no speech."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from server.courtroom.health import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.metrics_core import Metric


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
        for name, value in sorted(stats.get("totals", {}).items()):
            if isinstance(value, int | float):
                yield GaugeMetricFamily(f"yunting_media_{name}", f"media plane: {name}", value=float(value))
