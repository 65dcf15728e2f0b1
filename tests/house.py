"""A whole server of its own for a test: own folder, own ports, own case; started, killed and started again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import yaml

from server.demo.held import Books, schedule
from server.store.cases import Cases, SeatRow
from server.store.codec import EventCodec
from server.store.database import Database, migrate
from server.store.event_log import SqlEventLog
from server.store.settings import StoreSettings, database_url

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
ENGINE = os.environ.get("YUNTING_TEST_ENGINE", "native")
"""Which engine carries the packets of a house that names none: the journeys are run on both, and each start proves it."""

WORKERS = 2
"""Media processes of a house that says nothing else, whatever the cores of the machine; worker k has `udp_port` + k."""
PATIENCE = {
    "worker_answer_s": 10.0,
    "worker_reports_missed_max": 60,
    "worker_start_timeout_s": 60.0,
}
"""A machine that is busy with other tests is no hanging worker."""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_udp_ports(count: int) -> int:
    """The first of `count` UDP ports in a row, all free a moment ago: worker k takes the k-th."""
    for _ in range(100):
        first = free_port(socket.SOCK_DGRAM)
        try:
            with ExitStack() as probes:
                for port in range(first, first + count):
                    probe = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            continue
        return first
    raise RuntimeError(f"no {count} UDP ports in a row are free")


@dataclass
class House:
    """One server under test. `links` maps seat -> join token."""

    folder: Path
    overrides: dict[str, dict[str, object]] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    udp_port: int = field(default_factory=lambda: free_udp_ports(WORKERS))
    links: dict[str, str] = field(default_factory=dict)
    hearing: str = "hearing-test"
    case: str = "case-test"
    case_no: str = "（2026）粤0106民初77号"
    engine: str = ENGINE
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where browsers find it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self) -> StoreSettings:
        """Its ledger's settings."""
        return StoreSettings(root=self.folder / "var")

    @property
    def config(self) -> Path:
        """Its config file."""
        return self.folder / "config.yaml"

    def write_config(self) -> None:
        """The project's own config, with this house's ports and folder."""
        document = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
        document["http"].update({"host": "127.0.0.1", "port": self.port})
        document["storage"]["root"] = str(self.folder / "var")
        document["media"].update(
            {"udp_port": self.udp_port, "engine": self.engine, "workers": WORKERS, **PATIENCE}
        )
        # Several houses share this machine's disk, and its clock is nobody's evidence.
        document["recording"].update({"forecast_hours": 0.05, "clock_check_s": 0.0})
        document["composite"]["enabled"] = False  # ten seconds of a processor that the next test needs
        document["transcripts"]["model_cache_dir"] = str(ROOT / "var" / "models")
        for section, values in self.overrides.items():
            document[section].update(values)
        self.config.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    async def prepare(
        self, seats: Sequence[SeatRow], *, public: bool = True, procedure: str = "civil_ordinary"
    ) -> None:
        """Make the ledger with one case and one hearing, and a link for every seat."""
        (self.folder / "var").mkdir(parents=True, exist_ok=True)
        self.write_config()
        await asyncio.to_thread(migrate, database_url(self.store))
        database = Database(self.store)
        try:
            cases = Cases(database)
            now = time.time_ns() // 1_000_000
            await cases.create_case(
                case_no=self.case_no,
                cause="买卖合同纠纷",
                court="广州市天河区人民法院",
                procedure=procedure,
                now_ms=now,
                case_id=self.case,
            )
            await schedule(
                Books(cases, SqlEventLog(database), EventCodec()),
                case_id=self.case,
                hearing_id=self.hearing,
                seats=seats,
                scheduled_at=now,
                public=public,
                now_ms=now,
            )
            for seat in seats:
                self.links[seat.seat] = await cases.make_link(self.hearing, seat.seat, now)
        finally:
            await database.close()

    async def start(self) -> None:
        """Start the server and wait until it answers."""
        log = (self.folder / "server.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve", "--config", str(self.config), "--no-demo",
            cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        log.close()
        async with aiohttp.ClientSession() as client:
            for _ in range(1200):  # two minutes: a busy machine takes long to read the code in
                if self.process.returncode is not None:
                    raise RuntimeError(f"the server ended: {self.log_tail()}")
                try:
                    async with client.get(f"{self.url}/healthz") as answer:
                        if answer.status == 200:
                            await self._prove_engine(client)
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        raise RuntimeError(f"the server does not answer: {self.log_tail()}")

    async def _prove_engine(self, client: aiohttp.ClientSession) -> None:
        """What the server itself says of its engine, not what it was told."""
        async with client.get(f"{self.url}/metrics") as answer:
            told = re.findall(
                r'^yunting_media_engine\{engine="(\w*)"\} 1\.0$', await answer.text(), re.MULTILINE
            )
        assert told == [self.engine], f"packets are carried by {told}, not by {self.engine}"

    async def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        self.process = None

    async def stop(self) -> None:
        """End in good order; kill what does not end."""
        if self.process is None:
            return
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 25)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
                raise AssertionError("the server did not stop when asked to") from None
        self.process = None

    def log_tail(self, size: int = 4000) -> str:
        """The end of the server's log."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")[-size:]

    def join_url(self, seat: str) -> str:
        """The seat's join link."""
        return f"{self.url}/j/{self.links[seat]}"
