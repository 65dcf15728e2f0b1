"""The final pass over recordings by path."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.transcripts.cer import cer
from tests.transcripts.feed import HEARING, chords, clip, opus_payloads, references, silence
from tests.transcripts.webm import write_webm
from transcripts import rerun
from transcripts.child import Child
from transcripts.rerun import FinalPassError, transcribe

if TYPE_CHECKING:
    from pathlib import Path

    from transcripts.settings import TranscriptSettings

pytestmark = pytest.mark.service


def lines() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads((HEARING / "lines.json").read_text("utf-8"))
    return read


async def test_the_scripted_hearing_is_understood_and_timed(settings: TranscriptSettings) -> None:
    chosen = [line for line in lines() if line["line"] in {2, 4, 7, 8}]
    files = {line["file"]: HEARING / line["file"] for line in chosen}
    shares: list[float] = []
    found = await transcribe(files, settings, shares.append)
    pairs = []
    for line in chosen:
        own = [utterance for utterance in found if utterance.label == line["file"]]
        pairs.append((line["text"], "".join(utterance.text for utterance in own)))
        for utterance in own:
            assert 0 <= utterance.t0_ms < utterance.t1_ms <= line["seconds"] * 1000 + 100
            assert "".join(word.text for word in utterance.words).strip() == utterance.text
            assert all(word.t0_ms <= word.t1_ms for word in utterance.words)
            assert utterance.confidence is not None
    print(f"character error rate of the final pass: {cer(pairs):.1f} %")
    assert cer(pairs) < 20
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [(u.t0_ms, u.t1_ms) for u in found] == sorted((u.t0_ms, u.t1_ms) for u in found)


async def test_a_hole_in_the_recordings_times_stays_in_the_transcript(
    settings: TranscriptSettings, tmp_path: Path
) -> None:
    first = opus_payloads(np.concatenate([clip("zh-0.wav"), silence(1)]))
    second = opus_payloads(np.concatenate([clip("zh-4.wav"), silence(1)]))
    path = tmp_path / "judge.webm"
    write_webm(path, first + second, hole_at=len(first), hole_ms=20_000)
    found = await transcribe({"judge": path}, settings, lambda _share: None)
    later = [utterance for utterance in found if utterance.t0_ms > 20_000]
    earlier = [utterance for utterance in found if utterance.t1_ms < len(first) * 20]
    assert len(later) + len(earlier) == len(found)
    assert cer([(references()["zh-0.wav"], "".join(u.text for u in earlier))]) < 30
    assert cer([(references()["zh-4.wav"], "".join(u.text for u in later))]) < 30
    assert later[0].t0_ms >= len(first) * 20 + 20_000


async def test_music_and_files_without_sound_give_no_line(
    settings: TranscriptSettings, tmp_path: Path
) -> None:
    path = tmp_path / "music.webm"
    write_webm(path, opus_payloads(chords(20)))
    shares: list[float] = []
    assert await transcribe({"p1": path}, settings, shares.append) == []
    assert shares[-1] == 1.0
    assert await transcribe({}, settings, shares.append) == []


async def test_a_file_that_cannot_be_read_gives_no_half_transcript(
    settings: TranscriptSettings, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.webm"
    bad.write_bytes(b"\x1aE\xdf\xa3 not a recording")
    with pytest.raises(FinalPassError):
        await transcribe({"p1": HEARING / lines()[4]["file"], "p2": bad}, settings, lambda _share: None)
    with pytest.raises(FinalPassError, match=r"model\.bin"):
        await transcribe({"p1": bad}, replace(settings, model_dir=tmp_path), lambda _share: None)


async def test_cancelling_ends_the_process(
    settings: TranscriptSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    children: list[Child] = []

    class Watched:
        @staticmethod
        async def start(*arguments: Any) -> Child:
            children.append(await Child.start(*arguments))
            return children[-1]

    monkeypatch.setattr(rerun, "Child", Watched)
    begun = asyncio.Event()
    files = {line["file"]: HEARING / line["file"] for line in lines()}
    async with asyncio.TaskGroup() as group:
        task = group.create_task(transcribe(files, settings, lambda _share: begun.set()))
        await begun.wait()
        task.cancel()
    assert task.cancelled()
    assert children[0].code is not None
