"""Runs cases, each in a process of its own that is ended for certain, and interleaves servers. Judges nothing."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from tests.bench.plane.building import ROOT
from tests.bench.plane.loads import CASE_S, MEASURED_S, Case, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOOPBACK = "127.0.0.1"
_SAID_CHARS = 160
_SHOWN_CORES = 0.001


def case_of(
    server: str,
    load: str,
    *,
    subscribers: int = 20,
    hearings: int = 0,
    slots: int = 1,
    measured_s: float = MEASURED_S,
    profile: str = "gcm",
) -> Case:
    """Give a case: in a network of its own for root, over this machine's loopback otherwise."""
    return Case(server, load, _LOOPBACK, subscribers, hearings, slots, measured_s, os.geteuid() == 0, profile)


def measure(case: Case) -> Result:
    """Run one case; whatever goes wrong with it is said in `skipped`. Its files go with it, however it ends."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return _measure(case, folder)


def _measure(case: Case, folder: str) -> Result:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.plane.case", json.dumps(asdict(case))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": folder},
    )
    try:
        said, complained = process.communicate(timeout=CASE_S + 30)
    except subprocess.TimeoutExpired:
        return Result(skipped=f"failed: not done within {CASE_S} s")
    finally:
        end_group(process)
    if process.returncode or not said:
        return Result(skipped=f"failed: {(complained.strip().splitlines() or ['?'])[-1][:_SAID_CHARS]}")
    return Result(**json.loads(said.splitlines()[-1]))


def end_group(process: subprocess.Popen[str]) -> None:
    """End a case and every child it may have left: they share a process group nothing else is in."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def median(results: list[Result]) -> Result:
    """Give the median of each figure; of skipped ones only if there is nothing else."""
    done = [one for one in results if one.skipped is None]
    if not done:
        return results[0]
    whole: dict[str, Any] = {}
    for one in fields(Result):
        values = [getattr(result, one.name) for result in done]
        numbers = [value for value in values if isinstance(value, (int, float))]
        if numbers:
            whole[one.name] = statistics.median(numbers)
    return replace(done[0], **whole)


def interleaved(
    servers: Iterable[str], load: str, repeats: int, measured_s: float, profile: str = "gcm"
) -> dict[str, Result]:
    """Measure every server in turn, `repeats` times round; gives the medians. A skipped one is not tried again."""
    found: dict[str, list[Result]] = {server: [] for server in servers}
    for _ in range(repeats):
        for server, results in found.items():
            if not results or results[0].skipped is None:
                results.append(measure(case_of(server, load, measured_s=measured_s, profile=profile)))
                show(f"{load} {server}", results[-1])
    return {server: median(results) for server, results in found.items()}


def threads(result: Result) -> str:
    """Say which threads took the CPU: the main one, then the busiest others."""
    if "main_thread_cores" not in result.facts:
        return ""
    others = " ".join(
        f"{cores:.3f}" for cores in result.facts["other_threads_cores"] if cores >= _SHOWN_CORES
    )
    return f"  threads {result.facts['main_thread_cores']:.3f} | {others}"


def tape(result: Result) -> str:
    """Say what the tape's own process took."""
    if not result.tape_cores:
        return ""
    lost = f", lost {result.tape_lost}" if result.tape_lost else ""
    return f"  tape apart {result.tape_cores:.3f} cores ({result.tape_us:.2f} us/packet{lost})"


def show(name: str, result: Result) -> None:
    """Print one measurement as it comes."""
    if result.skipped is not None:
        print(f"  {name:<24} skipped: {result.skipped}", flush=True)
        return
    if not result.out_per_s:
        print(f"  {name:<24} rss {result.rss_kib / 1024:.1f} MiB", flush=True)
        return
    delays = " ".join(
        f"{label} {value:.2f}" if value is not None else f"{label} -"
        for label, value in (
            ("first p50", result.first_p50_ms),
            ("p99", result.first_p99_ms),
            ("last p50", result.last_p50_ms),
            ("p99", result.last_p99_ms),
        )
    )
    print(
        f"  {name:<24} {result.cpu_us:7.2f} us/packet {result.cores:5.2f} cores {result.out_per_s:8.0f} out/s  "
        f"offered {result.offered_percent:5.1f} %  lost {result.lost_percent:5.2f} %  {delays} ms  "
        f"rss {result.rss_kib // 1024} MiB  load {result.generator_cores:.2f} cores{threads(result)}{tape(result)}",
        flush=True,
    )
