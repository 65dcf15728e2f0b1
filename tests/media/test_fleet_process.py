"""A media worker's process alone: it ends with its server, and for one that does not read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from media.fleet_messages import Ask, Begin, Call, Ready, Splitter, pack
from media.ids import PeerId
from media.settings import MediaSettings
from tests.media.test_fleet import until

pytestmark = pytest.mark.media

A = PeerId("a")


async def test_workers_end_with_the_server_even_if_it_is_killed() -> None:
    program = (
        "import asyncio, sys\n"
        "from media.fleet import Fleet\n"
        "from media.settings import MediaSettings\n"
        "async def run():\n"
        "    fleet = Fleet(MediaSettings(udp_port=0, bind_host='127.0.0.1', workers=2), print)\n"
        "    await fleet.start()\n"
        "    print(*fleet.pids, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(run())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        pids = [int(word) for word in (await process.stdout.readline()).split()]
    for pid in pids:
        os.kill(pid, signal.SIGINT)  # Ctrl-C goes to all of them; the server ends its workers
        os.kill(pid, signal.SIGTERM)
    await asyncio.sleep(0.2)
    assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    process.kill()
    await process.wait()
    await until(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_worker_whose_server_does_not_read_ends_instead_of_hoarding() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "media.worker", str(theirs.fileno()), str(os.getpid())],
            pass_fds=(theirs.fileno(),),
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        settings = MediaSettings(udp_port=0, bind_host="127.0.0.1", worker_backlog_bytes_max=20_000)
        ours.sendall(pack(Begin(settings, ())))
        ours.settimeout(30)
        messages = list(Splitter(1 << 20).feed(ours.recv(1 << 16)))
        assert isinstance(messages[0], Ready)
        ask = pack(Ask(1, tuple(Call("slot_use", (A,)) for _ in range(100))))
        with contextlib.suppress(OSError):  # its end of the socket goes with it
            for _ in range(100_000):
                ours.sendall(ask)
        assert process.wait(30) == 1
