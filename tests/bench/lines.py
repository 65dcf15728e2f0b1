"""What looking at everybody's lines costs the one loop of conduct: a step of a full courtroom, and what of it goes to disk."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from media.figures import LineFigures, PeerFigures, StreamFigures
from media.health import PeerHealth
from media.ids import Kind, PeerId, TrackId
from server.courtroom.health import Watch
from server.courtroom.line_log import LineStep, encode
from server.courtroom.line_totals import LineTotals
from server.hearing.ids import ConnectionId, Instant, SeatId
from server.hearing.presence import Presence
from tests.fakes.media import FakeMedia
from tests.hearing.samples import HEARINGS

if TYPE_CHECKING:
    from server.hearing.state import Hearing

SEATS, SLOTS, ROUNDS = 40, 12, 100
GOAL_S = 0.025
"""Half a per cent of one core, a look each 5 s."""


class _NoTape:
    """The watch asks it for nothing here."""


async def run() -> list[dict[str, Any]]:
    """CPU seconds of one step, median and worst, with figures of a busy wire; bytes kept of it."""
    state = _crowd()
    media, kept = FakeMedia(), list[LineStep]()
    watch = Watch(media, _NoTape(), lambda: (), kept.append)  # type: ignore[arg-type]
    totals, took = LineTotals(), []
    for number in range(ROUNDS):
        _fill(media, number)
        begun = time.process_time()
        watch.step(state, Instant(5000 * number))
        totals.count(watch.flows.now.values())
        took.append(time.process_time() - begun)
    written = len(encode(kept[-1]))
    name = f"a look at {SEATS} seats with {SLOTS} slots"
    return [
        _row(f"{name}, CPU, p50", statistics.median(took), "s", GOAL_S),
        _row(f"{name}, CPU, worst", max(took), "s", None),
        _row("kept of it on disk", float(written), "byte", None),
    ]


def _crowd() -> Hearing:
    """A hearing of forty, all connected."""
    state = HEARINGS["heated"]().state
    seat, attendance = next(
        (seat, one) for seat, one in state.attendance.items() if one.presence is Presence.PRESENT
    )
    names = [SeatId(f"party-{number}") for number in range(SEATS)]
    return replace(
        state,
        seats={name: replace(state.seats[seat], id=name) for name in names},
        attendance={name: replace(attendance, connection=ConnectionId(f"c-{name}")) for name in names},
    )


def _fill(media: FakeMedia, number: int) -> None:
    peers = [PeerId(f"c-party-{one}") for one in range(SEATS)]
    for place, peer in enumerate(peers):
        streams = tuple(
            StreamFigures(
                TrackId(peer, kind),
                layer,
                "VP8",
                True,
                450 * number,
                500_000 * number,
                number,
                0.01,
                1,
                640,
                1,
                1.0,
            )
            for kind, layer in ((Kind.AUDIO, ""), (Kind.VIDEO, "f"), (Kind.VIDEO, "h"), (Kind.VIDEO, "q"))
        )
        lines = tuple(
            LineFigures(
                slot,
                kind,
                450 * number,
                250_000 * number,
                peers[(place + slot + 1) % SEATS],
                "h",
                0.01,
                0.05,
                number,
                number,
                number,
                1,
            )
            for kind in (Kind.AUDIO, Kind.VIDEO)
            for slot in range(SLOTS)
        )
        media.counted[peer] = PeerFigures(streams, lines)
        media.healths[peer] = PeerHealth(0.01, 0.02, 50, 10)


def _row(name: str, value: float, unit: str, goal: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "compared_with": f"goal {goal} {unit}" if goal else "",
        "ratio": value / goal if goal else None,
    }
