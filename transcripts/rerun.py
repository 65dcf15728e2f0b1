"""The second pass: recordings by path in, the final transcript out. Works in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transcripts.child import Child
from transcripts.frames import FrameKind, pack_json, unpack_json
from transcripts.segments import FinalUtterance, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from transcripts.settings import TranscriptSettings


class FinalPassError(RuntimeError):
    """The final pass gave no whole transcript; nothing of it may be kept."""


async def transcribe(
    files: Mapping[str, Path],
    settings: TranscriptSettings,
    on_progress: Callable[[float], None],
) -> list[FinalUtterance]:
    """Transcribe each speaker's recording (label -> file with sound), all lines in order of time.

    Times are milliseconds from each file's own beginning. on_progress: share done, 0..1. Cancelling ends the
    process. FinalPassError when a file can't be read, the model is missing or the process dies.
    """
    if not files:
        on_progress(1.0)
        return []
    child = await Child.start(settings, "--final")
    lines: list[FinalUtterance] = []
    try:
        paths = {label: str(path.absolute()) for label, path in files.items()}
        child.send(pack_json(FrameKind.FILES, paths))
        async for kind, body in child.messages():
            if kind == FrameKind.PROGRESS:
                on_progress(float(unpack_json(body)["share"]))
            elif kind == FrameKind.LINE:
                lines.append(_line(unpack_json(body)))
            elif kind == FrameKind.FAILED:
                problem = unpack_json(body)
                raise FinalPassError(f"{problem['kind']}: {problem['text']}")
            elif kind == FrameKind.DONE:
                on_progress(1.0)
                return sorted(lines, key=lambda line: (line.t0_ms, line.t1_ms, line.label))
        raise FinalPassError(f"the recogniser's process ended early (code {await child.ended()})")
    finally:
        child.kill()
        await child.ended()


def _line(value: dict[str, Any]) -> FinalUtterance:
    words = tuple(Word(str(text), int(t0), int(t1), float(p)) for text, t0, t1, p in value["words"])
    confidence = None if value["confidence"] is None else float(value["confidence"])
    return FinalUtterance(
        str(value["label"]), int(value["t0_ms"]), int(value["t1_ms"]), str(value["text"]), confidence, words
    )
