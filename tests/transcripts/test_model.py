"""The packaged weights: joined once, whole or not at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from transcripts import model
from transcripts.model import ModelMissingError, model_directory
from transcripts.settings import TranscriptSettings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


def test_two_at_a_time_join_one_whole_model_and_later_calls_read_nothing(tmp_path: Path) -> None:
    settings = TranscriptSettings(model_cache_dir=tmp_path / "new")
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(model_directory(settings))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert sorted(path.name for path in found[0].iterdir()) == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    ]
    assert [path.name for path in (tmp_path / "new").iterdir()] == [found[0].name]
    before = (found[0] / "model.bin").stat().st_mtime_ns
    assert model_directory(settings) == found[0]
    assert (found[0] / "model.bin").stat().st_mtime_ns == before


def test_a_torn_leftover_is_replaced(tmp_path: Path, settings: TranscriptSettings) -> None:
    name = model_directory(settings).name
    torn = tmp_path / name
    torn.mkdir()
    (torn / "model.bin").write_bytes(b"half")
    made = model_directory(TranscriptSettings(model_cache_dir=tmp_path))
    assert made == torn
    assert (made / "model.bin").stat().st_size > 1_000_000


def test_damaged_parts_are_refused_and_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_SHA256", "0" * 64)
    with pytest.raises(ModelMissingError, match="damaged"):
        model_directory(TranscriptSettings(model_cache_dir=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_missing_packages_and_directories_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_PACKAGES", ("no_such_weights_part1", "no_such_weights_part2"))
    with pytest.raises(ModelMissingError, match="no-such-weights-part1"):
        model_directory(TranscriptSettings(model_cache_dir=tmp_path))
    with pytest.raises(ModelMissingError, match=r"no model\.bin"):
        model_directory(TranscriptSettings(model_dir=tmp_path))
