"""A house and its people for the journeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.demo import cast
from tests.house import ENGINE, House
from tests.seat import SeatClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

SEATS = (
    cast.PRESIDING,
    cast.CLERK,
    cast.PLAINTIFF,
    cast.PLAINTIFF_AGENT,
    cast.DEFENDANT,
    cast.WITNESS,
    cast.OBSERVER,
)


BOTH_ENGINES = pytest.mark.parametrize("engine", ["native", "python"])
"""For the shortest journey that is a whole hearing; the others run on the engine of YUNTING_TEST_ENGINE."""


@pytest.fixture
def engine() -> str:
    """The engine that carries this journey's packets."""
    return ENGINE


@pytest.fixture
async def house(tmp_path: Path, engine: str) -> AsyncIterator[House]:
    """A running server with one hearing of seven seats."""
    house = House(tmp_path, engine=engine)
    await house.prepare(SEATS)
    await house.start()
    yield house
    await house.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()


@pytest.fixture
async def people(house: House) -> AsyncIterator[dict[str, SeatClient]]:
    """One client a seat, not yet connected."""
    clients = {seat.seat: SeatClient(house, seat.seat) for seat in SEATS}
    yield clients
    for client in clients.values():
        await client.close()


@pytest.fixture
def court(people: dict[str, SeatClient]) -> Callable[[], Awaitable[dict[str, SeatClient]]]:
    """Bring everybody to their places and open the court; the witness stays in the witness room."""
    return lambda: open_court(people)


async def open_court(people: dict[str, SeatClient]) -> dict[str, SeatClient]:
    """Everybody to their places, and the court opened."""
    judge, clerk = people["presiding"], people["clerk"]
    for client in people.values():
        await client.enter()
    for client in people.values():
        await client.prepare()
    for seat in people:
        if seat not in {"presiding", "clerk"}:
            await clerk.do("admit", seat=seat)
    await clerk.check_in()
    await judge.until(lambda: judge.view["missing"] == [], 20)
    await judge.do("open_court")
    return people
