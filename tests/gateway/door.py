"""The door with a real ledger, real HTTP and real WebSockets; the instruments behind it are fakes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from server.courtroom.ports import Unavailable
from server.courtroom.registry import Registry
from server.courtroom.room import House
from server.courtroom.settings import CourtroomSettings
from server.courtroom.tasks import Tasks
from server.demo import cast
from server.demo.held import Books, schedule
from server.exhibits.apart import Worker
from server.exhibits.drawn import Drawn
from server.exhibits.settings import ExhibitSettings
from server.gateway import pages
from server.gateway.auth import Auth
from server.gateway.console import Console
from server.gateway.exhibits import Exhibits
from server.gateway.handing_in import HandingIn
from server.gateway.heads import Heads
from server.gateway.http import Routes, errors
from server.gateway.looks import Looks
from server.gateway.passages import Passages
from server.gateway.relays import Relays
from server.gateway.replay_files import ReplayFiles
from server.gateway.replays import Replays
from server.gateway.settings import GatewaySettings, TurnSettings
from server.gateway.socket import Sockets
from server.gateway.takings import Takings
from server.store.cases import Cases, SeatRow
from server.store.codec import EventCodec
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.materials import Materials
from server.store.officers import Officers
from server.store.results import Results
from tests.fakes.clock import FakeClock
from tests.fakes.instruments import FakeInstruments
from tests.fakes.lines import MemoryLines
from tests.fakes.media import FakeMedia
from tests.seat import SeatClient
from tests.store.ledgers import sqlite_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from server.courtroom.ports import EventLog, NewEntry

HEARING, CASE = "hearing-1", "case-1"
OTHER_HEARING, OTHER_CASE = "hearing-other", "case-other"
SLOTS = 12

PEOPLE = (
    cast.PRESIDING,
    SeatRow("judge", "judge", "bench", "person-1", "郑毅"),
    SeatRow("assessor", "assessor", "bench", "person-2", "黄丽"),
    cast.CLERK,
    cast.PLAINTIFF,
    cast.PLAINTIFF_AGENT,
    cast.DEFENDANT,
    SeatRow("third_party", "third_party", "third", "person-3", "第三人公司"),
    cast.WITNESS,
    SeatRow("expert", "expert", "court", "person-4", "鉴定人甲"),
    SeatRow("interpreter", "interpreter", "court", "person-5", "翻译乙"),
    cast.OBSERVER,
)
"""One seat of every role."""


class FragileLog(SqlEventLog):
    """The real log; `broken` makes every append fail as a lost disk would."""

    broken = False

    async def append(self, stream: str, expected_seq: int, entries: Sequence[NewEntry]) -> int:
        if self.broken:
            raise Unavailable("ledger")
        return await super().append(stream, expected_seq, entries)


class Door:
    """One server in this process. url, links: as tests.seat.SeatClient expects of a house."""

    def __init__(
        self,
        folder: Path,
        *,
        origins: tuple[str, ...] = (),
        grace_s: float = 30.0,
        turn: TurnSettings | None = None,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.settings = GatewaySettings(**settings)
        self.exhibit_settings = ExhibitSettings(free_bytes_min=1)  # whatever the disk of the tests has left
        self.clock = FakeClock()
        self.links: dict[str, str] = {}
        self.url = ""
        self.clients: list[SeatClient] = []
        self.database = Database(sqlite_settings(folder / "var"))
        self.cases, self.results = Cases(self.database), Results(self.database)
        self.log = FragileLog(self.database)
        self.codec = EventCodec()
        self.media = FakeMedia(SLOTS)
        self.instruments = FakeInstruments()
        self.tasks = Tasks()
        self.lines = MemoryLines()
        self._grace_s = grace_s
        self._origins = origins
        self._turn = turn or TurnSettings()
        self.editions: Any = None  # nothing is sealed
        self._runner: web.AppRunner | None = None

    async def open(self) -> Door:
        """Enter two cases with a hearing each, then listen."""
        for case, hearing in ((CASE, HEARING), (OTHER_CASE, OTHER_HEARING)):
            await self.cases.create_case(
                case_no=f"（2026）粤0106民初{case}号",
                cause="买卖合同纠纷",
                court="广州市天河区人民法院",
                procedure="civil_ordinary",
                now_ms=self.clock.now_ms(),
                case_id=case,
            )
            await self.schedule(case, hearing)
        for seat in PEOPLE:
            self.links[seat.seat] = await self.cases.make_link(HEARING, seat.seat, self.clock.now_ms())
        await self._listen()
        return self

    async def schedule(self, case: str, hearing: str) -> None:
        """One more hearing with a seat of every role."""
        log: EventLog = self.log
        await schedule(Books(self.cases, log, self.codec), case_id=case, hearing_id=hearing, seats=PEOPLE, scheduled_at=self.clock.now_ms(), public=True,
            now_ms=self.clock.now_ms(),
        )  # fmt: skip

    def _house(self) -> House:
        return House(
            log=self.log,
            codec=self.codec,
            media=self.media,
            instruments=self.instruments,
            clock=self.clock,
            tasks=self.tasks,
            settings=CourtroomSettings(),
            on_over=lambda _: None,
            lines=self.lines,
        )

    async def _listen(self) -> None:
        self.auth = Auth(
            cases=self.cases,
            settings=self.settings,
            public_origins=self._origins,
            link_key=b"k" * 32,
            now_ms=self.clock.now_ms,
            monotonic=self.clock.monotonic,
        )
        self.registry = Registry(self._house())
        self.sockets = Sockets(
            auth=self.auth,
            registry=self.registry,
            settings=self.settings,
            tasks=self.tasks,
            grace_s=self._grace_s,
            slots=SLOTS,
            relays=Relays(self._turn, self.clock.now_ms),
        )
        app = web.Application(
            middlewares=[pages.headers, errors], client_max_size=self.settings.probe_upload_bytes_max
        )
        self.takings = Takings(
            auth=self.auth,
            cases=self.cases,
            results=self.results,
            events=self.log,
            settings=self.settings,
            copies=self.copies,
            root=self.folder / "takings",
            editions=self.editions,
        )
        self.takings.add_to(app)
        Routes(
            auth=self.auth,
            cases=self.cases,
            results=self.results,
            events=self.log,
            settings=self.settings,
            takings=self.takings,
            lines=self.lines,
        ).add_to(app)
        Heads(auth=self.auth, cases=self.cases, events=self.log).add_to(app)
        Passages(auth=self.auth, registry=self.registry, settings=self.settings, tapes=self.tapes).add_to(app)
        replays = ReplayFiles(self.settings, self.tapes, self.folder / "replays")
        replays.add_to(app)
        Replays(
            auth=self.auth,
            registry=self.registry,
            takings=self.takings,
            settings=self.settings,
            files=replays,
        ).add_to(app)
        Looks(
            auth=self.auth,
            cases=self.cases,
            takings=self.takings,
            results=self.results,
            events=self.log,
            settings=self.settings,
            files=replays,
        ).add_to(app)
        self.officers = Officers(self.database)
        Console(
            auth=self.auth,
            officers=self.officers,
            cases=self.cases,
            registry=self.registry,
            settings=self.settings,
            lines=self.lines,
        ).add_to(app)
        self.materials, worker = Materials(self.database), Worker(self.exhibit_settings)
        HandingIn(
            auth=self.auth,
            registry=self.registry,
            materials=self.materials,
            worker=worker,
            settings=self.exhibit_settings,
            folders=self.exhibits,
        ).add_to(app)
        Exhibits(
            auth=self.auth,
            registry=self.registry,
            materials=self.materials,
            drawn=Drawn(self.folder / "drawn", worker, self.exhibit_settings.drawn_bytes_max),
            settings=self.settings,
            folders=self.exhibits,
        ).add_to(app)
        app.router.add_get("/ws", self.sockets.handle)
        built = self.folder / "built"
        (built / "assets").mkdir(parents=True)
        (built / "index.html").write_text("<!doctype html><title>云庭</title>", encoding="utf-8")
        (built / "assets" / "index.js").write_text("export {}\n", encoding="utf-8")
        (built / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
        pages.add_pages(app, built)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"

    def tapes(self, hearing: str) -> Path:
        """The folder of the tape."""
        return self.folder / "tapes" / hearing

    def exhibits(self, hearing: str) -> Path:
        """The folder of materials."""
        return self.folder / "exhibits" / hearing

    def copies(self, hearing: str) -> Path:
        """The folder of viewing copies."""
        return self.folder / "copies" / hearing

    async def close(self) -> None:
        """The end of the test."""
        for client in self.clients:
            with contextlib.suppress(AssertionError):
                await client.close()
        await self.registry.close()
        await self.sockets.close()
        assert self._runner is not None
        await self._runner.cleanup()
        await self.tasks.close()
        await self.database.close()

    # --- people ---

    async def bearer(self, seat: str) -> str:
        """A session for a seat, without the HTTP in between."""
        redeemed = await self.cases.redeem_link(self.links[seat], self.clock.now_ms())
        assert redeemed is not None
        return redeemed[0]

    def client(self, seat: str) -> SeatClient:
        """A client of a seat, not yet connected."""
        client = SeatClient(self, seat)  # type: ignore[arg-type]
        self.clients.append(client)
        return client

    async def enter(self, *seats: str) -> list[SeatClient]:
        """These seats come in, admitted by the clerk where they need it; witnesses as far as their room."""
        found = []
        clerk = next((client for client in self.clients if client.seat == "clerk"), None)
        for seat in seats:
            client = self.client(seat)
            await client.enter()
            if "acknowledge_discipline" in client.view["may"]:
                await client.prepare()
            if clerk is not None and seat not in {"clerk", "presiding"}:
                await clerk.do("admit", seat=seat)
            clerk = client if seat == "clerk" else clerk
            found.append(client)
        return found

    async def kinds(self) -> list[str]:
        """Kinds of all entries of the hearing."""
        return [entry.kind for entry in await self.log.read(HEARING)]

    async def until(self, condition: Any, timeout_s: float = 15.0) -> None:
        """Wait until a condition of the server's inside holds; `condition` may be a coroutine function."""
        async with asyncio.timeout(timeout_s):
            while True:
                found = condition()
                if await found if asyncio.iscoroutine(found) else found:
                    return
                await asyncio.sleep(0.01)


class Raw:
    """A WebSocket without manners."""

    autoping = True

    def __init__(self, door: Door, **headers: str) -> None:
        self._door = door
        self._headers = {"Origin": door.url} | headers
        self._http = aiohttp.ClientSession()

    async def __aenter__(self) -> aiohttp.ClientWebSocketResponse:
        try:
            self.socket = await self._http.ws_connect(
                f"{self._door.url}/ws", headers=self._headers, max_msg_size=0, autoping=self.autoping
            )
        except BaseException:  # nobody leaves a block that was not entered
            await self._http.close()
            raise
        return self.socket

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        await self._http.close()
