"""One measurement in a process of its own, in a network of its own where it may: python -m tests.bench.plane.case JSON.

Prints one line of JSON, the Result. The network (an unshared namespace with one veth address) and every child end
with this process; traffic never leaves it.
"""

from __future__ import annotations

import asyncio
import ctypes
import dataclasses
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from media.ids import Kind
from tests.bench.plane.generator import FIRST, LAST, Generator, Keys, Totals
from tests.bench.plane.loads import CASE_S, LOADS, PROFILES, WARM_UP_S, Case, Result
from tests.bench.plane.servers import FLOOR_KEY, server
from tests.bench.plane.serving import Clients, SkippedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.plane.serving import Server

OWN_ADDRESS = "10.77.0.1"
_CLONE_NEWNET = 0x40000000  # sched.h
_DRAIN_S = 0.3
_REPORT_S = 1.0
_CLOCK_RATES = {Kind.AUDIO: 48000, Kind.VIDEO: 90000}


def own_network() -> None:
    """Leave the machine's network for one with a loopback and one veth address. OSError where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for words in (
        "link set lo up",
        "link add bench0 type veth peer name bench1",
        f"address add {OWN_ADDRESS}/24 dev bench0",
        "link set bench0 up",
        "link set bench1 up",
    ):
        subprocess.run(["ip", *words.split()], check=True, capture_output=True, timeout=10)


def cpu_ns(pid: int) -> dict[int, int]:
    """CPU time of each thread of a process, in nanoseconds (proc(5), schedstat); the main thread's number is pid."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found[int(task.name)] = int((task / "schedstat").read_text(encoding="ascii").split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return found


def tape_ns(under_test: Server) -> int:
    """CPU time of the tape's own process, in nanoseconds; 0 where there is none."""
    return 0 if under_test.tape_pid is None else sum(cpu_ns(under_test.tape_pid).values())


def rss_kib(pid: int) -> int:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def hand_over(clients: Clients, generator: Generator) -> None:
    """Give the generator every socket; the first and the last who hear are watched."""
    heard: Sequence[object] = clients.heard or clients.bare
    watched = {id(heard[0]): FIRST, id(heard[-1]): LAST}
    for peer in clients.peers:
        peer.number = generator.peer(peer.hand_over(), peer.server, peer.keys(), watched.get(id(peer), 0))
        if peer.kind is not None:
            generator.publish(peer.number, peer.publishing())
    for sock in clients.bare:
        keys = Keys(FLOOR_KEY, FLOOR_KEY)
        generator.peer(sock.fileno(), sock.getsockname(), keys, watched.get(id(sock), 0))


async def report(clients: Clients, generator: Generator, kind: Kind) -> None:
    """Send every client's RTCP once a second, until cancelled; a little of it at a time, as clients do."""
    began = time.monotonic()
    while True:
        for peer in clients.peers:
            packets = int((time.monotonic() - began) * 100)
            peer.report(packets, generator.highest(peer.number), _CLOCK_RATES[kind])
            await asyncio.sleep(_REPORT_S / len(clients.peers))
        if not clients.peers:
            await asyncio.sleep(_REPORT_S)


async def measure(case: Case, under_test: Server, clients: Clients) -> Result:
    """Load it and read its CPU over the measured time."""
    load = LOADS[case.load]
    if load.burst == 0:
        await asyncio.sleep(WARM_UP_S)
        return Result(rss_kib=rss_kib(under_test.pid), facts=await under_test.stats())
    generator = Generator(len(clients.peers) + len(clients.bare), PROFILES[case.profile])
    hand_over(clients, generator)
    reports = asyncio.get_running_loop().create_task(report(clients, generator, load.kind))
    generator.start(load, WARM_UP_S + case.measured_s + _DRAIN_S)
    await asyncio.sleep(WARM_UP_S)
    generator.measure(True)
    began, cpu, before = time.monotonic(), cpu_ns(under_test.pid), generator.totals()
    taping = tape_ns(under_test)
    await asyncio.sleep(case.measured_s)
    spent, after, took = cpu_ns(under_test.pid), generator.totals(), time.monotonic() - began
    taping = tape_ns(under_test) - taping
    spent = {task: ns - cpu.get(task, 0) for task, ns in spent.items()}
    generator.measure(False)
    memory = rss_kib(under_test.pid)
    generator.stop_sending()
    await asyncio.sleep(_DRAIN_S)
    reports.cancel()
    facts = await under_test.stats()
    publishers = sum(peer.kind is not None for peer in clients.peers)
    found = figures(before, after, sum(spent.values()), took, publishers * load.per_second)
    if under_test.tape_pid is not None and not facts["taped"]:
        raise SkippedError("failed: the tape got nothing")
    if facts.get("restarts"):
        raise SkippedError("failed: a process of the server died")
    lost, generator_s = generator.stop()
    first, last = generator.delays_ms(FIRST), generator.delays_ms(LAST)
    return replace(
        found,
        lost_percent=max(0.0, lost),
        first_p50_ms=quantile(first, 0.5),
        first_p99_ms=quantile(first, 0.99),
        last_p50_ms=quantile(last, 0.5),
        last_p99_ms=quantile(last, 0.99),
        generator_cores=generator_s / (WARM_UP_S + case.measured_s + _DRAIN_S),
        tape_cores=taping / 1e9 / took,
        tape_us=taping / 1000 / max(1, after.received - before.received),
        tape_lost=int(facts.get("tape_lost", 0)),
        rss_kib=memory,
        unreadable=after.unreadable,
        facts={
            **facts,
            "late_bursts": after.late,
            "main_thread_cores": spent.pop(under_test.pid, 0) / 1e9 / took,
            "other_threads_cores": sorted((ns / 1e9 / took for ns in spent.values()), reverse=True)[:4],
        },
    )


def figures(before: Totals, after: Totals, cpu: int, took: float, offered_per_s: float) -> Result:
    """Make rates of two readings. offered_per_s: 0 for the floor, which makes its packets itself."""
    received = after.received - before.received
    sent = after.sent - before.sent
    return Result(
        cpu_us=cpu / 1000 / received if received else 0.0,
        cores=cpu / 1e9 / took,
        out_per_s=received / took,
        offered_percent=100 * sent / (offered_per_s * took) if offered_per_s else 100.0,
    )


def quantile(ordered: list[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


async def run(case: Case) -> Result:
    """Start, connect, measure, end."""
    under_test = server(case)
    clients = Clients()
    try:
        async with asyncio.timeout(CASE_S):
            await under_test.start()
            clients = await under_test.connect()
            return await measure(case, under_test, clients)
    except SkippedError as skipped:
        return Result(skipped=str(skipped))
    finally:
        for peer in clients.peers:
            peer.vanish()
        await under_test.close()
        for sock in clients.bare:
            sock.close()


def main() -> None:
    case = Case(**json.loads(sys.argv[1]))
    # Every server is given the same room: Janus takes some five descriptors a connection.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if case.own_network:
        try:
            own_network()
            case = dataclasses.replace(case, host=OWN_ADDRESS)
        except (OSError, subprocess.SubprocessError):
            case = dataclasses.replace(case, own_network=False)
    print(json.dumps(asyncio.run(run(case)).as_json()))
    sys.stdout.flush()
    os._exit(0)  # C threads and sockets end with the process; nothing of it is worth waiting for


if __name__ == "__main__":
    main()
