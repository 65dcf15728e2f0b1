"""A real coturn with the configuration of docs/turnserver.conf: it leads to the court's server, and nowhere else."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import pytest

from server.gateway.relays import credentials
from tests.browser import relayed
from tests.peers.turn import IPV4, IPV6, REFUSED, TurnClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.browser.relayed import Relayed

pytestmark = [
    pytest.mark.media,
    pytest.mark.skipif(
        not relayed.possible, reason="a relay of its own needs root, ip, iptables and turnserver"
    ),
]

# Every spelling that CVE-2020-26262 and CVE-2026-27624 name, what else leads back into the relay, its own networks,
# the metadata services of clouds, other machines of a court, the world, and what is no machine.
ELSEWHERE_4 = (
    relayed.EVERYWHERE, "0.0.0.1", "127.0.0.1", "127.0.0.2", "127.255.255.254", relayed.INSIDE, relayed.OUTSIDE, relayed.PERSON,
    "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "8.8.8.8", "224.0.0.251", "240.0.0.1", "255.255.255.255",
)  # fmt: skip
ELSEWHERE_6 = (
    "::", "::1", "::ffff:0.0.0.0", "::ffff:127.0.0.1", "::ffff:127.0.0.2", f"::ffff:{relayed.HOUSE}",
    f"::ffff:{relayed.INSIDE}", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:192.168.1.1", "::127.0.0.1",
    "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "100::1", "fe80::1", "fc00::1",
    relayed.INSIDE_6, relayed.HOUSE_6, "2001:db8::1", "2606:4700::1111", "ff02::1",
)  # fmt: skip


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Relayed]:
    async with relayed.relayed(tmp_path) as one:
        yield one


def client(place: Relayed, *, lasts_s: int = 600, key: str = "") -> TurnClient:
    """A client with what the server would hand to a tab."""
    name, password = credentials((key or place.secret).encode(), "tab", time.time_ns() // 10**9 + lasts_s)
    return TurnClient(place.address, name, password)


async def allocated(place: Relayed, family: int) -> TurnClient:
    one = client(place)
    assert (await one.allocate(family)).error == 0
    return one


@pytest.mark.timeout(120)
async def test_it_leads_to_the_courts_server_and_to_no_other_address_however_spelled(place: Relayed) -> None:
    await place.start()
    four, six = await allocated(place, IPV4), await allocated(place, IPV6)
    for one, hosts in ((four, ELSEWHERE_4), (six, ELSEWHERE_6)):
        for host in hosts:
            assert ((await one.permit(host)).error, (await one.bind(host, 22)).error) == (REFUSED, REFUSED), (
                host
            )
    for host in (*ELSEWHERE_4, relayed.HOUSE):
        assert (await six.permit(host)).error, f"{host}: the wrong family"
    for host in ELSEWHERE_6:
        assert (await four.permit(host)).error, f"{host}: the wrong family"

    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as house:
        house.setblocking(False)
        house.bind((relayed.HOUSE, 0))
        port = house.getsockname()[1]
        await four.send(relayed.HOUSE, port, b"without a permission")
        assert (await four.permit(relayed.HOUSE)).error == 0
        assert (await four.bind(relayed.HOUSE, port)).error == 0
        await four.send(relayed.HOUSE, port, b"with one")
        data, source = await asyncio.wait_for(loop.sock_recvfrom(house, 100), 10)
        assert (data, source[0]) == (b"with one", relayed.INSIDE)
    for one in (four, six):
        one.close()


@pytest.mark.timeout(60)
async def test_without_the_last_part_of_the_configuration_it_leads_into_private_networks(
    place: Relayed,
) -> None:
    """So the table above is refused by that part, and not because the questions are badly put."""
    await place.start(denying=False)
    four, six = await allocated(place, IPV4), await allocated(place, IPV6)
    led = [host for host in ELSEWHERE_4 if (await four.permit(host)).error == 0]
    led_6 = [host for host in ELSEWHERE_6 if (await six.permit(host)).error == 0]
    print(f"without it: {led} {led_6}")
    assert {"10.0.0.1", "169.254.169.254", "192.168.1.1"} <= set(led)
    assert "fc00::1" in led_6
    for one in (four, six):
        one.close()


@pytest.mark.timeout(60)
async def test_credentials_of_another_secret_or_of_yesterday_open_nothing(place: Relayed) -> None:
    await place.start()
    for one in (client(place, key="another secret of another court"), client(place, lasts_s=-10)):
        assert (await one.allocate()).error == 401
        assert (await one.permit(relayed.HOUSE)).error in {401, 437}
        one.close()
    good = client(place)
    assert (await good.allocate()).error == 0
    good.close()


@pytest.mark.timeout(60)
async def test_one_tab_has_its_share_of_the_relay_and_no_more(place: Relayed) -> None:
    """The quota counts a tab, whatever second its credentials end at."""
    await place.start()
    share = 24
    tabs = [client(place, lasts_s=600 + number) for number in range(share + 1)]
    errors = [(await tab.allocate()).error for tab in tabs]
    assert errors == [0] * share + [486]
    for tab in tabs:
        tab.close()
