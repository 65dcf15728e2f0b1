"""A courtroom for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.courtroom import mailbox, room, tape_keeper
from tests.courtroom.rig import Rig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def rig(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    """A hearing that is scheduled, its courtroom open; what is tried again is tried at once."""
    monkeypatch.setattr(tape_keeper, "_RETRY_S", 0)
    monkeypatch.setattr(mailbox, "AGAIN_S", 0)
    monkeypatch.setattr(room, "AGAIN_S", 0)
    rig = Rig()
    await rig.begin()
    yield rig
    await rig.close()
