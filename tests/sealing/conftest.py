"""The scripted hearing, held once a run of tests; each test has a copy of the house it was held in."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.sealing.rig import House

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all data after the hearing."""
    root = tmp_path_factory.mktemp("held") / "var"

    async def hold() -> None:
        house = House(root)
        await house.hold()
        await house.database.close()

    asyncio.run(hold())
    return root


@pytest.fixture
async def house(held: Path, tmp_path: Path) -> AsyncIterator[House]:
    root = tmp_path / "var"

    def copy(source: str, target: str) -> None:
        (os.link if "/hearings/" in source else shutil.copy2)(source, target)

    shutil.copytree(held, root, copy_function=copy)
    house = House(root, fresh=False)
    yield house
    await house.database.close()
