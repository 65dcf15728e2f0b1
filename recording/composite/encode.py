"""Writes sound and film into one file, the same bytes for the same input: one thread, no dates. Decides no time, draws nothing.

H.264 and AAC into MP4, or VP9 and Opus into WebM. The sound is made first and lies in a file of its own until the film
needs it, so that nothing long is held in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.video.frame import PictureType

from recording.voice import RATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from recording.composite.plan import Mark
    from recording.composite.settings import CompositeSettings

_MS = Fraction(1, 1000)
_LIMITED, _BT601 = 1, 6  # AVCOL_RANGE_MPEG, AVCOL_SPC_SMPTE170M: as cameras send
_SOUND_BPS = 96_000
_FILM_BPS = 900_000  # of VP9; H.264 is told a quality instead


@dataclass(frozen=True, slots=True)
class Form:
    """What a codec setting means."""

    container: str
    suffix: str
    film: str
    sound: str
    options: dict[str, str]


def form_of(settings: CompositeSettings) -> Form:
    """Container, codecs and their options."""
    if settings.codec == "h264_aac":
        options = {"preset": "superfast", "crf": str(settings.quality_crf), "bf": "0", "forced-idr": "1"}
        return Form("mp4", ".mp4", "libx264", "aac", options)
    options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "row-mt": "0"}
    return Form("webm", ".webm", "libvpx-vp9", "libopus", options)


def write_sound(path: Path, form: Form, blocks: Iterable[Any]) -> Iterator[int]:
    """Encode blocks of samples (48 kHz, one channel, float) into a file; yield samples written so far. OSError."""
    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream(form.sound, rate=RATE)
        stream.layout = "mono"
        context = stream.codec_context
        context.bit_rate, context.thread_count = _SOUND_BPS, 1
        context.flags |= av.codec.context.Flags.bitexact
        at = 0
        for block in blocks:
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            for packet in stream.encode(frame):
                container.mux_one(packet)
            at += len(block)
            yield at
        for packet in stream.encode(None):
            container.mux_one(packet)


def write_film(
    path: Path,
    sound: Path,
    settings: CompositeSettings,
    frames: Iterable[tuple[int, Any]],
    end_ms: int,
    chapters: Sequence[Mark],
) -> Iterator[int]:
    """Encode (ms, picture) beside the sound that was written; yield the ms reached. OSError."""
    form = form_of(settings)
    options = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if form.container == "mp4" else {})
    with (
        av.open(str(sound)) as heard,
        av.open(str(path), "w", format=form.container, options=options) as container,
    ):
        source = heard.streams.audio[0]
        voice = container.add_stream_from_template(source)
        film = _film(container, form, settings)
        _set_chapters(container, chapters, end_ms)
        voices = _Voices(heard.demux(source), container, voice)
        held: Any = None  # a packet lasts until the next one: that is known late
        next_key = 0
        for at_ms, frame in frames:
            frame.pts, frame.time_base = at_ms, _MS
            if at_ms >= next_key:
                frame.pict_type = PictureType.I
                next_key = at_ms + round(settings.keyframe_interval_s * 1000)
            for packet in film.encode(frame):
                held = _mux(container, held, packet, packet.pts)
            voices.up_to(at_ms)
            yield at_ms
        for packet in film.encode(None):
            held = _mux(container, held, packet, packet.pts)
        _mux(container, held, None, end_ms)
        voices.up_to(None)


def _mux(container: Any, held: Any, packet: Any, next_ms: int) -> Any:
    """Write the held packet, which ends where the next one begins; give the next one to be held."""
    if held is not None:
        held.duration = next_ms - held.pts
        container.mux_one(held)
    return packet


def _film(container: Any, form: Form, settings: CompositeSettings) -> Any:
    stream = container.add_stream(form.film, rate=settings.pictures_per_second_max, options=form.options)
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = settings.width_px, settings.height_px, "yuv420p"
    context.time_base = _MS
    context.thread_count = 1
    context.flags |= av.codec.context.Flags.bitexact
    context.color_range, context.colorspace = _LIMITED, _BT601
    context.gop_size = round(settings.keyframe_interval_s * settings.pictures_per_second_max)
    if form.film != "libx264":
        context.bit_rate = _FILM_BPS
    return stream


def _set_chapters(container: Any, chapters: Sequence[Mark], end_ms: int) -> None:
    marks = [mark for mark in chapters if 0 <= mark.at_ms < end_ms]
    ends = [mark.at_ms for mark in marks[1:]] + [end_ms] * bool(marks)
    container.set_chapters(
        [
            {"id": at, "start": mark.at_ms, "end": end, "time_base": _MS, "metadata": {"title": mark.text}}
            for at, (mark, end) in enumerate(zip(marks, ends, strict=True))
            if end > mark.at_ms
        ]
    )


class _Voices:
    """Copies the sound's packets as far as the film has come."""

    def __init__(self, packets: Iterator[Any], container: Any, stream: Any) -> None:
        self._packets = packets
        self._container = container
        self._stream = stream

    def up_to(self, at_ms: int | None) -> None:
        """Write what begins before this; all that is left for None."""
        for packet in self._packets:
            if packet.dts is None:
                continue
            reached = packet.dts * packet.time_base * 1000
            packet.stream = self._stream
            self._container.mux_one(packet)
            if at_ms is not None and reached >= at_ms:
                return
