"""All of this part: loads A, B and C against the peers, then how the cost grows, then memory a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.plane import janus
from tests.bench.plane.building import NoCompilerError, build
from tests.bench.plane.loads import MEASURED_S
from tests.bench.plane.measuring import case_of, interleaved, measure, show
from tests.bench.plane.table import SERVERS, Row, load_rows, memory_row, row, shape_rows

if TYPE_CHECKING:
    from tests.bench.plane.loads import Result

LOADS = ("A", "B", "C")
REPEATS = 2
SUBSCRIBERS = (5, 20, 100, 400)
HEARINGS = (1, 10, 100)
SHAPED = ("native+gso", "python")
REMEMBERED = ("native+gso", "python", "janus")
FEW, ADDED = 20, 200
SLOTS = 12  # what a real client of ours offers
SHAPE_S = 3.0
FILL_S = 5.0  # at 100 packets/s a history of 512 packets is full by then, warm-up included


@dataclass(frozen=True)
class Extent:
    """How much of it to run."""

    loads: tuple[str, ...] = LOADS
    servers: tuple[str, ...] = SERVERS
    repeats: int = REPEATS
    measured_s: float = MEASURED_S
    shape: bool = True
    memory: bool = True
    profile: str = "gcm"


def run(extent: Extent | None = None) -> list[Row]:
    """Measure; about eight minutes in full."""
    extent = extent or Extent()
    try:
        build()
    except NoCompilerError as error:
        return [row("load", None, "", f"skipped: {error}")]
    if any(server.startswith("janus") for server in extent.servers):
        try:
            janus.fetch()
        except janus.NoJanusError as error:
            print(f"  {error}", flush=True)
    rows: list[Row] = []
    for load in extent.loads:
        results = interleaved(extent.servers, load, extent.repeats, extent.measured_s, extent.profile)
        rows += load_rows(load, results)
    for server in SHAPED if extent.shape else ():
        if server in extent.servers:
            rows += shape(server)
    for server in REMEMBERED if extent.memory else ():
        if server in extent.servers:
            rows += memory(server)
    return rows


def shape(server: str) -> list[Row]:
    """One publisher to ever more subscribers; ever more hearings of four."""
    by_subscribers: dict[int, Result] = {}
    for number in SUBSCRIBERS:
        one = measure(case_of(server, "wide", subscribers=number, measured_s=SHAPE_S))
        by_subscribers[number] = one
        show(f"1 to {number} {server}", one)
        if one.skipped == "not built":
            break
    rows = shape_rows("shape.1_to", server, by_subscribers, 20)
    if by_subscribers[SUBSCRIBERS[0]].skipped == "not built":
        return rows
    by_hearings: dict[int, Result] = {}
    for number in HEARINGS:
        one = measure(case_of(server, "hearing", hearings=number, measured_s=SHAPE_S))
        by_hearings[number] = one
        show(f"{number} hearings {server}", one)
    return rows + shape_rows("shape.hearings_of_4", server, by_hearings, 1)


def memory(server: str) -> list[Row]:
    """Connections that carry nothing, and connections whose history is full."""
    rows = []
    for what, load in (("quiet", "quiet"), ("carrying", "wide")):
        few, many = (
            measure(case_of(server, load, subscribers=number, slots=SLOTS, measured_s=FILL_S))
            for number in (FEW, FEW + ADDED)
        )
        show(f"{what} {FEW} {server}", few)
        show(f"{what} {FEW + ADDED} {server}", many)
        rows.append(memory_row(what, server, few, many, ADDED))
    return rows
