"""Rebuilds viewing copies from the tape: one file a label, in step with all others. Never decodes, never touches the tape.

A copy spans [zero, end] exactly like every other label's, so that players started together stay together: the
voice is an unbroken line of Opus packets (silence where nothing was recorded), the picture starts and ends with
black and goes black where it paused. VP8 goes into WebM, H.264 into MP4; a label that used both gets a second,
silent MP4 for its H.264 times. The same tape gives the same bytes.
"""

from __future__ import annotations

import functools
import heapq
import io
import itertools
import logging
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

from media.ids import Kind
from media.taps import TapPacket
from recording.clocks import ClockMap
from recording.pictures import Picture, pictures
from recording.reading import Tape
from recording.rtp import in_order
from recording.segments import stem_of, sync_directory
from recording.voice import RATE, SILENCE, lay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from media.taps import TapReport
    from recording.places import Where
    from recording.voice import Voice

log = logging.getLogger(__name__)

_NS_A_MS = 1_000_000
_LED_NS = 45_000_000_000  # a kept picture has a key frame every 20 s (MediaSettings), and one may be lost
_LATE_NS = 5_000_000_000  # what arrives late belongs to it too
_PAUSE_MS = 1500  # without a picture for longer, it goes black ...
_BLACK_AFTER_MS = 500  # ... this long after the last one
_BLACK_PIXELS_MAX = 4096 * 2304  # a sender may claim any size
_VOICE_BASE = Fraction(1, RATE)
_PICTURE_BASE = Fraction(1, 1000)
_PART = ".part"
_FORMATS = {"vp8": ("webm", ".webm"), "h264": ("mp4", ".mp4")}


@dataclass(frozen=True, slots=True)
class ViewingCopy:
    """One playable file. kind: "av", "audio" or "video". It starts at zero_ns and lasts duration_ms."""

    label: str
    path: Path
    kind: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class _Shown:
    at_ms: int
    lasts_ms: int
    picture: Picture


class ViewingFailed(Exception):  # noqa: N818  named like the law's other outcomes
    """Some labels' copies could not be rebuilt; what was published before is untouched. copies: the good ones."""

    def __init__(self, labels: list[str], copies: list[ViewingCopy]) -> None:
        super().__init__(f"{len(labels)} viewing copies could not be rebuilt")
        self.labels = labels
        self.copies = copies


def build(
    where: Where,
    out: Path,
    zero_ns: int,
    end_ns: int,
    on_progress: Callable[[int, int], object] = lambda _done, _total: None,
    *,
    passage: bool = False,
) -> list[ViewingCopy]:
    """Rebuild every label's copy of [zero_ns, end_ns] (wall clock, UTC) from the tape that is there into `out`.

    on_progress(labels done, labels in all) is called before each label and at the end; what it raises ends the
    work there, with whole files only. passage: [zero, end] is a short part of a tape that may still be rolling; what is far
    from it is not read, and its first pictures are what leads up to it. Blocks; runs in the caller's thread or process. ValueError if end is not
    after zero; OSError if the tape can't be read; ViewingFailed after trying every label.
    """
    if end_ns <= zero_ns:
        raise ValueError("the end must be after the beginning")
    out.mkdir(parents=True, exist_ok=True)
    _sweep(out)
    tape = Tape(where, (zero_ns - _LED_NS, end_ns + _LATE_NS) if passage else None)
    labels = tape.labels
    copies: list[ViewingCopy] = []
    failed: list[str] = []
    for done, label in enumerate(labels):
        on_progress(done, len(labels))
        try:
            copies += _Label(tape, label, zero_ns, end_ns, led=passage).publish(out)
        except (OSError, ValueError, ArithmeticError, LookupError, av.FFmpegError):
            # One person's strange packets or one full disk must not cost the others their copies.
            log.exception("viewing copy of label %s could not be rebuilt", label)
            failed.append(label)
    on_progress(len(labels), len(labels))
    if failed:
        raise ViewingFailed(failed, copies)
    return copies


def _sweep(out: Path) -> None:
    """Remove the temporary files of builds that were killed; one that is still at work keeps its own."""
    for path in out.glob(f".*{_PART}"):
        builder = path.name.removesuffix(_PART).rpartition(".")[2]
        if builder.isdecimal() and int(builder) != os.getpid() and _alive(int(builder)):
            continue
        with suppress(OSError):  # only room is lost by a leftover
            path.unlink()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


