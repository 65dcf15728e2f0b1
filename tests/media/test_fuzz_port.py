"""A few thousand cases of the fuzzer of the port; the long run is `make soak`."""

from __future__ import annotations

import pytest

from tests.media.fuzz_port import fuzz_port

pytestmark = pytest.mark.media


async def test_mutated_datagrams_at_the_port_cost_no_word(engine: str) -> None:
    found = await fuzz_port(engine, 4000, seed=20261129)
    assert found["dropped"] > 1000
    assert found["srtp"] > 500
