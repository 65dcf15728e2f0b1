"""The recogniser's own process: `python -m transcripts.worker --beside FD [--final]`. Messages on stdin and stdout.

Live: packets in, on stdin or by shared rings whose descriptors come by the socket FD, utterances out, for as long as
stdin is open. Final: one set of files in, lines out, end.
Bad payloads and unknown messages are counted and passed over; only a broken message border ends the process
(its parent starts another). Never touches the network; never writes speech to its log.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from media.ids import PeerId
from transcripts.desk import Desk
from transcripts.frames import (
    FrameError,
    FrameKind,
    OpusPacket,
    Splitter,
    pack_json,
    unpack_json,
    unpack_packet,
)
from transcripts.rings import Rings
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.taps import TapPacket
    from transcripts.desk import Job
    from transcripts.scribe import Scribe, Writing

_LOG = logging.getLogger(__name__)
_READ_BYTES = 65536
_TICK_S = 0.1
_TICKS_PER_BEAT = 10
_PATHS = frozenset({"model_cache_dir", "model_dir"})
EXIT_FRAMES = 3  # the parent's bytes made no sense
EXIT_MODEL = 4  # no model, no libopus


def settings_from(values: dict[str, Any]) -> TranscriptSettings:
    """Read the settings message; unknown fields are a defect and raise TypeError."""
    read: dict[str, Any] = {
        name: Path(value) if name in _PATHS and value is not None else value for name, value in values.items()
    }
    return TranscriptSettings(**read)


class Outlet:
    """Writes whole messages; several threads may use it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, kind: FrameKind, value: dict[str, Any]) -> None:
        """Write one message now. A parent that is gone ends the process."""
        with self._lock:
            try:
                self._stream.write(pack_json(kind, value))
                self._stream.flush()
            except OSError:
                os._exit(0)


class LiveWorker:
    """Threads around the desk: this one reads, one ticks, and each decoder has its own."""

    def __init__(
        self, settings: TranscriptSettings, outlet: Outlet, beside: socket.socket | None = None
    ) -> None:
        from transcripts.voice import Silero, load_session  # noqa: PLC0415  heavy

        self._settings = settings
        self._outlet = outlet
        session = load_session()
        self._desk = Desk(settings, lambda: Silero(session))
        self._wake = threading.Condition()
        self._beside = beside
        self._rings = Rings(settings, self._wake, self._hear)
        self._speakers: dict[tuple[PeerId, PeerId], int] = {}  # (tap, peer) in the rings -> stream
        self._strangers = 0  # packets in the rings of nobody who is to be heard
        self._garbage = 0
        self._decoded_s = 0.0
        self._busy_s = 0.0
        self._scribe: Scribe | None = None

    def start(self) -> None:
        """Start the threads; the model loads in the first decoder while sound is already collected."""
        threading.Thread(target=self._tick, name="tick", daemon=True).start()
        threading.Thread(target=self._load_and_decode, name="decode-0", daemon=True).start()

    def take(self, kind: int, body: bytes) -> None:
        """Take one message from the parent."""
        now_s = time.monotonic()
        with self._wake:
            try:
                if kind == FrameKind.PACKET:
                    self._desk.packet(unpack_packet(body), now_s)
                elif kind == FrameKind.OPEN:
                    self._open(unpack_json(body))
                elif kind == FrameKind.CLOSE:
                    self._close(int(unpack_json(body)["stream"]))
                elif kind == FrameKind.RING and self._beside is not None:
                    value = unpack_json(body)
                    self._rings.attach(int(value["worker"]), int(value["ring"]), self._beside)
                else:
                    self._garbage += 1
            except (FrameError, KeyError, OSError, TypeError, ValueError):
                self._garbage += 1
            self._send_out()
            self._wake.notify_all()

    def _open(self, value: dict[str, Any]) -> None:
        stream = int(value["stream"])
        self._desk.open(stream, str(value["language"]))
        if "tap" in value:
            self._speakers[PeerId(str(value["tap"])), PeerId(str(value["peer"]))] = stream

    def _close(self, stream: int) -> None:
        """Hear what was said until now, and nothing more."""
        self._rings.drain()
        self._speakers = {name: number for name, number in self._speakers.items() if number != stream}
        self._desk.close(stream)

    def _hear(self, tap: PeerId, item: TapPacket) -> None:
        """Take one packet out of a ring; what nobody ordered is counted and dropped."""
        stream = self._speakers.get((tap, item.track.peer))
        if stream is None:
            self._strangers += 1
            return
        arrival_ns = max(0, item.arrival_ns)
        packet = OpusPacket(stream, item.ssrc, item.sequence, item.timestamp, arrival_ns, item.payload)
        self._desk.packet(packet, time.monotonic())
        self._send_out()

    def _send_out(self) -> None:
        for kind, value in self._desk.take_out():
            self._outlet.send(kind, value)

    def _tick(self) -> None:
        ticks = 0
        while True:
            time.sleep(_TICK_S)
            ticks += 1
            with self._wake:
                self._desk.idle(time.monotonic())
                self._send_out()
                self._wake.notify_all()
                if ticks % _TICKS_PER_BEAT == 0:
                    self._outlet.send(FrameKind.BEAT, self._beat())

    def _beat(self) -> dict[str, Any]:
        return {
            "backlog_s": round(self._desk.backlog_s, 2),
            "skipped_s": round(self._desk.skipped_s, 2),
            "decoded_s": round(self._decoded_s, 2),
            "busy_s": round(self._busy_s, 2),
            "cpu_s": round(time.process_time(), 2),
            "garbage": self._garbage,
            "strangers": self._strangers,
            "rings": self._rings.take_losses(),
            "guarded": dict(self._scribe.dropped) if self._scribe is not None else {},
            **self._desk.counts(),
        }

    def _load_and_decode(self) -> None:
        self._scribe = load_scribe(self._settings, self._settings.live_prompt, self._outlet)
        for number in range(1, self._settings.decoders):
            threading.Thread(target=self._decode, name=f"decode-{number}", daemon=True).start()
        self._outlet.send(FrameKind.READY, {})
        self._decode()

    def _decode(self) -> None:
        while True:
            with self._wake:
                job = self._desk.next_job()
                while job is None:
                    self._wake.wait()
                    job = self._desk.next_job()
            began = time.monotonic()
            writing = self._write(job)
            with self._wake:
                self._decoded_s += job.seconds
                self._busy_s += time.monotonic() - began
                self._desk.done(job, writing)
                self._send_out()

    def _write(self, job: Job) -> Writing | None:
        if self._scribe is None:
            return None
        try:
            return self._scribe.write(
                job.sound, language=job.language, beam=job.beam, careful=job.kind != "partial"
            )
        except (
            RuntimeError,
            ValueError,
        ) as error:  # CTranslate2's own failures: this utterance is lost, not all
            _LOG.warning("a decode failed: %s", type(error).__name__)
            return None