class _Label:
    """One label's rebuild. The tape is read in passes, never held in memory.

    led: pictures from the last key frame before zero on come first, a millisecond each, so that zero itself is seen.
    """

    def __init__(self, tape: Tape, label: str, zero_ns: int, end_ns: int, *, led: bool = False) -> None:
        self._led = led
        self._tape = tape
        self._label = label
        self._zero_ns = zero_ns
        self._end_ns = end_ns
        self._voice_clocks = ClockMap.learn(self._items(Kind.AUDIO))
        codecs = [codec for codec in _FORMATS if codec in tape.codecs(label, Kind.VIDEO)]
        # The picture beside the voice: both are placed by the one clock of their connection.
        self._picture_clocks = {
            codec: ClockMap.learn(itertools.chain(self._items(Kind.AUDIO), self._items(Kind.VIDEO, codec)))
            for codec in codecs
        }

    def publish(self, out: Path) -> list[ViewingCopy]:
        """Write the label's files into `out`, each under a temporary name first."""
        firsts = {codec: self._first_picture(codec) for codec in _FORMATS}
        main = "vp8" if firsts["vp8"] or not firsts["h264"] else "h264"
        first = firsts[main]
        stem = stem_of(self._label)
        copies = [self._write(out, stem, main, first, voiced=True)]
        other = firsts["h264"]
        if main == "vp8" and other is not None:
            copies.append(self._write(out, f"{stem}-h264", "h264", other, voiced=False))
        return copies

    def _write(self, out: Path, stem: str, codec: str, first: Picture | None, *, voiced: bool) -> ViewingCopy:
        form, suffix = _FORMATS[codec]
        path = out / f"{stem}{suffix}"
        temporary = out / f".{path.name}.{os.getpid()}{_PART}"
        pics = self._shown(codec) if first is not None else iter(())
        voices = self._voices() if voiced else iter(())
        try:
            mux(temporary, form, first, pics, voices)
            handle = os.open(temporary, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(out)
        kind = "audio" if first is None else "av" if voiced else "video"
        return ViewingCopy(self._label, path, kind, (self._end_ns - self._zero_ns) // _NS_A_MS)

    def _items(self, kind: Kind, codec: str | None = None) -> Iterator[TapPacket | TapReport]:
        return self._tape.items(self._label, kind, codec)

    def _packets(self, kind: Kind, codec: str | None = None) -> Iterator[TapPacket]:
        return (item for item in self._items(kind, codec) if isinstance(item, TapPacket))

    def _voices(self) -> Iterator[Voice]:
        return lay(in_order(self._packets(Kind.AUDIO)), self._voice_clocks, self._zero_ns, self._end_ns)

    def _pictures(self, codec: str) -> Iterator[Picture]:
        """Whole pictures of one codec inside [zero, end), beginning with a key frame."""
        clocks = self._picture_clocks.get(codec)
        if clocks is None:
            return
        begun = False
        before: list[Picture] = []  # from a key frame on, nothing or all of it
        for picture in pictures(in_order(self._packets(Kind.VIDEO, codec)), clocks):
            if self._led and picture.at_ns < self._zero_ns:
                before = [picture] if picture.keyframe else [*before, picture] if before else []
            elif self._zero_ns <= picture.at_ns < self._end_ns:
                if before and not picture.keyframe:
                    yield from before
                    begun = True
                before = []
                begun = begun or picture.keyframe
                if begun:
                    yield picture

    def _first_picture(self, codec: str) -> Picture | None:
        return next(self._pictures(codec), None)

    def _shown(self, codec: str) -> Iterator[_Shown]:
        """Yield pictures in their places; each lasts until the next, the last one to the end."""
        end_ms = (self._end_ns - self._zero_ns) // _NS_A_MS
        placed = itertools.chain(self._placed(codec), ((end_ms, None),))
        for (at_ms, picture), (next_ms, _) in itertools.pairwise(placed):
            if picture is not None:
                yield _Shown(at_ms, next_ms - at_ms, picture)

    def _placed(self, codec: str) -> Iterator[tuple[int, Picture | None]]:
        """Yield pictures with their millisecond from zero, strictly rising; black where there is none (VP8)."""
        end_ms = (self._end_ns - self._zero_ns) // _NS_A_MS
        last_ms = -_BLACK_AFTER_MS
        size = (0, 0)
        closing = Picture(self._end_ns, codec, b"", keyframe=True)
        for picture in itertools.chain(self._pictures(codec), (closing,)):
            at_ms = max((picture.at_ns - self._zero_ns) // _NS_A_MS, last_ms + 1, 0)
            if picture.keyframe and picture.width:
                size = (picture.width, picture.height)
            black_ms = last_ms + _BLACK_AFTER_MS
            paused = at_ms - last_ms > _PAUSE_MS or last_ms < 0 < at_ms
            if codec == "vp8" and picture.keyframe and paused and size[0] * size[1] <= _BLACK_PIXELS_MAX:
                yield black_ms, Picture(picture.at_ns, codec, _black(*size), keyframe=True)
                last_ms = black_ms
                at_ms = max(at_ms, last_ms + 1)
            if picture is closing or at_ms >= end_ms:
                return
            yield at_ms, picture
            last_ms = at_ms


def mux(
    path: Path | io.BytesIO,
    form: str,
    first: Picture | None,
    shown: Iterable[_Shown],
    voices: Iterable[Voice],
) -> None:
    """Write one file. OSError when the disk does not take it."""
    options = {"fflags": "+bitexact"}
    if form == "mp4":
        options["movflags"] = "+faststart"
    voices = iter(voices)
    opening = next(voices, None)
    target = path if isinstance(path, io.BytesIO) else str(path)
    with av.open(target, "w", format=form, options=options) as container:
        voice_stream: Any = None
        picture_stream: Any = None
        if opening is not None:
            voice_stream = container.add_stream_from_template(_opus_template())
            voice_stream.time_base = _VOICE_BASE
            voices = itertools.chain((opening,), voices)
        if first is not None:
            picture_stream = container.add_mux_stream(first.codec, width=first.width, height=first.height)
            picture_stream.time_base = _PICTURE_BASE
        spoken: Iterator[tuple[int, Voice | _Shown]] = ((v.at * 1000 // RATE, v) for v in voices)
        pictured: Iterator[tuple[int, Voice | _Shown]] = ((p.at_ms, p) for p in shown)
        for _, item in heapq.merge(spoken, pictured, key=lambda line: line[0]):
            if isinstance(item, _Shown):
                picture = item.picture
                packet = _packet(picture_stream, picture.data, _PICTURE_BASE, item.at_ms, item.lasts_ms)
                packet.is_keyframe = picture.keyframe
            else:
                packet = _packet(voice_stream, item.data, _VOICE_BASE, item.at, item.samples)
                packet.is_keyframe = True
            container.mux_one(packet)


def _packet(stream: Any, data: bytes, base: Fraction, at: int, lasts: int) -> Any:
    packet = av.Packet(data)
    packet.stream = stream
    packet.time_base = base
    packet.pts = packet.dts = at
    packet.duration = lasts
    return packet


@functools.cache
def _black(width: int, height: int) -> bytes:
    """Return a black VP8 key frame of this size, the only thing here that is ever encoded."""
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 15)
    encoder.thread_count = 1
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (16, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


@functools.cache
def _opus_template() -> Any:
    """Return a stream description of 48 kHz stereo Opus without pre-skip, so that packet times are sample times."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, RATE, 0, 0)
    tags = b"OpusTags" + struct.pack("<II", 0, 0)
    ogg = _ogg_page(2, 0, head) + _ogg_page(0, 1, tags) + _ogg_page(4, 2, SILENCE)
    container = av.open(io.BytesIO(ogg), format="ogg")
    return container.streams.audio[0]


def _ogg_page(flags: int, number: int, payload: bytes) -> bytes:
    """Return one page of Ogg (RFC 3533 §6)."""
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, 0, 1, number, 0) + bytes([1, len(payload)])
    crc = 0
    for byte in head + payload:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return head[:22] + struct.pack("<I", crc) + head[26:] + payload
