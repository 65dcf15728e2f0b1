"""The composition root: builds every part of the house and owns the order of start and stop. Decides nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from media.fleet import Fleet
from media.plane import MediaPlane
from media.tee import TAPE, WORDS
from recording.composite.paint import FontMissing, find_font
from recording.house import TapeHouse
from recording.places import check_second
from server.archive.build import archiver_of, remote_of
from server.archive.keeping import load_policy
from server.composer import Composer
from server.courtroom.registry import Registry
from server.courtroom.room import House
from server.courtroom.tasks import Tasks
from server.demo.seed import Demo
from server.exhibits.apart import Worker
from server.exhibits.drawn import Drawn
from server.finish import Finisher, Folders
from server.gateway import pages
from server.gateway.auth import Auth
from server.gateway.console import Console
from server.gateway.exhibits import Exhibits
from server.gateway.handing_in import HandingIn
from server.gateway.heads import Heads
from server.gateway.http import Routes, errors
from server.gateway.looks import Looks
from server.gateway.metrics import FlowMetrics, HouseMetrics, InstrumentMetrics, LineMetrics, RingMetrics
from server.gateway.passages import Passages
from server.gateway.record import SESSION_KINDS, session_of
from server.gateway.relays import Relays
from server.gateway.replay_files import ReplayFiles
from server.gateway.replays import Replays
from server.gateway.socket import Sockets
from server.gateway.takings import Takings
from server.hearing.ids import HearingId, Instant
from server.instruments import HouseInstruments
from server.sealing import provenance
from server.sealing.keys import signers
from server.sealing.sealer import Sealer
from server.store.cases import Cases
from server.store.codec import EventCodec
from server.store.database import Database, migrate
from server.store.event_log import SqlEventLog
from server.store.line_book import LineFiles
from server.store.materials import Materials
from server.store.officers import Officers
from server.store.results import Results
from server.store.secret_file import load_or_make
from server.store.settings import database_url
from transcripts.live import LiveTranscriber

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.facts import MediaFact
    from media.tee import TeeRing
    from server.archive.copier import Archiver
    from server.config import Settings
    from transcripts.facts import TranscriptFact
    from transcripts.segments import Utterance

log = logging.getLogger(__name__)

BUILT = Path(__file__).resolve().parent.parent / "web" / "dist"
_KEY_BYTES = 32
_LIVE = frozenset({"checking_in", "in_session", "recessed"})


class WallClock:
    """The machine's clock (server.courtroom.ports.Clock); stands still rather than going back."""

    def __init__(self) -> None:
        self._last = 0

    def now_ms(self) -> Instant:
        """Unix milliseconds."""
        self._last = max(self._last, time.time_ns() // 1_000_000)
        return Instant(self._last)


class App:
    """The whole server of one machine."""

    def __init__(self, settings: Settings, built: Path = BUILT) -> None:
        self.settings = settings
        self._built = built
        self._clock = WallClock()
        self.folders = Folders(settings.storage.root, settings.recording.second_root)
        self.database = Database(settings.storage)
        self.cases = Cases(self.database)
        self.results = Results(self.database)
        self.events = SqlEventLog(self.database)
        self.codec = EventCodec()
        self.lines = LineFiles(
            self.folders.lines, settings.storage.line_log_bytes_max, settings.storage.line_log_pending_max
        )
        self.tasks = Tasks()
        self.demo = Demo(
            cases=self.cases, results=self.results, events=self.events, codec=self.codec, folders=self.folders
        )
        self.drawing = Worker(settings.exhibits)
        self.drawn = Drawn(self.folders.drawn, self.drawing, settings.exhibits.drawn_bytes_max)
        self.port = settings.http.port
        self.media: MediaPlane | Fleet
        self.tape_house: TapeHouse | None = None
        self.archiver: Archiver | None = None
        self._ends = AsyncExitStack()  # what has been started, in order; ended in the opposite one
        self._ends.push_async_callback(self.database.close)

    # --- start ---

    async def prepare(self) -> None:
        """Bring the ledger to this program's form."""
        await asyncio.to_thread(migrate, database_url(self.settings.storage))

    async def start(self) -> None:
        """Bring everything up, the door last. Raises OSError, FileNotFoundError, Unavailable."""
        settings = self.settings
        check_second(settings.recording, settings.storage.root)
        self.transcriber = LiveTranscriber(settings.transcripts, self._utterance, self._words_fact)
        await self.transcriber.start()
        self._ends.push_async_callback(self.transcriber.close)
        await self._start_media()
        self._make_archiver()
        self._ends.push_async_callback(self.tasks.close)
        self.instruments = HouseInstruments(
            settings.recording,
            lambda hearing: self.folders.tape(str(hearing)),
            self.transcriber,
            self.tape_house,
        )
        self.sealer = sealer = self._sealer()
        self.finisher = Finisher(
            events=self.events,
            results=self.results,
            folders=self.folders,
            transcripts=settings.transcripts,
            now_ms=self._clock.now_ms,
            seal=None if sealer is None else sealer.seal,
            compose=self._composer().compose if settings.composite.enabled else None,
        )
        self.registry = Registry(
            House(
                log=self.events,
                codec=self.codec,
                media=self.media,
                instruments=self.instruments,
                clock=self._clock,
                tasks=self.tasks,
                settings=settings.courtroom,
                on_over=self._over,
                lines=self.lines,
            )
        )
        await self.registry.recover(await self._unfinished())
        self.tasks.start(self.finisher.run(), "finisher")
        if sealer is not None:
            self.tasks.start(sealer.run(), "sealer")
        if self.archiver is not None:
            self.tasks.start(self.archiver.run(), "archive")
        self.tasks.start(self.lines.run(), "line figures")
        self._ends.push_async_callback(self.lines.drain)
        await self._open_door()

    def _sealer(self) -> Sealer | None:
        """Who seals hearings that are over. BadKey: a key file that is none must not be noticed at the first close only."""
        settings = self.settings.sealing
        if settings.court_key_file is None:
            log.warning("no court key: hearings are not sealed (yunting court-key new)")
            return None
        return Sealer(
            root=self.settings.storage.root,
            cases=self.cases,
            events=self.events,
            results=self.results,
            signers=signers(settings),
            credential=provenance.load(settings),
            tapes=self.folders.tapes,
            settings=settings,
            now_ms=self._clock.now_ms,
        )

    def _composer(self) -> Composer:
        """Who makes composites. A missing font is said at the start, and not at the first close only."""
        settings = self.settings.composite
        try:
            find_font(settings.font)
        except FontMissing as missing:
            log.warning("%s: no composite picture will be made", missing)
        return Composer(
            cases=self.cases,
            events=self.events,
            results=self.results,
            codec=self.codec,
            folders=self.folders,
            settings=settings,
            materials=Materials(self.database),
            drawn=self.drawn,
            now_ms=self._clock.now_ms,
        )

    def _make_archiver(self) -> None:
        """Who copies sealed packages to the remote storage, where one is configured. BadPolicyFile, OSError."""
        settings = self.settings.archive
        load_policy(settings)  # a table that is none must not be noticed at the first purge only
        remote = remote_of(settings, self._clock.now_ms)
        if remote is None:
            return
        self.archiver = archiver_of(
            settings, self.settings.storage.root, self.database, remote, self._clock.now_ms
        )
        self._ends.push_async_callback(remote.close)

    def _uncopied(self) -> Mapping[str, int]:
        return {} if self.archiver is None else self.archiver.troubled

    def _archive_figures(self) -> Mapping[str, float]:
        return {} if self.archiver is None else self.archiver.figures

    async def _start_media(self) -> None:
        """Open the wire: in this process, or in workers, whose packets for tape and words go to processes apart too."""
        settings = self.settings
        if settings.media.processes:
            self.tape_house = TapeHouse(settings.recording)
            self._ends.push_async_callback(self.tape_house.close)
            await self.tape_house.start()
            self.media = Fleet(settings.media, self._media_fact, self._rings)
        else:
            self.media = MediaPlane(settings.media, self._media_fact)
        await self.media.start()
        self._ends.push_async_callback(self.media.close)

    async def _open_door(self) -> None:
        settings = self.settings
        auth = Auth(
            cases=self.cases,
            settings=settings.gateway,
            public_origins=settings.http.public_origins,
            link_key=load_or_make(settings.storage.root / "link.key", _KEY_BYTES),
            now_ms=self._clock.now_ms,
            monotonic=time.monotonic,
        )
        self.sockets = Sockets(
            auth=auth,
            registry=self.registry,
            settings=settings.gateway,
            tasks=self.tasks,
            grace_s=settings.courtroom.depart_grace_s,
            slots=settings.media.slots_per_peer,
            relays=Relays(settings.turn, self._clock.now_ms),
        )
        app = web.Application(
            middlewares=[pages.headers, errors], client_max_size=settings.gateway.probe_upload_bytes_max
        )
        self._serve_record(app, auth)
        Heads(auth=auth, cases=self.cases, events=self.events).add_to(app)
        Passages(
            auth=auth, registry=self.registry, settings=settings.gateway, tapes=self.folders.tapes
        ).add_to(app)
        Console(
            auth=auth,
            officers=Officers(self.database),
            cases=self.cases,
            registry=self.registry,
            settings=settings.gateway,
            lines=self.lines,
            uncopied=self._uncopied,
        ).add_to(app)
        self._serve_exhibits(app, auth)
        app.router.add_get("/ws", self.sockets.handle)
        pages.add_pages(app, self._built)
        await self._listen(app)

    def _serve_record(self, app: web.Application, auth: Auth) -> None:
        takings = Takings(
            auth=auth,
            cases=self.cases,
            results=self.results,
            events=self.events,
            settings=self.settings.gateway,
            copies=self.folders.copies,
            root=self.settings.storage.root / "takings",
            editions=self.sealer,
        )
        takings.add_to(app)
        self.tasks.start(takings.fetched.run(), "readings")
        Routes(
            auth=auth,
            cases=self.cases,
            results=self.results,
            events=self.events,
            settings=self.settings.gateway,
            takings=takings,
            lines=self.lines,
        ).add_to(app)
        settings = self.settings.gateway
        files = ReplayFiles(settings, self.folders.tapes, self.folders.replays)
        files.add_to(app)
        Replays(auth=auth, registry=self.registry, takings=takings, settings=settings, files=files).add_to(
            app
        )
        Looks(
            auth=auth,
            cases=self.cases,
            takings=takings,
            results=self.results,
            events=self.events,
            settings=settings,
            files=files,
        ).add_to(app)

    async def _listen(self, app: web.Application) -> None:
        HouseMetrics.register(self.media.stats)
        RingMetrics.register(self.media.take_fills)
        LineMetrics.register(self.registry.verdicts)
        InstrumentMetrics.register(self.instruments.figures)
        InstrumentMetrics.register(self._archive_figures)
        FlowMetrics.register(self.registry.totals)
        http = self.settings.http
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        self._ends.push_async_callback(runner.cleanup)
        self._ends.push_async_callback(self.sockets.close)
        self._ends.push_async_callback(self.registry.close)
        await web.TCPSite(runner, http.host, http.port).start()
        self.port = runner.addresses[0][1]

    def _serve_exhibits(self, app: web.Application, auth: Auth) -> None:
        settings = self.settings.exhibits
        materials = Materials(self.database)
        HandingIn(
            auth=auth,
            registry=self.registry,
            materials=materials,
            worker=self.drawing,
            settings=settings,
            folders=self.folders.exhibits,
        ).add_to(app)
        Exhibits(
            auth=auth,
            registry=self.registry,
            materials=materials,
            drawn=self.drawn,
            settings=self.settings.gateway,
            folders=self.folders.exhibits,
        ).add_to(app)

    async def _unfinished(self) -> list[HearingId]:
        """Hearings to be taken up again, those in session first.

        Live when the last process ended, or closed but not yet entered for finishing.
        """
        found: list[tuple[bool, HearingId]] = []
        for case in await self.cases.cases():
            for hearing in await self.cases.hearings(case.id):
                session = session_of(await self.events.read_kinds(hearing.id, SESSION_KINDS))
                unentered = (
                    session["closed_at"] is not None and await self.results.job(hearing.id, "finish") is None
                )
                if session["session"] in _LIVE or unentered:
                    found.append((session["session"] == "checking_in", HearingId(hearing.id)))
        return [hearing for _, hearing in sorted(found, key=lambda one: one[0])]

    # --- stop ---

    async def close(self) -> None:
        """End what was started: the courtrooms (tapes synced), the door, the instruments, the ledger."""
        await self._ends.aclose()

    # --- facts ---

    def _rings(self, worker: int, rings: Mapping[str, TeeRing]) -> None:
        """A media worker starts: what it forwards is read from these."""
        if self.tape_house is not None:
            self.tape_house.attach(worker, rings[TAPE])
        self.transcriber.attach(worker, rings[WORDS])

    def _media_fact(self, fact: MediaFact) -> None:
        self.registry.media_fact(fact)

    def _utterance(self, hearing: str, utterance: Utterance) -> None:
        self.instruments.utterance(hearing, utterance)

    def _words_fact(self, fact: TranscriptFact) -> None:
        log.info("words: %s", fact)

    def _over(self, hearing: HearingId) -> None:
        self.tasks.start(self.finisher.enter(hearing), f"finish {hearing}")
