"""Fixtures of the words' tests: the model joined once a run, a transcriber that keeps what it is told."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from transcripts.live import LiveTranscriber
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from transcripts.facts import TranscriptFact
    from transcripts.segments import Utterance


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> TranscriptSettings:
    return TranscriptSettings(
        model_cache_dir=tmp_path_factory.mktemp("models"), restart_delay_s=0.05, backlog_s_max=300.0
    )


class Listener:
    """A running transcriber and everything it said."""

    def __init__(self, settings: TranscriptSettings) -> None:
        self.said: list[tuple[str, Utterance]] = []
        self.facts: list[TranscriptFact] = []
        self.live = LiveTranscriber(
            settings, lambda hearing, utterance: self.said.append((hearing, utterance)), self.facts.append
        )

    def finals(self, hearing: str, label: str | None = None) -> list[Utterance]:
        return [
            utterance
            for where, utterance in self.said
            if where == hearing and utterance.final and label in {None, utterance.label}
        ]

    def text(self, hearing: str, label: str | None = None) -> str:
        return "".join(utterance.text for utterance in self.finals(hearing, label))


@contextlib.asynccontextmanager
async def listening(settings: TranscriptSettings) -> AsyncIterator[Listener]:
    """Run a transcriber with its model loaded."""
    listener = Listener(settings)
    await listener.live.start()
    try:
        await listener.live.ready.wait()
        yield listener
    finally:
        await listener.live.close()
