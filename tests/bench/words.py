"""Delay, cost and error rate of the words, with the real model and speech fed at the pace it was spoken.

Five Mandarin clips one after the other through Opus packets to the recogniser's process; then the final pass
over the same sound as files; then the same model by faster-whisper itself straight on the source.
Run: python -m tests.bench.words
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from media.ids import PeerId
from tests.transcripts.cer import cer
from tests.transcripts.feed import FRAME_NS, RATE, clip, opus_payloads, packets, references, silence
from tests.transcripts.webm import write_webm
from transcripts.live import LiveTranscriber, WordsOrder
from transcripts.model import model_directory
from transcripts.rerun import transcribe
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from tests.transcripts.feed import Sound
    from transcripts.segments import Utterance

CLIPS = [name for name in references() if name.startswith("zh")]
LOUD = 0.02  # of full scale: what counts as sound of speech
NEAR_NS = 200_000_000
PEER = PeerId("speaker")
DIRECT = "the same model by faster-whisper on the source"
OWN_WINDOW = "faster-whisper with its 30 s window"


class Session:
    """One live run: what was said and when it was heard of."""

    def __init__(self, settings: TranscriptSettings) -> None:
        self.heard: list[tuple[int, Utterance]] = []
        self.live = LiveTranscriber(
            settings,
            lambda _hearing, utterance: self.heard.append((time.time_ns(), utterance)),
            lambda _fact: None,
        )
        self.ends: list[int] = []  # wall time of every loud sample's chunk
        self.texts: dict[str, str] = {}

    async def run(self) -> dict[str, Any]:
        """Feed all clips; give the process's last counts."""
        await self.live.start()
        await self.live.ready.wait()
        await asyncio.sleep(1.2)  # a heartbeat with the cost of loading
        loaded_cpu_s = self.live.counts.process["cpu_s"]
        ear = self.live.ear("bench")
        sequence = 1
        for name in CLIPS:
            ear.follow(WordsOrder({PEER: name}))
            sound = np.concatenate([silence(0.5), clip(name), silence(1.0)])
            sequence = await self._speak(sound, sequence)
        ear.follow(WordsOrder())
        await ear.drained()
        await asyncio.sleep(1.2)
        counts = dict(self.live.counts.process)
        counts["cpu_s"] -= loaded_cpu_s
        await self.live.close()
        for name in CLIPS:
            finals = [utterance for _, utterance in self.heard if utterance.final and utterance.label == name]
            self.texts[name] = "".join(utterance.text for utterance in finals)
        return counts

    async def _speak(self, sound: Sound, sequence: int) -> int:
        """Offer the packets of a sound when they are due."""
        payloads = opus_payloads(sound)
        began_ns = time.time_ns()
        loud = np.flatnonzero(np.abs(sound) > LOUD)
        self.ends += [began_ns + int(sample) * 1_000_000_000 // RATE for sample in loud[::16]]
        ear = self.live.ear("bench")
        ssrc = sequence
        for item in packets(payloads, PEER, ssrc=ssrc, first=sequence, at_ns=began_ns):
            # A packet can leave only when its 20 ms have been spoken.
            due_ns = item.arrival_ns + FRAME_NS
            await asyncio.sleep(max(0, due_ns - time.time_ns()) / 1e9)
            ear.offer(item._replace(arrival_ns=time.time_ns() - FRAME_NS))
        return sequence + len(payloads)

    def final_delays_s(self) -> list[float]:
        """Give, for each final caption, the seconds since the last loud sound it covers."""
        ends = np.array(self.ends)
        delays = []
        for at_ns, utterance in self.heard:
            if utterance.final and utterance.text:
                covered = ends[ends <= utterance.t1_ns + NEAR_NS]
                delays.append((at_ns - int(covered.max())) / 1e9)
        return delays

    def first_delays_s(self) -> list[float]:
        """Give, for each utterance, the seconds from its beginning to its first provisional caption."""
        first: dict[str, float] = {}
        for at_ns, utterance in self.heard:
            if not utterance.final:
                first.setdefault(utterance.id, (at_ns - utterance.t0_ns) / 1e9)
        return list(first.values())


async def _final(settings: TranscriptSettings, folder: Path) -> tuple[dict[str, str], float, float]:
    """Run the final pass; texts, wall seconds and CPU seconds (loading included)."""
    files = {}
    for name in CLIPS:
        files[name] = folder / f"{name}.webm"
        write_webm(files[name], opus_payloads(np.concatenate([silence(0.5), clip(name), silence(1.0)])))
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    lines = await transcribe(files, settings, lambda _share: None)
    wall_s = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
    return {n: "".join(line.text for line in lines if line.label == n) for n in CLIPS}, wall_s, cpu_s


def _direct(settings: TranscriptSettings) -> tuple[dict[str, str], float]:
    """Run faster-whisper itself; texts and wall seconds."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from faster_whisper import WhisperModel  # noqa: PLC0415  heavy

    model = WhisperModel(
        str(model_directory(settings)), compute_type="int8", cpu_threads=1, local_files_only=True
    )
    began = time.perf_counter()
    texts = {}
    for name in CLIPS:
        segments, _ = model.transcribe(
            clip(name), language="zh", beam_size=5, condition_on_previous_text=False
        )
        texts[name] = "".join(segment.text for segment in segments)
    return texts, time.perf_counter() - began


def _errors(texts: dict[str, str]) -> float:
    return cer([(references()[name], texts[name]) for name in CLIPS])


def _row(name: str, value: float, unit: str, compared: str, other: float) -> dict[str, object]:
    return {
        "name": f"words.{name}",
        "value": round(value, 3),
        "unit": unit,
        "compared_with": f"{compared}: {other:.3f} {unit}",
        "ratio": round(value / other, 3) if other else None,
    }


def run() -> list[dict[str, object]]:
    """Measure; some eighty seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = TranscriptSettings(model_cache_dir=folder / "models")
        model_directory(settings)
        session = Session(settings)
        counts = asyncio.run(session.run())
        final_texts, final_wall_s, final_cpu_s = asyncio.run(_final(settings, folder))
        direct_texts, direct_s = _direct(settings)
    spoken_s = sum(len(clip(clip_name)) / RATE for clip_name in CLIPS)
    finals, firsts = session.final_delays_s(), session.first_delays_s()
    endpoint_s = settings.endpoint_ms / 1000
    endpoint = "the silence that ends an utterance"
    first = "the speech before the first caption"
    direct_rtf = direct_s / spoken_s
    return [
        _row("final_delay_p50", statistics.median(finals), "s", endpoint, endpoint_s),
        _row("final_delay_p95", float(np.percentile(finals, 95)), "s", endpoint, endpoint_s),
        _row("first_partial_p50", statistics.median(firsts), "s", first, settings.first_partial_s),
        _row(
            "first_partial_p95",
            float(np.percentile(firsts, 95)),
            "s",
            first,
            settings.first_partial_s,
        ),
        _row("live_cpu_rtf", counts["cpu_s"] / spoken_s, "s/s", OWN_WINDOW, direct_rtf),
        _row("final_cpu_rtf", final_cpu_s / spoken_s, "s/s", OWN_WINDOW, direct_rtf),
        _row("final_rtf", final_wall_s / spoken_s, "s/s", OWN_WINDOW, direct_rtf),
        _row("live_cer", _errors(session.texts), "%", DIRECT, _errors(direct_texts)),
        _row("final_cer", _errors(final_texts), "%", DIRECT, _errors(direct_texts)),
    ]


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row, ensure_ascii=False))
