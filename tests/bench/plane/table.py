"""The rows of this part, each beside its peer and its limit. Measures nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.bench.plane.loads import Result

Row = dict[str, Any]

SERVERS = ("janus", "janus+openssl", "native", "native+gso", "python", "floor", "floor+gso")
FLOOR_OF = {"native": "floor", "native+gso": "floor+gso"}
FLOOR_LIMIT = 2.0
# CPU a packet as a share of Janus', by load and server: what the packet plane has to reach.
JANUS_LIMITS = {
    ("A", "native"): 0.35,
    ("A", "native+gso"): 0.20,
    ("B", "native"): 0.5,
    ("B", "native+gso"): 0.3,
    ("A", "python"): 1.0,
    ("B", "python"): 1.0,
    ("C", "python"): 1.0,
}
STRONG_JANUS = (
    "B",
)  # loads whose limits stand against the faster of the two builds of libsrtp, if it is there
DELAY_LIMITS_MS = {"A": 3.0, "C": 1.0}
MEMORY_LIMIT_KIB = 150


def verdict(value: float, limit: float) -> str:
    """Say whether a limit holds."""
    return f"limit {limit:g}: {'ok' if value <= limit else 'over'}"


def row(name: str, value: float | None, unit: str, compared: str, ratio: float | None = None) -> Row:
    """One row as tests.bench collects them; value None: not measured, compared_with says why."""
    return {
        "name": f"plane.{name}",
        "value": value if value is None else round(value, 3),
        "unit": unit,
        "compared_with": compared,
        "ratio": None if ratio is None else round(ratio, 3),
    }


def peer_of(load: str, results: Mapping[str, Result]) -> str | None:
    """Give which Janus a load is compared with, or None if there is none."""
    wanted = ("janus+openssl", "janus") if load in STRONG_JANUS else ("janus",)
    return next((name for name in wanted if name in results and results[name].skipped is None), None)


def load_rows(load: str, results: Mapping[str, Result]) -> list[Row]:
    """Give the rows of one load: CPU beside Janus, CPU beside the floor, delays, losses."""
    rows = [cpu_row(load, name, results) for name in results]
    measured = {name: one for name, one in results.items() if one.skipped is None}
    for name, floor in FLOOR_OF.items():
        if name in measured and floor in measured:
            ratio = measured[name].cpu_us / measured[floor].cpu_us
            beside = f"{floor}: {measured[floor].cpu_us:.2f} us; {verdict(ratio, FLOOR_LIMIT)}"
            rows.append(
                row(f"{load}.cpu_over_floor.{name}", measured[name].cpu_us, "us/packet", beside, ratio)
            )
    rows += [delay_row(load, name, measured) for name in measured if measured[name].worst_p99_ms is not None]
    rows += [tape_row(load, name, one) for name, one in measured.items() if one.tape_cores]
    rows += [
        row(f"{load}.lost.{name}", one.lost_percent, "%", "0")
        for name, one in measured.items()
        if one.lost_percent
    ]
    rows += [
        row(f"{load}.offered.{name}", one.offered_percent, "%", "100: the load itself was late")
        for name, one in measured.items()
        if one.offered_percent < 98  # below this it is another load
    ]
    return rows


def cpu_row(load: str, name: str, results: Mapping[str, Result]) -> Row:
    """CPU a packet delivered, beside Janus'."""
    one = results[name]
    title = f"{load}.cpu.{name}"
    if one.skipped is not None:
        return row(title, None, "us/packet", f"skipped: {one.skipped}")
    peer = peer_of(load, results)
    if peer is None or name == peer:
        return row(title, one.cpu_us, "us/packet", "" if peer else "no Janus in this run")
    ratio = one.cpu_us / results[peer].cpu_us
    beside = f"{peer}, same run: {results[peer].cpu_us:.2f} us"
    limit = JANUS_LIMITS.get((load, name))
    return row(
        title, one.cpu_us, "us/packet", beside + (f"; {verdict(ratio, limit)}" if limit else ""), ratio
    )


def tape_row(load: str, name: str, one: Result) -> Row:
    """CPU of the tape's own process for each packet that was forwarded: not part of the server's."""
    beside = f"beside {one.cpu_us:.2f} us of forwarding; {one.tape_cores:.3f} cores"
    if one.tape_lost:
        beside += f"; its ring lost {one.tape_lost} packets"
    return row(f"{load}.tape_apart.{name}", one.tape_us, "us/packet", beside)


def delay_row(load: str, name: str, measured: Mapping[str, Result]) -> Row:
    """p99 of the delay of whichever of the first and the last subscriber waits longer."""
    value = measured[name].worst_p99_ms or 0.0
    said = []
    ours = name in FLOOR_OF
    limit = DELAY_LIMITS_MS.get(load)
    peer = measured.get("janus")
    ratio = None
    if peer is not None and name != "janus" and peer.worst_p99_ms:
        ratio = value / peer.worst_p99_ms
        said.append(f"janus, same run: {peer.worst_p99_ms:.2f} ms" + ("; " + below(ratio) if ours else ""))
    if ours and limit is not None:
        said.append(verdict(value, limit) + " (ms)")
    return row(f"{load}.delay_p99_last.{name}", value, "ms", "; ".join(said), ratio)


def below(ratio: float) -> str:
    """Say whether it is less than its peer's."""
    return "below it: ok" if ratio < 1 else "below it: over"


def shape_rows(title: str, server: str, results: Mapping[int, Result], base: int) -> list[Row]:
    """CPU a packet as something grows, beside the case `base`."""
    rows = []
    reference = results.get(base)
    for size, one in results.items():
        name = f"{title}_{size}.cpu.{server}"
        if one.skipped is not None:
            rows.append(row(name, None, "us/packet", f"skipped: {one.skipped}"))
            continue
        known = reference is not None and reference.skipped is None and reference.cpu_us > 0
        ratio = one.cpu_us / reference.cpu_us if known and reference is not None else None
        beside = f"{title}_{base}; {one.out_per_s:.0f} packets/s out, {one.cores:.2f} cores"
        if one.lost_percent >= 0.01:
            beside += f", lost {one.lost_percent:.2f} %"
        rows.append(row(name, one.cpu_us, "us/packet", beside, ratio))
    return rows


def memory_row(what: str, server: str, few: Result, many: Result, added: int) -> Row:
    """Growth of the resident memory a connection. few, many: the same case with and without `added` connections."""
    title = f"memory.{what}.{server}"
    skipped = few.skipped or many.skipped
    if skipped is not None:
        return row(title, None, "KiB/connection", f"skipped: {skipped}")
    each = (many.rss_kib - few.rss_kib) / added
    if server.startswith("janus"):
        return row(title, each, "KiB/connection", "")
    return row(
        title, each, "KiB/connection", verdict(each, MEMORY_LIMIT_KIB) + " KiB", each / MEMORY_LIMIT_KIB
    )
