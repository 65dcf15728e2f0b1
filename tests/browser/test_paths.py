"""The way of a person's packets, through the whole chain: by a relay where nothing else is let through; moved in mid-hearing."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from server.demo import cast
from tests.browser import away, relayed
from tests.browser.stage import chromium
from tests.house import House
from tests.seat import SeatClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.browser.stage import Person

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not away.possible, reason="another place needs root, ip and iptables"),
]

SEATS = (cast.PRESIDING, cast.CLERK, cast.PLAINTIFF, cast.DEFENDANT)


@contextlib.asynccontextmanager
async def running(house: House) -> AsyncIterator[None]:
    """A house with one hearing and its defendant, who sends nothing; what of ours broke in it fails the test."""
    await house.prepare(SEATS)
    await house.start()
    defendant = SeatClient(house, "defendant")
    await defendant.enter()
    await defendant.prepare()
    try:
        yield
    finally:
        await defendant.close()
        await house.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()


async def open_court(judge: Person, plaintiff: Person) -> None:
    """Both arrive, the court opens, the plaintiff has the floor; each is heard or seen by the other."""
    for person in (judge, plaintiff):
        await person.arrive()
    for seat in ("plaintiff", "defendant"):
        await judge.click(f"admit-{seat}")
    await judge.click("call-roll")
    await judge.click("suitability-confirm")
    await judge.open_court()
    await judge.click("floor-plaintiff")
    await flows(judge, plaintiff)


async def flows(judge: Person, plaintiff: Person) -> None:
    """More sound and picture of each arrives at the other. The plaintiff hears nobody but the judge, and the other way."""
    for one in (judge, plaintiff):
        now = await one.media()
        await one.until_media("audio", now["audio"] + 50)
        await one.until_media("frames", now["frames"] + 10)


async def way(person: Person) -> dict[str, Any]:
    """The pair of addresses that the tab's packets take, and the name of the search that found it."""
    found: dict[str, Any] = await person.page.evaluate(
        """async () => {
          const all = await window.__yunting.peer.getStats();
          for (const t of all.values()) {
            if (t.type !== 'transport' || !t.selectedCandidatePairId) continue;
            const pair = all.get(t.selectedCandidatePairId);
            const [here, there] = [all.get(pair.localCandidateId), all.get(pair.remoteCandidateId)];
            return { type: here.candidateType, relay: here.relayProtocol ?? '', here: here.address, there: there.address,
              search: t.iceLocalUsernameFragment, certificate: t.localCertificateId, dtls: t.dtlsState };
          }
          return {};
        }"""
    )
    return found


@pytest.mark.skipif(not relayed.possible, reason="a relay of its own needs turnserver")
async def test_where_only_a_relay_is_let_through_sound_and_picture_come_by_it(tmp_path: Path) -> None:
    async with relayed.relayed(tmp_path) as place:
        at = f"turn:{relayed.OUTSIDE}:{relayed.PORT}?transport="
        turn: dict[str, object] = {"urls": [f"{at}udp", f"{at}tcp"], "secret_file": str(place.secret_file)}
        house = House(tmp_path, overrides={"http": {"host": relayed.EVERYWHERE}, "turn": turn})
        await place.start()
        await place.let_through(house.port)
        async with running(house), chromium(house) as court, place.chromium(house) as village:
            judge, plaintiff = await court.person("presiding"), await village.person("plaintiff")
            await open_court(judge, plaintiff)
            first = await way(plaintiff)
            print(f"way of the plaintiff: {first}")
            assert (first["type"], first["relay"], first["there"]) == ("relay", "udp", relayed.HOUSE)
            assert (await way(judge))["type"] != "relay", "who has a way of the own takes no relay"

            await place.drop_udp()
            begun = time.monotonic()
            await flows(judge, plaintiff)
            second = await way(plaintiff)
            print(f"without UDP: {second}, both ways again after {time.monotonic() - begun:.1f} s")
            assert (second["type"], second["relay"], second["there"]) == ("relay", "tcp", relayed.HOUSE)
            assert court.complaints == village.complaints == []


async def test_another_network_in_mid_hearing_is_another_way_of_the_same_transport(tmp_path: Path) -> None:
    async with away.away() as place:
        house = House(tmp_path, overrides={"http": {"host": away.EVERYWHERE}})
        async with running(house), chromium(house) as court, place.chromium(house, tmp_path) as village:
            judge, plaintiff = await court.person("presiding"), await village.person("plaintiff")
            await open_court(judge, plaintiff)
            await plaintiff.page.evaluate("window.__first = window.__yunting.peer")
            before, told = await way(plaintiff), len(plaintiff.told)

            await place.move()
            begun = time.monotonic()
            await flows(judge, plaintiff)
            after = await way(plaintiff)
            print(f"{before} -> {after}: both ways again after {time.monotonic() - begun:.1f} s")
            since = [json.loads(text) for text in plaintiff.told[told:]]
            assert await plaintiff.page.evaluate("window.__first === window.__yunting.peer")
            assert [m for m in since if m["type"] == "media_lost"] == []
            assert [m["continued"] for m in since if m["type"] == "answer"] == [True]
            assert (after["here"], after["dtls"]) == (away.MOVED, "connected")
            assert after["certificate"] == before["certificate"]
            assert after["search"] != before["search"], "ICE was restarted"
            views = [m["view"] for m in map(json.loads, judge.told) if m["type"] == "view"]
            cards = [card for view in views for card in view["seats"] if card["seat"] == "plaintiff"]
            assert {card["lost_since"] for card in cards} == {None}, "the seat was never empty"
            assert court.complaints == village.complaints == []
