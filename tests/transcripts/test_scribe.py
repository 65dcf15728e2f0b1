"""The real model behind its port, and what the scribe lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.transcripts.cer import cer, plain
from tests.transcripts.feed import RATE, Sound, clip, hum, references, silence, white_noise
from transcripts.recogniser import Hypothesis, Piece, WhisperRecogniser
from transcripts.scribe import Scribe

if TYPE_CHECKING:
    from transcripts.settings import TranscriptSettings

pytestmark = pytest.mark.service


class Scripted:
    """A recogniser that says what it was told, in turn."""

    def __init__(self, *hypotheses: Hypothesis) -> None:
        self.left = list(hypotheses)
        self.windows: list[bool] = []

    def recognise(
        self, sound: Sound, *, language: str, beam: int, pieces: bool = False, whole_window: bool = False
    ) -> Hypothesis:
        assert len(sound), language
        assert beam, pieces
        self.windows.append(whole_window)
        return self.left.pop(0)


def guess(text: str, *pieces: Piece) -> Hypothesis:
    return Hypothesis(text, -0.2, 0.1, "zh", pieces)


@pytest.fixture(scope="module")
def whisper(settings: TranscriptSettings) -> WhisperRecogniser:
    return WhisperRecogniser(settings)


def test_a_loop_is_looked_at_again_with_the_whole_window() -> None:
    recogniser = Scripted(guess("我知道" * 9), guess("我知道這個證據"))
    scribe = Scribe(recogniser)
    writing = scribe.write(silence(4), language="zh", beam=1, careful=True)
    assert writing.text == "我知道这个证据"
    assert recogniser.windows == [False, True]
    assert scribe.dropped == {}


def test_a_loop_that_stays_is_dropped_and_counted() -> None:
    scribe = Scribe(Scripted(guess("我知道" * 9), guess("我知道" * 8), guess("我知道" * 9)))
    assert scribe.write(silence(4), language="zh", beam=1, careful=True).text == ""
    assert scribe.write(silence(4), language="zh", beam=1).text == ""
    assert scribe.dropped == {"loop": 2}


def test_pieces_are_written_as_the_whole_is() -> None:
    scribe = Scribe(
        Scripted(guess("質證,", Piece("質", 0, 1, 0.9), Piece("證", 1, 2, 0.8), Piece(",", 2, 2, 0.5)))
    )
    writing = scribe.write(silence(4), language="zh", beam=1, pieces=True)
    assert writing.text == "质证，"
    assert [piece.text for piece in writing.pieces] == ["质", "证", "，"]


def test_short_windows_understand_as_well_as_whole_ones(whisper: WhisperRecogniser) -> None:
    texts = references()
    pairs: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
    for name in ("zh-0.wav", "zh-2.wav"):
        for whole in (False, True):
            heard = whisper.recognise(clip(name), language="zh", beam=5, whole_window=whole)
            pairs[whole].append((texts[name], heard.text))
    assert cer(pairs[True]) < 25
    assert cer(pairs[False]) < cer(pairs[True]) + 5


def test_pieces_are_the_text_with_rising_times_inside_the_sound(whisper: WhisperRecogniser) -> None:
    sound = clip("zh-2.wav")
    heard = whisper.recognise(sound, language="zh", beam=1, pieces=True)
    assert "".join(piece.text for piece in heard.pieces).strip() == heard.text
    times = [time for piece in heard.pieces for time in (piece.t0_s, piece.t1_s)]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= len(sound) / RATE
    assert all(0 <= piece.p <= 1 for piece in heard.pieces)


def test_english_and_chinese_are_told_apart(whisper: WhisperRecogniser) -> None:
    english = whisper.recognise(clip("en-0.wav"), language="auto", beam=1)
    assert english.language == "en"
    assert "court" in english.text.lower()
    assert whisper.recognise(clip("zh-0.wav"), language="auto", beam=1).language == "zh"


def test_odd_sounds_are_survived(whisper: WhisperRecogniser) -> None:
    scribe = Scribe(whisper)
    for sound in (np.zeros(1, np.float32), silence(0.1), white_noise(0.5), hum(31.0)):
        writing = scribe.write(sound, language="zh", beam=1, pieces=True, careful=True)
        assert len(plain(writing.text)) < 60