def load_scribe(settings: TranscriptSettings, prompt: str, outlet: Outlet) -> Scribe:
    """Load the model, or say why not and end the process."""
    from transcripts.model import ModelMissingError  # noqa: PLC0415
    from transcripts.recogniser import WhisperRecogniser  # noqa: PLC0415  heavy
    from transcripts.scribe import Scribe  # noqa: PLC0415

    try:
        return Scribe(WhisperRecogniser(settings, prompt), prompt)
    except (ModelMissingError, ImportError, RuntimeError, OSError) as error:
        outlet.send(FrameKind.FAILED, {"kind": type(error).__name__, "text": str(error)})
        os._exit(EXIT_MODEL)


def serve_live(
    first: dict[str, Any],
    messages: Iterator[tuple[int, bytes]],
    outlet: Outlet,
    beside: socket.socket | None = None,
) -> int:
    """Run until stdin ends."""
    settings = settings_from(first)
    os.nice(settings.live_nice)
    worker = LiveWorker(settings, outlet, beside)
    worker.start()
    for kind, body in messages:
        worker.take(kind, body)
    return 0


def serve_final(first: dict[str, Any], messages: Iterator[tuple[int, bytes]], outlet: Outlet) -> int:
    """Transcribe the files of the one FILES message."""
    from transcripts.finalpass import run_files  # noqa: PLC0415  heavy

    settings = settings_from(first)
    os.nice(settings.final_nice)
    for kind, body in messages:
        if kind == FrameKind.FILES:
            files = {label: Path(path) for label, path in unpack_json(body).items()}
            run_files(files, settings, load_scribe(settings, "", outlet), outlet.send)
            return 0
    return 0


def read_messages(stream: BinaryIO, bytes_max: int) -> Iterator[tuple[int, bytes]]:
    """Give (kind, body) as they come; raises FrameError at a broken border."""
    splitter = Splitter(bytes_max)
    while data := os.read(stream.fileno(), _READ_BYTES):
        yield from splitter.feed(data)


def main(arguments: list[str]) -> int:
    """Run the process; the exit code."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it ends this process in order
    outlet = Outlet(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # whatever a library prints must not land between messages
    messages = read_messages(sys.stdin.buffer, TranscriptSettings().frame_bytes_max)
    try:
        kind, body = next(messages, (0, b""))
        if kind != FrameKind.SETTINGS:
            return EXIT_FRAMES
        if "--final" in arguments:
            return serve_final(unpack_json(body), messages, outlet)
        beside = socket.socket(fileno=int(arguments[arguments.index("--beside") + 1]))
        return serve_live(unpack_json(body), messages, outlet, beside)
    except FrameError:
        return EXIT_FRAMES
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    os._exit(code)  # no waiting for threads inside a decode
