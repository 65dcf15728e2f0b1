"""Live captions with the real model in its own process: speech, loss, locks, noise, and a killed process."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from media.ids import PeerId
from tests.transcripts.cer import cer, plain
from tests.transcripts.conftest import Listener, listening
from tests.transcripts.feed import (
    RATE,
    Sound,
    chords,
    clip,
    hearing_lines,
    hum,
    offer_all,
    opus_payloads,
    packets,
    references,
    silence,
    white_noise,
)
from transcripts.facts import PacketsDropped, RecogniserDied, RecogniserReady, SpeechSkipped
from transcripts.live import LiveTranscriber, WordsOrder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media.taps import TapPacket
    from transcripts.settings import TranscriptSettings

pytestmark = pytest.mark.service

NEVER_IDLE_MS = 600_000  # a loaded machine feeds packets late; that must not end an utterance here
CHINESE = [name for name in references() if name.startswith("zh")]


def said(*sounds: Sound, peer: str = "p1", **options: Any) -> list[TapPacket]:
    return list(packets(opus_payloads(np.concatenate(sounds)), peer, **options))


def order(*peers: str, language: str = "zh") -> WordsOrder:
    return WordsOrder({PeerId(peer): f"label-{peer}" for peer in peers}, language)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; the test's own timeout is the limit."""
    while not condition():
        await asyncio.sleep(0.02)


def speech() -> dict[str, tuple[Sound, str]]:
    """Give the sounds whose words are counted: five clips and three lines of the hearing."""
    clips = {name: (clip(name), references()[name]) for name in CHINESE}
    return {**clips, **hearing_lines(1, 6, 16)}


@pytest.fixture(scope="module")
def direct(settings: TranscriptSettings) -> dict[str, str]:
    """The same model by faster-whisper itself, whole window, straight on the source sound."""
    from faster_whisper import WhisperModel  # noqa: PLC0415  heavy

    from transcripts.model import model_directory  # noqa: PLC0415

    whisper = WhisperModel(
        str(model_directory(settings)), compute_type="int8", cpu_threads=1, local_files_only=True
    )
    texts = {}
    for name, (sound, _) in speech().items():
        segments, _ = whisper.transcribe(sound, language="zh", beam_size=5, condition_on_previous_text=False)
        texts[name] = "".join(segment.text for segment in segments)
    return texts


async def test_captions_of_speakers_in_turn_are_as_good_as_the_model_on_the_source(
    settings: TranscriptSettings, direct: dict[str, str]
) -> None:
    async with listening(settings) as listener:
        ear = listener.live.ear("h1")
        for name, (sound, _) in speech().items():
            ear.follow(order(name))
            await offer_all(ear, said(sound, silence(1), peer=name))
            ear.follow(order())
            await ear.drained()
        live = cer([(text, listener.text("h1", f"label-{name}")) for name, (_, text) in speech().items()])
        model = cer([(text, direct[name]) for name, (_, text) in speech().items()])
        print(f"character error rate: live {live:.1f} %, the same model on the source {model:.1f} %")
        assert live <= model + 5
        check_rules(listener)


def check_rules(listener: Listener) -> None:
    """Nothing follows a final, settled text grows, ids are one speaker's."""
    seen: dict[str, Any] = {}
    for _, utterance in listener.said:
        before = seen.get(utterance.id)
        if before is not None:
            assert not before.final
            assert before.label == utterance.label
            assert utterance.final or utterance.settled.startswith(before.settled)
        assert not (utterance.final and utterance.pending)
        seen[utterance.id] = utterance
    assert all(utterance.final for utterance in seen.values())


async def test_provisional_captions_come_while_somebody_speaks(settings: TranscriptSettings) -> None:
    async with listening(replace(settings, idle_ms=NEVER_IDLE_MS)) as listener:
        ear = listener.live.ear("h1")
        ear.follow(order("p1"))
        await offer_all(ear, said(clip("zh-1.wav")[: RATE * 3]))
        await until(lambda: any(not utterance.final for _, utterance in listener.said))
        ear.follow(order())
        await ear.drained()
        check_rules(listener)


