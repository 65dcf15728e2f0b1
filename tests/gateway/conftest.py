"""A door for each test."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.gateway.door import Door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    OpenDoor = Callable[..., Awaitable[Door]]


@pytest.fixture
async def open_door(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[OpenDoor]:
    """Opens a door with these settings. Fails the test if anything behind it broke."""
    doors: list[Door] = []

    async def make(**settings: Any) -> Door:
        doors.append(await Door(tmp_path / str(len(doors)), **settings).open())
        return doors[-1]

    yield make
    for door in doors:
        await door.close()
    broke = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert broke == []


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    """A door with the usual settings."""
    return await open_door()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    # unsafe: a browser takes cookies of an address too
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield client
