"""One small package a run of tests: what changes it works on a twin."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.recording.package import parcels

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tape that was closed; not to be changed."""
    folder = tmp_path_factory.mktemp("tape") / "tape"
    asyncio.run(parcels.tape(folder))
    return folder


@pytest.fixture(scope="session")
def package(tape: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed package; not to be changed."""
    return parcels.Parcel(tape).sealed(tmp_path_factory.mktemp("sealed") / "package")


@pytest.fixture
def twin(package: Path, tmp_path: Path) -> Path:
    """A copy to be tampered with."""
    return parcels.twin(package, tmp_path / "twin")