async def test_five_percent_loss_still_gives_the_text(settings: TranscriptSettings) -> None:
    rng = random.Random(1)
    async with listening(settings) as listener:
        ear = listener.live.ear("h1")
        ear.follow(order("zh-2.wav", "zh-4.wav"))
        for name in ("zh-2.wav", "zh-4.wav"):
            stream = said(clip(name), silence(1), peer=name)
            await offer_all(ear, [packet for packet in stream if rng.random() > 0.05])
        ear.follow(order())
        await ear.drained()
        names = ("zh-2.wav", "zh-4.wav")
        pairs = [(references()[name], listener.text("h1", f"label-{name}")) for name in names]
        print(f"character error rate at 5 % loss: {cer(pairs):.1f} %")
        assert cer(pairs) < 40


async def test_silence_noise_hum_and_music_write_nothing_and_speech_after_them_is_written(
    settings: TranscriptSettings,
) -> None:
    noises = {"silence": silence(20), "noise": white_noise(20), "hum": hum(20), "chords": chords(20)}
    async with listening(settings) as listener:
        ear = listener.live.ear("h1")
        ear.follow(order(*noises))
        for name, sound in noises.items():
            await offer_all(ear, said(sound, peer=name))
        await offer_all(ear, said(clip("zh-0.wav"), silence(1), peer="silence", ssrc=9))
        ear.follow(order())
        await ear.drained()
        assert {utterance.label for _, utterance in listener.said} == {"label-silence"}
        assert "开庭" in listener.text("h1", "label-silence")


async def test_after_a_mute_no_word_more_and_what_was_said_until_then_stands(
    settings: TranscriptSettings,
) -> None:
    async with listening(settings) as listener:
        ear = listener.live.ear("h1")
        ear.follow(order("p1", "p2"))
        stream = said(clip("zh-3.wav"))
        await offer_all(ear, stream[:200])
        ear.follow(order("p2"))
        assert await offer_all(ear, stream[200:]) == 0
        assert listener.live.counts.refused == len(stream) - 200
        await ear.drained()
        words = listener.text("h1", "label-p1")
        assert words
        assert cer([(references()["zh-3.wav"], words)]) > 40  # only the beginning of it
        count = len(listener.said)
        await offer_all(ear, said(clip("zh-0.wav"), silence(1)))
        await offer_all(ear, said(clip("zh-0.wav"), silence(1), peer="p2"))
        ear.follow(order())
        await ear.drained()
        assert {utterance.label for _, utterance in listener.said[count:]} == {"label-p2"}


async def test_a_killed_process_is_replaced_a_fact_says_so_and_later_speech_is_written(
    settings: TranscriptSettings,
) -> None:
    async with listening(replace(settings, idle_ms=NEVER_IDLE_MS)) as listener:
        live = listener.live
        ear = live.ear("h1")
        ear.follow(order("p1"))
        stream = said(clip("zh-1.wav"))
        await offer_all(ear, stream[:150])
        await until(lambda: bool(listener.said))
        assert live.pid is not None
        os.kill(live.pid, signal.SIGKILL)
        await until(lambda: any(isinstance(fact, RecogniserDied) for fact in listener.facts))
        assert ear.offer(stream[150]) is False
        await until(lambda: sum(isinstance(fact, RecogniserReady) for fact in listener.facts) == 2)
        died = next(fact for fact in listener.facts if isinstance(fact, RecogniserDied))
        assert (died.cause, died.code) == ("exit", -signal.SIGKILL)
        before = len(listener.said)
        await offer_all(ear, said(clip("zh-0.wav"), silence(1)))
        ear.follow(order())
        await ear.drained()
        assert "开庭" in "".join(utterance.text for _, utterance in listener.said[before:] if utterance.final)
        assert live.counts.restarts == 1
        check_rules(listener)
        await until(lambda: any(isinstance(fact, PacketsDropped) for fact in listener.facts))


