"""`make bench`: every benchmark in one run, as a table and as build/bench.json. Compares in one run; asserts nothing."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

PARTS = (
    "plane.whole",
    "forwarding",
    "tape",
    "composite",
    "package",
    "words",
    "join",
    "console",
    "views",
    "lines",
)
OUT = Path(__file__).resolve().parent.parent.parent / "build" / "bench.json"


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def main() -> None:
    """Run the parts named on the command line, or all."""
    asked = sys.argv[1:] or list(PARTS)
    where = machine()
    print(f"{where['cpu']}, {where['cores']} cores, load {where['load']:.1f}, Python {where['python']}")
    rows: list[dict[str, Any]] = []
    for part in asked:
        run = importlib.import_module(f"tests.bench.{part}").run
        found = asyncio.run(run()) if inspect.iscoroutinefunction(run) else run()
        rows += [{"part": part, **row} for row in found]
    print(f"{'part':<11} {'figure':<58} {'value':>11} {'unit':<14} {'ratio':>7}  compared with")
    for row in rows:
        ratio = "" if row.get("ratio") is None else f"{row['ratio']:.2f}"
        value = (
            "-" if row["value"] is None else f"{row['value']:.3f}"
        )  # None: skipped, and why is said beside it
        print(
            f"{row['part']:<11} {row['name']:<58} {value:>11} {row['unit']:<14} {ratio:>7}  "
            f"{row.get('compared_with') or ''}"
        )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(
        json.dumps({"machine": where, "rows": rows}, ensure_ascii=False, indent=1), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
