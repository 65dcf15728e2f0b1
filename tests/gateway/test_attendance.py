"""Who holds a place at the door."""

from __future__ import annotations

import asyncio

import pytest

from server.gateway.attendance import Attendance, Held, Strangers, end_of_line
from server.gateway.outbox import Outbox, SocketTab
from server.hearing.ids import ConnectionId, HearingId, SeatId

pytestmark = pytest.mark.pure

HEARING, SEAT, HOLDER = HearingId("h"), SeatId("plaintiff"), ConnectionId("c1")


def test_the_oldest_stranger_makes_place() -> None:
    cut: list[str] = []
    strangers = Strangers(2)
    for name in ("a", "b", "c"):
        strangers.came(name, lambda name=name: cut.append(name))  # type: ignore[misc]
    assert (cut, len(strangers)) == (["a"], 2)
    strangers.gone("b")
    strangers.gone("a")  # its handler ends after it was cut
    strangers.came("d", lambda: cut.append("d"))
    assert (cut, len(strangers)) == (["a"], 2)


@pytest.mark.parametrize(
    ("code", "error", "how"),
    [
        (1001, None, "said"),
        (1001, TimeoutError(), "said"),
        (1006, TimeoutError(), "silent"),
        (1006, None, "cut"),
        (1006, ConnectionResetError(), "cut"),
        (1000, None, "cut"),
        (None, None, "cut"),
    ],
)
def test_how_a_socket_ended(code: int | None, error: BaseException | None, how: str) -> None:
    assert end_of_line(code, error) == how


def attendance() -> tuple[Attendance, Held]:
    tab = SocketTab(SEAT, HOLDER, Outbox(8, lambda: None), "en")
    held = Held(HOLDER, SEAT, HEARING, "secret", "before", tab)
    return Attendance({HOLDER: held}), held


@pytest.mark.parametrize(
    ("hearing", "seat", "offered", "fits"),
    [
        ("h", "plaintiff", "secret", True),
        ("h", "plaintiff", "", False),
        ("h", "plaintiff", "before", False),
        ("h", "plaintiff", "sécret", False),
        ("h", "defendant", "secret", False),
        ("other", "plaintiff", "secret", False),
    ],
)
def test_a_secret_opens_its_own_seat_of_its_own_hearing(
    hearing: str, seat: str, offered: str, *, fits: bool
) -> None:
    seats, held = attendance()
    assert seats.fitting(HearingId(hearing), SeatId(seat), offered) is (held if fits else None)


async def test_a_stale_secret_is_shut_out_only_while_the_holder_is_here() -> None:
    seats, held = attendance()
    assert seats.shuts_out(HOLDER, "stale")
    assert not seats.shuts_out(HOLDER, ""), "who asks without a secret means it"
    assert not seats.shuts_out(HOLDER, "before"), "the holder itself, whose welcome was lost"
    assert not seats.shuts_out(None, "stale"), "nobody holds the seat"
    assert not seats.shuts_out(ConnectionId("of another process"), "stale")
    held.timer = asyncio.get_running_loop().call_later(60, lambda: None)
    assert not seats.shuts_out(HOLDER, "stale"), "the holder is away itself"
    held.revive(held.tab)
    assert seats[HOLDER].timer is None
    assert seats.shuts_out(HOLDER, "stale")
