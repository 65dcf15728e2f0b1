"""Relays: settings that can't work are refused; each tab has credentials of its own, and new ones in time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, cast

import pytest

from server.gateway.outbox import Outbox, SocketTab
from server.gateway.relays import SECRET_BYTES_MIN, Relays, credentials, faults
from server.gateway.settings import TurnSettings
from server.hearing.ids import ConnectionId, SeatId
from tests.fakes.clock import NOON, FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.conftest import OpenDoor

pytestmark = pytest.mark.service

SECRET = b"a secret of the court and the relay"
URLS = ("turn:relay.court.example:3478?transport=udp", "turns:relay.court.example:443?transport=tcp")


@pytest.fixture
def settings(tmp_path: Path) -> TurnSettings:
    (tmp_path / "turn.secret").write_bytes(SECRET + b"\n")
    return TurnSettings(urls=URLS, secret_file=tmp_path / "turn.secret", credential_lifetime_s=600.0)


def tab(connection: str) -> SocketTab:
    return SocketTab(SeatId("plaintiff"), ConnectionId(connection), Outbox(8, lambda: None), "zh-CN")


def test_the_password_is_what_a_relay_computes_by_itself() -> None:
    name, password = credentials(SECRET, "c1", NOON // 1000)
    assert name == f"{NOON // 1000}:c1"
    assert base64.b64decode(password) == hmac.new(SECRET, name.encode(), hashlib.sha1).digest()


def test_each_tab_has_its_own_and_new_ones_when_half_their_time_is_over(settings: TurnSettings) -> None:
    clock = FakeClock()
    relays, one, other = Relays(settings, clock.now_ms), tab("one"), tab("other")
    first, second = relays.due(one), relays.due(other)
    assert first is not None
    assert second is not None
    assert first.urls == list(URLS)
    assert first.expires_at == NOON + 600_000
    assert (first.username, first.credential) == credentials(SECRET, "one", first.expires_at // 1000)
    assert first.credential != second.credential
    clock.move(299_000)
    assert relays.due(one) is None
    clock.move(1_000)
    again = relays.due(one)
    assert again is not None
    assert again.expires_at == NOON + 900_000
    assert relays.due(one) is None
    assert SECRET.decode() not in again.model_dump_json()


def test_where_there_is_no_relay_nobody_is_told_of_one() -> None:
    assert Relays(TurnSettings(), FakeClock().now_ms).due(tab("one")) is None


@pytest.mark.parametrize(
    "url",
    [
        "relay.court.example",
        "http://relay.court.example",
        "st" + "un:relay.court.example",
        "turn:",
        "turn:user@relay.court.example",
        "turn:relay.court.example?transport=sctp",
        "turn:relay.court.example?transport=udp&x=1",
        "turn:relay.court.example 3478",
        "TURN:relay.court.example",
    ],
)
def test_an_address_no_browser_takes_is_refused(settings: TurnSettings, url: str) -> None:
    found = list(faults(TurnSettings(urls=(url,), secret_file=settings.secret_file)))
    assert [key for key, _, _ in found] == ["turn.urls"]
    assert url in found[0][2]


@pytest.mark.parametrize("url", [*URLS, "turn:192.0.2.7", "turn:[2001:db8::7]:3478?transport=tcp"])
def test_an_address_that_browsers_take(settings: TurnSettings, url: str) -> None:
    assert list(faults(TurnSettings(urls=(url,), secret_file=settings.secret_file))) == []


def test_half_a_relay_a_weak_secret_and_too_many_addresses_are_refused(
    settings: TurnSettings, tmp_path: Path
) -> None:
    (tmp_path / "weak").write_bytes(b"x" * (SECRET_BYTES_MIN - 1) + b"\n")
    for wrong, key in (
        (TurnSettings(urls=URLS), "turn.secret_file"),
        (TurnSettings(secret_file=settings.secret_file), "turn.secret_file"),
        (TurnSettings(urls=URLS, secret_file=tmp_path / "weak"), "turn.secret_file"),
        (TurnSettings(urls=URLS * 3, secret_file=settings.secret_file), "turn.urls"),
    ):
        assert [found for found, _, _ in faults(wrong)] == [key]


async def test_a_tab_is_told_after_its_welcome_and_again_in_time(
    open_door: OpenDoor, settings: TurnSettings
) -> None:
    door = await open_door(turn=settings)
    (judge,) = await door.enter("presiding")
    kinds = [message["type"] for message in judge.messages]
    assert kinds[:2] == ["welcome", "relays"], "before the view, after which a tab makes its connection"

    def told() -> list[str]:
        return [cast("str", message["username"]) for message in judge.messages if message["type"] == "relays"]

    async def ping(t: float) -> None:
        await judge.send({"type": "ping", "t": t})
        await judge.until(lambda: any(m["type"] == "pong" and m["t"] == t for m in judge.messages))

    assert told() == [f"{NOON // 1000 + 600}:{judge.connection}"]
    await ping(1)
    door.clock.move(301_000)
    await ping(2)
    await judge.until(lambda: len(told()) == 2)
    await judge.cut()
    await judge.enter(resume=True)
    assert len(told()) == 3, "a tab that comes back may be another page, which knows nothing"


async def test_without_a_relay_the_wire_says_nothing_of_one(open_door: OpenDoor) -> None:
    door = await open_door()
    (judge,) = await door.enter("presiding")
    assert "relays" not in {message["type"] for message in judge.messages}
