"""The S3 server, once a run, and a house whose hearing is sealed."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from server.demo import cast
from server.store.database import Database
from tests.archive import s3_server
from tests.archive.packages import Rig
from tests.fakes.remote_store import MemoryStore
from tests.sealing.rig import House
from tests.store.ledgers import settings_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.archive.s3_server import S3Server

_NUMBER = itertools.count(1)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    server, running = s3_server.start()
    yield server
    running.stop()


@pytest.fixture
async def bucket(s3: S3Server) -> str:
    """A bucket with object lock."""
    name = f"court-{next(_NUMBER)}"
    await s3.make(name, lock=True)
    return name


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all data after the scripted hearing was held and sealed."""
    root = tmp_path_factory.mktemp("sealed") / "var"

    async def hold() -> None:
        house = House(root)
        await house.hold()
        house.key()
        await house.sealer().seal(cast.HELD)
        await house.database.close()

    asyncio.run(hold())
    return root


@pytest.fixture
async def house(sealed: Path, tmp_path: Path) -> AsyncIterator[House]:
    root = tmp_path / "var"

    def copy(source: str, target: str) -> None:
        (os.link if "/hearings/" in source else shutil.copy2)(source, target)

    shutil.copytree(sealed, root, copy_function=copy)
    house = House(root, fresh=False)
    yield house
    await house.database.close()


@pytest.fixture
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    database = Database(await settings_for(getattr(request, "param", "sqlite"), tmp_path / "var"))
    yield await Rig(tmp_path / "var", database, MemoryStore()).begin()
    await database.close()
