"""Live captions: packets of the tapped speakers in, utterances out. Knows no court and never waits for the model.

One recogniser process serves all hearings. It may die; then what it had open is made final with what was
settled, a fact says so, and another is started. Everything here runs on the loop `start` was called on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from media.taps import TapPacket, Tee
from media.tee import WORDS
from transcripts.child import Child
from transcripts.facts import (
    PacketsDropped,
    PacketsLost,
    RecogniserDied,
    RecogniserReady,
    SpeechSkipped,
    TranscriberFailed,
    TranscriptFact,
)
from transcripts.frames import FrameError, FrameKind, OpusPacket, pack_json, pack_packet, unpack_json
from transcripts.ring_book import RingBook
from transcripts.segments import RewriteError, Utterance, abandon, succeed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.ids import PeerId
    from media.taps import Tap, TapReport
    from media.tee import TeeRing
    from transcripts.settings import TranscriptSettings

_LOG = logging.getLogger(__name__)
_LANGUAGES = frozenset({"zh", "en", "auto"})


@dataclass(frozen=True, slots=True)
class WordsOrder:
    """Whose words are written now. labels: peer -> the speaker's label. language: "zh", "en" or "auto"."""

    labels: Mapping[PeerId, str] = field(default_factory=dict)
    language: str = "zh"


@dataclass(slots=True)
class TranscriberCounts:
    """What happened since the start."""

    packets: int = 0
    refused: int = 0  # of peers not in the order
    dropped: int = 0  # the process did not read fast enough, or was down; with shared rings: they were full
    lost: int = 0  # left in a shared ring by a process that died
    utterances: int = 0  # final ones with text
    restarts: int = 0
    process: dict[str, Any] = field(default_factory=dict)  # the last heartbeat: backlog, loss, guards, CPU


@dataclass(slots=True)
class _Stream:
    """One speaker as the process knows it: a label's stretch of being heard."""

    number: int
    ear: Ear
    peer: PeerId
    label: str
    language: str
    open: dict[int, Utterance] = field(default_factory=dict)
    closed: bool = False


class Ear:
    """The machine ear of one hearing: a media.taps.Tap; with `tap`, its name on the wire, the process reads the rings."""

    def __init__(self, hearing: str, owner: LiveTranscriber, tap: PeerId | None = None) -> None:
        self.hearing = hearing
        self.tap = tap
        self._owner = owner
        self._streams: dict[PeerId, _Stream] = {}
        self._dropped = 0

    @property
    def feed(self) -> Tap | Tee:
        """What the wire is given: this ear, or the ring that the process reads."""
        return self if self.tap is None else Tee(WORDS)

    def offer(self, item: TapPacket | TapReport) -> bool:
        """Take one item; only Opus of peers in the order is used. False: dropped, counted."""
        if not isinstance(item, TapPacket) or item.codec != "opus":
            return True
        counts = self._owner.counts
        counts.packets += 1
        stream = self._streams.get(item.track.peer)
        if stream is None:
            counts.refused += 1
            return False
        if not self._owner.give(stream, item):
            counts.dropped += 1
            self._dropped += 1
            return False
        return True

    def follow(self, order: WordsOrder) -> None:
        """Obey a new order at once: whoever is no longer in it is finalised with what was said until now."""
        if order.language not in _LANGUAGES:
            raise ValueError(f"no such language: {order.language}")
        for peer, stream in list(self._streams.items()):
            if order.labels.get(peer) != stream.label or order.language != stream.language:
                del self._streams[peer]
                self._owner.end(stream)
        for peer, label in order.labels.items():
            if peer not in self._streams:
                self._streams[peer] = self._owner.begin(self, peer, label, order.language)

    async def drained(self) -> None:
        """Wait until every speaker that is no longer followed has their last words written (or the process died)."""
        await self._owner.wait_ended(self)

    def take_dropped(self) -> int:
        """Give how many packets were dropped since the last call."""
        dropped, self._dropped = self._dropped, 0
        return dropped