async def test_garbage_packets_of_one_speaker_do_not_touch_another(settings: TranscriptSettings) -> None:
    rng = random.Random(2)
    async with listening(settings) as listener:
        ear = listener.live.ear("h1")
        ear.follow(order("bad", "good"))
        for item in said(silence(4), peer="bad"):
            payload = rng.randbytes(rng.randrange(200))
            ear.offer(
                item._replace(
                    rtp=payload,
                    payload_start=0,
                    payload_end=len(payload),
                    sequence=rng.randrange(65_536),
                    timestamp=rng.randrange(2**32),
                    arrival_ns=rng.randrange(2**63),
                )
            )
        await offer_all(ear, said(clip("zh-0.wav"), silence(1), peer="good"))
        ear.follow(order())
        await ear.drained()
        assert "开庭" in listener.text("h1", "label-good")
        assert listener.live.counts.restarts == 0


async def test_more_speech_than_it_can_write_is_skipped_and_said_so(settings: TranscriptSettings) -> None:
    async with listening(replace(settings, backlog_s_max=5.0)) as listener:
        ear = listener.live.ear("h1")
        names = [f"p{index}" for index in range(4)]
        ear.follow(order(*names))
        for name in names:
            await offer_all(ear, said(clip("zh-3.wav"), silence(1), peer=name))
        ear.follow(order())
        await ear.drained()
        skipped = [fact for fact in listener.facts if isinstance(fact, SpeechSkipped)]
        assert skipped
        assert {fact.hearing for fact in skipped} == {"h1"}
        assert listener.text("h1")


async def test_hearings_are_kept_apart(settings: TranscriptSettings) -> None:
    async with listening(settings) as listener:
        one, two = listener.live.ear("h1"), listener.live.ear("h2")
        assert listener.live.ear("h1") is one
        one.follow(order("p1"))
        two.follow(order("p1", language="en"))
        await offer_all(one, said(clip("zh-0.wav"), silence(1)))
        await offer_all(two, said(clip("en-0.wav"), silence(1)))
        listener.live.forget("h1")
        listener.live.forget("h2")
        await one.drained()
        await two.drained()
        assert "开庭" in listener.text("h1")
        assert "court is now in session" in listener.text("h2").lower()


async def test_unknown_peers_other_codecs_and_unknown_languages_are_refused(
    settings: TranscriptSettings,
) -> None:
    live = LiveTranscriber(settings, lambda _hearing, _utterance: None, lambda _fact: None)
    ear = live.ear("h1")
    [first, *_] = said(silence(0.2))
    assert ear.offer(first) is False
    assert live.counts.refused == 1
    assert ear.offer(first._replace(codec="vp8")) is True
    assert live.counts.packets == 1
    with pytest.raises(ValueError, match="fr"):
        ear.follow(order("p1", language="fr"))
    ear.follow(order("p1"))
    assert ear.offer(first) is False  # not started: nobody reads
    assert live.counts.dropped == 1
    ear.follow(order())
    await ear.drained()


async def test_a_model_that_is_missing_is_said_and_tried_again(
    tmp_path: Path, settings: TranscriptSettings
) -> None:
    listener = Listener(replace(settings, model_dir=tmp_path))
    await listener.live.start()
    await until(lambda: sum(isinstance(fact, RecogniserDied) for fact in listener.facts) >= 2)
    delays = [fact.retry_s for fact in listener.facts if isinstance(fact, RecogniserDied)]
    assert delays[1] > delays[0]
    assert not listener.live.ready.is_set()
    await listener.live.close()
    assert listener.live.pid is None


def test_the_server_side_loads_no_model_library() -> None:
    code = (
        "import sys, transcripts.live, transcripts.rerun, transcripts.settings\n"
        "heavy = {'faster_whisper', 'ctranslate2', 'onnxruntime', 'numpy', 'av', 'opencc'} & set(sys.modules)\n"
        "sys.exit(','.join(sorted(heavy)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_speech_and_reference_are_there() -> None:
    assert len(CHINESE) == 5
    assert all(plain(text) for text in references().values())
