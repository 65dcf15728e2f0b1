"""What the words report upwards. Plain values; pure; never carries speech or names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecogniserReady:
    """The recogniser's process has its model loaded. restarts: deaths before this life."""

    restarts: int


@dataclass(frozen=True, slots=True)
class RecogniserDied:
    """The recogniser's process ended; it is started again after retry_s. cause: "exit", "silent" or "start"."""

    cause: str
    code: int | None
    retry_s: float


@dataclass(frozen=True, slots=True)
class SpeechSkipped:
    """The recogniser could not keep up: seconds of a speaker's speech have no live caption."""

    hearing: str
    label: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PacketsDropped:
    """Packets that never reached the recogniser since the last such fact (its process did not read)."""

    hearing: str
    packets: int


@dataclass(frozen=True, slots=True)
class PacketsLost:
    """Packets in shared rings that nobody hears since the last such fact; whose they were is not known.

    full: there was no room for them. left: a recogniser that died had not read them.
    """

    full: int
    left: int


@dataclass(frozen=True, slots=True)
class TranscriberFailed:
    """The transcriber itself broke (a defect): no captions until the server restarts it."""

    kind: str


TranscriptFact = (
    RecogniserReady | RecogniserDied | SpeechSkipped | PacketsDropped | PacketsLost | TranscriberFailed
)