class LiveTranscriber:
    """Starts, watches and restarts the recogniser's process; gives each hearing its ear."""

    def __init__(
        self,
        settings: TranscriptSettings,
        on_utterance: Callable[[str, Utterance], None],
        on_fact: Callable[[TranscriptFact], None],
    ) -> None:
        self._settings = settings
        self._on_utterance = on_utterance
        self._on_fact = on_fact
        self.counts = TranscriberCounts()
        self.ready = asyncio.Event()
        self._run_id = secrets.token_hex(4)
        self._ears: dict[str, Ear] = {}
        self._streams: dict[int, _Stream] = {}
        self._last_number = 0
        self._rings = RingBook()
        self._child: Child | None = None
        self._heard_at_s = 0.0
        self._task: asyncio.Task[None] | None = None
        self._ended = asyncio.Condition()

    @property
    def pid(self) -> int | None:
        """The recogniser's process id, None while it is down."""
        return None if self._child is None else self._child.pid

    async def start(self) -> None:
        """Begin; returns at once, captions flow when the model is loaded (a RecogniserReady fact)."""
        # One task for the life of the transcriber; its death is reported by _task_done, never swallowed.
        self._task = asyncio.get_running_loop().create_task(self._supervise(), name="transcriber")
        self._task.add_done_callback(self._task_done)

    def ear(self, hearing: str, tap: PeerId | None = None) -> Ear:
        """Give the ear of a hearing, made at the first call. tap: its name on the wire, where shared rings feed it."""
        if hearing not in self._ears:
            self._ears[hearing] = Ear(hearing, self, tap)
        return self._ears[hearing]

    def attach(self, worker: int, ring: TeeRing) -> None:
        """Have a media worker's fresh ring read; the worker that wrote an older one is gone."""
        made = self._rings.attach(worker, ring, read=self._child is not None)
        if self._child is not None:
            self._child.attach(made)

    def forget(self, hearing: str) -> None:
        """End a hearing's ear: its speakers are finalised."""
        ear = self._ears.pop(hearing, None)
        if ear is not None:
            ear.follow(WordsOrder())

    async def close(self) -> None:
        """Finalise what is open, wait for it a bounded time, end the process."""
        for hearing in list(self._ears):
            self.forget(hearing)
        if self._child is not None and self.ready.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.close_timeout_s):
                    await self.wait_ended(None)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._rings.close()

    # What ears ask.

    def begin(self, ear: Ear, peer: PeerId, label: str, language: str) -> _Stream:
        """Open a stream for a speaker."""
        self._last_number += 1
        stream = _Stream(self._last_number, ear, peer, label, language)
        self._streams[stream.number] = stream
        self._send_open(stream)
        return stream

    def end(self, stream: _Stream) -> None:
        """Close a stream: the process finalises it; without a process that is done here."""
        stream.closed = True
        if self._child is None:
            self._abandon(stream)
        else:
            self._child.send(pack_json(FrameKind.CLOSE, {"stream": stream.number}))

    def give(self, stream: _Stream, item: TapPacket) -> bool:
        """Hand one packet to the process; False when it is down or does not read."""
        child = self._child
        if child is None or child.buffered > self._settings.write_buffer_bytes_max:
            return False
        packet = OpusPacket(
            stream.number, item.ssrc, item.sequence, item.timestamp, max(0, item.arrival_ns), item.payload
        )
        child.send(pack_packet(packet))
        return True

    async def wait_ended(self, ear: Ear | None) -> None:
        """Wait until no closed stream (of an ear) is left."""
        async with self._ended:
            await self._ended.wait_for(
                lambda: (
                    not any(
                        stream.closed and (ear is None or stream.ear is ear)
                        for stream in self._streams.values()
                    )
                )
            )

    # The process.

    async def _supervise(self) -> None:
        delay_s = self._settings.restart_delay_s
        while True:
            cause, code = await self._live_once()
            if self.ready.is_set():
                delay_s = self._settings.restart_delay_s
            self.ready.clear()
            await self._lose_process()
            self.counts.restarts += 1
            _LOG.warning("the recogniser's process ended: %s, code %s", cause, code)
            self._on_fact(RecogniserDied(cause, code, delay_s))
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, self._settings.restart_delay_s_max)

    async def _live_once(self) -> tuple[str, int | None]:
        """Run one process to its end; give the cause and the exit code."""
        try:
            child = await Child.start(self._settings)
        except OSError as error:
            return "start", error.errno
        self._child = child
        loop = asyncio.get_running_loop()
        self._heard_at_s = loop.time()
        for stream in self._streams.values():
            self._send_open(stream)
        self._rings.began()
        for one in self._rings.handles:  # what the last process did not read is still there
            child.attach(one)
        cause = "exit"
        try:
            messages = child.messages()
            while True:
                limit_s = (
                    self._settings.silence_s_max if self.ready.is_set() else self._settings.start_timeout_s
                )
                async with asyncio.timeout(limit_s):
                    kind, body = await anext(messages)
                if kind != FrameKind.BEAT or self.ready.is_set():
                    self._heard_at_s = loop.time()
                elif loop.time() - self._heard_at_s > self._settings.start_timeout_s:
                    cause = "start"
                    break
                await self._take(kind, body)
        except StopAsyncIteration:
            await child.gone()
        except TimeoutError:
            cause = "silent"
        finally:
            self._child = None
            child.kill()
            code = await child.ended()
        return cause, code

    async def _lose_process(self) -> None:
        """Make final what was open; streams still followed will be opened anew in the next process."""
        for stream in list(self._streams.values()):
            self._abandon(stream)
            if not stream.closed:
                # A new number: ids of utterances must not repeat.
                del self._streams[stream.number]
                self._last_number += 1
                stream.number = self._last_number
                self._streams[stream.number] = stream
        await self._tell_ended()

    def _send_open(self, stream: _Stream) -> None:
        if self._child is not None:
            value = {"stream": stream.number, "language": stream.language}
            if stream.ear.tap is not None:
                value |= {"tap": stream.ear.tap, "peer": stream.peer}
            self._child.send(pack_json(FrameKind.OPEN, value))

    async def _take(self, kind: int, body: bytes) -> None:
        try:
            value = unpack_json(body)
            stream = self._streams.get(int(value.get("stream", 0)))
            utterance = None
            if kind == FrameKind.UTTERANCE and stream is not None:
                utterance = self._read_utterance(stream, value)
            seconds = float(value["seconds"]) if kind == FrameKind.SKIPPED else 0.0
        except (FrameError, KeyError, TypeError, ValueError) as error:
            _LOG.error("a message of the recogniser's process made no sense: %s", type(error).__name__)
            return
        if stream is not None and utterance is not None:
            self._utterance(stream, int(value["number"]), utterance)
        elif kind == FrameKind.ENDED and stream is not None:
            self._abandon(stream)
            await self._tell_ended()
        elif kind == FrameKind.SKIPPED and stream is not None:
            self._on_fact(SpeechSkipped(stream.ear.hearing, stream.label, seconds))
        elif kind == FrameKind.BEAT:
            self._beat(value)
        elif kind == FrameKind.READY:
            self.ready.set()
            self._on_fact(RecogniserReady(self.counts.restarts))
        elif kind == FrameKind.FAILED:
            _LOG.error("the recogniser can't start: %s: %s", value.get("kind"), value.get("text"))

    def _beat(self, value: dict[str, Any]) -> None:
        self.counts.process = value
        losses = self._rings.take(dict(value.get("rings", {})))
        if any(losses):
            self.counts.dropped += losses.full
            self.counts.lost += losses.left
            self._on_fact(PacketsLost(*losses))
        for ear in self._ears.values():
            dropped = ear.take_dropped()
            if dropped:
                self._on_fact(PacketsDropped(ear.hearing, dropped))

    def _read_utterance(self, stream: _Stream, value: dict[str, Any]) -> Utterance:
        return Utterance(
            id=f"{self._run_id}-{stream.number}-{int(value['number'])}",
            label=stream.label,
            t0_ns=int(value["t0_ns"]),
            t1_ns=int(value["t1_ns"]),
            settled=str(value["settled"]),
            pending=str(value["pending"]),
            final=bool(value["final"]),
            confidence=None if value["confidence"] is None else float(value["confidence"]),
        )

    def _utterance(self, stream: _Stream, number: int, new: Utterance) -> None:
        try:
            utterance = succeed(stream.open.get(number), new)
        except RewriteError:
            _LOG.warning("an utterance was not taken: it would rewrite what stands")
            return
        if utterance.final:
            stream.open.pop(number, None)
            self.counts.utterances += bool(utterance.text)
        else:
            stream.open[number] = utterance
        self._on_utterance(stream.ear.hearing, utterance)

    def _abandon(self, stream: _Stream) -> None:
        """Say the last word for a stream that gets no more decodes; forget it if it is closed."""
        for utterance in stream.open.values():
            self._on_utterance(stream.ear.hearing, abandon(utterance))
        stream.open.clear()
        if stream.closed:
            self._streams.pop(stream.number, None)

    async def _tell_ended(self) -> None:
        async with self._ended:
            self._ended.notify_all()

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            _LOG.error("the transcriber broke: %s", type(error).__name__)
            self._on_fact(TranscriberFailed(type(error).__name__))
