"""Figures of the lines in GET /metrics: every label known beforehand, no name and no hearing among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from media.ids import Kind
from server.courtroom.flows import LineFlow, SeatFlow, StreamFlow
from server.courtroom.line_totals import BOUNDS, LineTotals
from server.gateway.metrics import FlowMetrics, RingMetrics
from server.hearing.ids import SeatId

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.pure

UP = StreamFlow("main", Kind.AUDIO, "", "opus", 100, 9000, 2, 0.02, 12, 31_000, 0, permitted=True)
DOWN = LineFlow(
    0, Kind.VIDEO, SeatId("plaintiff"), "main", "f", 9, 99, 0.0, 40, 900_000, 3, 4, 2, 1,
    new_nacks=3, new_repeats=4, new_freezes=2, new_switches=1,
)  # fmt: skip


def told(totals: LineTotals) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    registry = CollectorRegistry()
    registry.register(FlowMetrics(totals))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def of(kind: str, direction: str, **more: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"kind": kind, "direction": direction, **more}.items()))


def test_every_set_of_labels_is_there_from_the_start_and_none_is_added() -> None:
    totals = LineTotals()
    before = told(totals)
    totals.count([SeatFlow((UP,), (DOWN,))] * 3)
    after = told(totals)
    assert before.keys() == after.keys()
    assert not any(before.values())
    assert {name for _, labels in after for name, _ in labels} == {"kind", "direction", "le"}
    assert "plaintiff" not in str(after)
    assert len(after) < 250


def test_distributions_and_totals() -> None:
    totals = LineTotals()
    totals.count([SeatFlow((UP,), (DOWN,))] * 3)
    found = told(totals)
    assert found["yunting_line_loss_ratio_count", of("audio", "up")] == 3
    assert found["yunting_line_loss_ratio_sum", of("audio", "up")] == pytest.approx(0.06)
    assert found["yunting_line_loss_ratio_bucket", of("audio", "up", le="0.01")] == 0
    assert found["yunting_line_loss_ratio_bucket", of("audio", "up", le="0.02")] == 3, (
        "a bound belongs to its bucket"
    )
    assert found["yunting_line_loss_ratio_bucket", of("video", "down", le="0.0")] == 3
    assert found["yunting_line_jitter_seconds_sum", of("audio", "up")] == pytest.approx(0.036)
    assert found["yunting_line_rtt_seconds_bucket", of("video", "down", le="+Inf")] == 3
    assert found["yunting_line_bits_per_second_sum", of("video", "down")] == 2_700_000
    counters = {
        name: found[f"yunting_line_{name}_total", of("video", "down")]
        for name in ("freezes", "layer_switches", "nacks", "repeats")
    }
    assert counters == {"freezes": 6, "layer_switches": 3, "nacks": 9, "repeats": 12}
    assert found["yunting_line_freezes_total", of("audio", "down")] == 0


def test_what_lies_above_every_bound_is_counted_too() -> None:
    totals = LineTotals()
    for kind, direction in (("audio", "up"), ("video", "down")):
        one = totals.histograms["bits_per_second", kind, direction]
        one.add(BOUNDS["bits_per_second"][-1] + 1)
        assert one.counts[-1] == 1


def test_a_scrape_reads_the_gauges_and_begins_the_worst_anew() -> None:
    taken: list[Mapping[tuple[int, str], float]] = [
        {(0, "tape"): 1.0, (1, "words"): 0.25},
        {(0, "tape"): 0.0},
    ]
    registry = CollectorRegistry()
    registry.register(RingMetrics(lambda: taken.pop(0)))
    assert len(taken) == 2, "to be registered is no scrape"

    def scraped() -> dict[tuple[str, str], float]:
        families = text_string_to_metric_families(generate_latest(registry).decode())
        return {
            (one.labels["worker"], one.labels["ring"]): one.value
            for family in families
            for one in family.samples
            if one.name == "yunting_media_ring_fill_worst"
        }

    assert scraped() == {("0", "tape"): 1.0, ("1", "words"): 0.25}
    assert scraped() == {("0", "tape"): 0.0}
