"""A running house for the browser journeys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.house import House
from tests.journeys.conftest import SEATS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SHOTS = Path(__file__).parent / "shots"


@pytest.fixture
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A running server with one hearing of seven seats; COMPOSITE: what the module wants of composites."""
    composite: dict[str, object] = getattr(request.module, "COMPOSITE", {})
    house = House(tmp_path, overrides={"composite": composite})
    await house.prepare(SEATS)
    await house.start()
    yield house
    await house.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()
