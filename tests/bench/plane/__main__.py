"""python -m tests.bench.plane [--loads A,B,C] [--servers …] [--repeats 2] [--seconds 4] [--profile cm] [--no-shape] [--no-memory]."""

from __future__ import annotations

import argparse

from tests.bench.plane.loads import MEASURED_S, PROFILES
from tests.bench.plane.table import SERVERS
from tests.bench.plane.whole import LOADS, REPEATS, Extent, run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plane")
    parser.add_argument("--loads", default=",".join(LOADS), help="of A, B, C")
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--seconds", type=float, default=MEASURED_S, help="measured time of a case")
    parser.add_argument("--profile", choices=tuple(PROFILES), default="gcm", help="of SRTP, for the loads")
    parser.add_argument("--no-shape", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    asked = parser.parse_args()
    servers = tuple(asked.servers.split(","))
    if unknown := set(servers) - set(SERVERS):
        parser.error(f"unknown servers: {', '.join(sorted(unknown))}")
    loads = tuple(load for load in asked.loads.split(",") if load)
    if set(loads) - set(LOADS):
        parser.error("loads are A, B and C")
    extent = Extent(
        loads, servers, asked.repeats, asked.seconds, not asked.no_shape, not asked.no_memory, asked.profile
    )
    for one in run(extent):
        value = "-" if one["value"] is None else f"{one['value']:.3f}"
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
        print(f"{one['name']:<46} {value:>9} {one['unit']:<15} {ratio:>6}  {one['compared_with']}")


if __name__ == "__main__":
    main()
