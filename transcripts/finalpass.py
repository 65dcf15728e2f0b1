"""The final pass over files, inside the recogniser's process: decode, find speech, write, report.

Each utterance is decoded alone (beam, no prompt, nothing carried over): whole-file decoding drops sentences.
A file that can't be read is a FAILED message, never half a transcript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np

from transcripts.frames import FrameKind
from transcripts.opus import SAMPLE_RATE, Samples
from transcripts.voice import Silero, Voice, load_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from transcripts.scribe import Scribe
    from transcripts.settings import TranscriptSettings
    from transcripts.voice import Speech

    Send = Callable[[FrameKind, dict[str, Any]], None]

_NS = 1_000_000_000
_BLOCK = SAMPLE_RATE // 2  # silero judges half seconds at once
_GAP = SAMPLE_RATE // 25  # holes in the file's times up to this are rounding


def run_files(files: Mapping[str, Path], settings: TranscriptSettings, scribe: Scribe, send: Send) -> None:
    """Transcribe every file; LINE and PROGRESS messages on the way, DONE or FAILED at the end."""
    session = load_session()
    try:
        lengths = {label: max(0.01, _seconds(path)) for label, path in files.items()}
        total = sum(lengths.values())
        before = 0.0
        for label, path in files.items():
            voice = Voice(Silero(session), settings)
            for speech, reached_s in utterances(path, voice):
                if speech is not None:
                    _write(label, speech, settings, scribe, send)
                share = (before + min(reached_s, lengths[label])) / total
                send(FrameKind.PROGRESS, {"share": round(min(1.0, share), 4)})
            before += lengths[label]
    except (av.FFmpegError, OSError, ValueError) as error:
        send(FrameKind.FAILED, {"kind": type(error).__name__, "text": "a recording can't be read"})
        return
    send(FrameKind.DONE, {"guarded": dict(scribe.dropped)})


def _write(label: str, speech: Speech, settings: TranscriptSettings, scribe: Scribe, send: Send) -> None:
    written = scribe.write(
        speech.samples, language=settings.language, beam=settings.final_beam, pieces=True, careful=True
    )
    if not written.text:
        return
    begin_ms = (speech.t0_ns - speech.lead_ns) // 1_000_000
    words = [
        [
            piece.text,
            begin_ms + round(piece.t0_s * 1000),
            begin_ms + round(piece.t1_s * 1000),
            round(piece.p, 3),
        ]
        for piece in written.pieces
    ]
    line = {
        "label": label,
        "t0_ms": speech.t0_ns // 1_000_000,
        "t1_ms": speech.t1_ns // 1_000_000,
        "text": written.text,
        "confidence": written.confidence,
        "words": words,
    }
    send(FrameKind.LINE, line)


def utterances(path: Path, voice: Voice) -> Iterator[tuple[Speech | None, float]]:
    """Give each utterance of a file, and None now and then, with the second of the file reached."""
    at = 0
    for sound in blocks(path):
        for speech in voice.push(sound, at * _NS // SAMPLE_RATE):
            yield speech, at / SAMPLE_RATE
        at += len(sound)
        if at // _BLOCK % 20 == 0:
            yield None, at / SAMPLE_RATE
    last = voice.close()
    yield last, at / SAMPLE_RATE


def blocks(path: Path) -> Iterator[Samples]:
    """Decode a file's sound as 16 kHz mono blocks from the file's time 0; holes in its times are silence."""
    waiting: list[Samples] = []
    count = 0
    for piece in _pieces(path):
        waiting.append(piece)
        count += len(piece)
        if count >= _BLOCK:
            yield np.concatenate(waiting)
            waiting, count = [], 0
    if waiting:
        yield np.concatenate(waiting)


def _pieces(path: Path) -> Iterator[Samples]:
    at = 0
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        for frame in container.decode(container.streams.audio[0]):
            due = at if frame.time is None else round(frame.time * SAMPLE_RATE)
            while due - at > _GAP:
                hole = min(due - at, _BLOCK)
                yield np.zeros(hole, np.float32)
                at += hole
            frame.pts = None
            for resampled in resampler.resample(frame):
                sound = np.asarray(resampled.to_ndarray(), np.float32).reshape(-1)
                at += len(sound)
                yield sound


def _seconds(path: Path) -> float:
    """Give the length of a file, from its header or else by reading its packets."""
    with av.open(str(path)) as container:
        if container.duration:
            return float(container.duration / av.time_base)
        last = 0.0
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                last = max(last, float(packet.pts * packet.time_base))
        return last
