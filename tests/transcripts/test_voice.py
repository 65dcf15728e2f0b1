"""Where somebody speaks: endpoints, caps, and nothing for sound that is no voice."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transcripts.feed import RATE, T0_NS, Sound, chords, clip, hum, silence, white_noise
from transcripts.settings import TranscriptSettings
from transcripts.voice import CHUNK, Silero, Speech, Voice, load_session

pytestmark = pytest.mark.service

KNOBS = TranscriptSettings()
CHUNK_S = CHUNK / RATE


class Loudness:
    """A speech model for logic: whatever is loud is speech."""

    def probabilities(self, chunks: Sound) -> Sound:
        return np.asarray(np.abs(chunks).max(axis=1) > 0.05, np.float32)


@pytest.fixture(scope="module")
def session() -> Any:
    return load_session()


def tone(seconds: float, level: float = 0.3) -> Sound:
    return (level * np.sin(np.arange(int(seconds * RATE)) / 5)).astype(np.float32)


def run(voice: Voice, sound: Sound, step: int = 320) -> list[Speech]:
    out: list[Speech] = []
    for at in range(0, len(sound), step):
        out += voice.push(sound[at : at + step], T0_NS + at * 1_000_000_000 // RATE)
    last = voice.close()
    return out + ([last] if last else [])


def seconds(speech: Speech) -> tuple[float, float]:
    return (speech.t0_ns - T0_NS) / 1e9, (speech.t1_ns - T0_NS) / 1e9


def test_silero_finds_the_sentences_of_a_clip(session: Any) -> None:
    sound = np.concatenate([silence(1), clip("zh-2.wav"), silence(1)])
    found = run(Voice(Silero(session), KNOBS), sound)
    assert 1 <= len(found) <= 5
    assert 1.0 <= seconds(found[0])[0] <= 2.0
    assert sum(len(speech.samples) for speech in found) / RATE > 5


def test_judging_in_blocks_is_the_same_as_one_by_one(session: Any) -> None:
    sound = clip("zh-0.wav")
    rows = sound[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK)
    whole = Silero(session).probabilities(rows)
    single = Silero(session)
    assert np.allclose(whole, [float(single.probabilities(row[None])[0]) for row in rows], atol=1e-4)


@pytest.mark.parametrize("noise", [silence(20), white_noise(20), hum(20), chords(20)])
def test_no_voice_no_utterance(session: Any, noise: Sound) -> None:
    assert run(Voice(Silero(session), KNOBS), noise) == []


def test_half_a_second_of_silence_ends_an_utterance_a_shorter_one_does_not() -> None:
    sound = np.concatenate([silence(1), tone(1), silence(0.3), tone(1), silence(0.7), tone(1), silence(1)])
    found = run(Voice(Loudness(), KNOBS), sound)
    assert [tuple(round(x, 1) for x in seconds(speech)) for speech in found] == [(1.0, 3.3), (4.0, 5.0)]
    assert abs(found[0].lead_ns / 1e9 - KNOBS.lead_ms / 1000) < 2 * CHUNK_S
    assert abs(len(found[0].samples) / RATE - (2.3 + 0.32 + 0.19)) < 4 * CHUNK_S


def test_a_click_is_no_utterance() -> None:
    sound = np.concatenate([silence(1), tone(0.06), silence(2)])
    assert run(Voice(Loudness(), KNOBS), sound) == []


def test_long_speech_is_cut_at_its_quietest_point_and_nothing_is_lost() -> None:
    quiet = tone(0.2, level=0.06)
    sound = np.concatenate([silence(0.5), tone(12), quiet, tone(10), silence(1)])
    found = run(Voice(Loudness(), KNOBS), sound)
    assert len(found) == 2
    assert abs(seconds(found[0])[1] - 12.6) < 0.15
    assert abs(found[1].t0_ns - found[0].t1_ns) <= CHUNK_S * 1.01e9
    assert len(found[0].samples) / RATE <= KNOBS.utterance_s_max


def test_closing_gives_what_was_said_until_then_and_forgets_it() -> None:
    voice = Voice(Loudness(), KNOBS)
    voice.push(np.concatenate([silence(0.5), tone(2)]), T0_NS)
    speech = voice.close()
    assert speech is not None
    assert abs(seconds(speech)[1] - 2.5) < 2 * CHUNK_S
    assert voice.close() is None


def test_the_end_prepared_ahead_is_the_sound_that_is_cut() -> None:
    voice = Voice(Loudness(), KNOBS)
    assert voice.push(np.concatenate([silence(0.5), tone(2), silence(0.3)]), T0_NS) == []
    assert voice.tail is not None
    ahead = voice.so_far(to_voiced_end=True)
    [cut] = voice.push(silence(0.5), T0_NS + 2_800_000_000)
    assert ahead.samples.shape == cut.samples.shape
    assert (ahead.t0_ns, ahead.t1_ns) == (cut.t0_ns, cut.t1_ns)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 180)), max_size=8))
def test_utterances_are_in_order_and_within_the_cap(plan: list[tuple[bool, int]]) -> None:
    parts = [tone(n / 10) if loud else silence(n / 10) for loud, n in plan]
    sound = np.concatenate([silence(0.1), *parts])
    found = run(Voice(Loudness(), KNOBS), sound, step=4000)
    for speech in found:
        assert speech.t0_ns < speech.t1_ns
        assert len(speech.samples) / RATE <= KNOBS.utterance_s_max + CHUNK_S
    for one, after in pairwise(found):
        assert one.t1_ns <= after.t0_ns
