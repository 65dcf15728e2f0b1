"""Numbers for operators, in Prometheus form. Counts only: no names, no seats, no speech."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.metrics_core import Metric


class HouseMetrics(Collector):
    """Collects the media plane's totals each time they are asked for."""

    def __init__(self, stats: Callable[[], Mapping[str, Any]]) -> None:
        self._stats = stats

    @classmethod
    def register(cls, stats: Callable[[], Mapping[str, Any]]) -> None:
        """Make the totals part of GET /metrics."""
        REGISTRY.register(cls(stats))

    def collect(self) -> Iterable[Metric]:
        """Every number among the totals, as a gauge named yunting_media_<name>."""
        for name, value in sorted(self._stats().get("totals", {}).items()):
            if isinstance(value, int | float):
                yield GaugeMetricFamily(f"yunting_media_{name}", f"media plane: {name}", value=float(value))
