"""Which engine a test of the media plane runs on."""

from __future__ import annotations

import pytest

from tests.media.engines import ENGINES


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of each engine that this machine has: a test that takes it is a law of every engine."""
    return str(request.param)
