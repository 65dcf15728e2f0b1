"""Lines on the screens: each its own, all to the bench, clerk and technician; told when it matters, kept ten minutes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from media.health import HISTORY_SAMPLES, PeerHealth
from media.ids import PeerId
from server.courtroom import registry
from server.courtroom.health import (
    FAIR,
    GOOD,
    LOST,
    MEDIA_BLOCKED,
    POOR,
    SILENT_MS,
    TAPE_FAULT,
    changed,
    seat_health,
    verdict,
)
from server.courtroom.outputs import HealthOut, SeatHealth
from server.hearing import commands as c
from server.hearing.commands_care import AddTechnician
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.ids import SeatId
from server.hearing.presence import Attendance, Presence
from tests.cast import CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS, connection

if TYPE_CHECKING:
    from server.hearing.ids import SeatId as Seat
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service

TECHNICIAN = SeatId("technician-1")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (PeerHealth(), None),
        (PeerHealth(uplink_loss=0.0, downlink_loss=0.02, rtt_ms=200, jitter_ms=30), GOOD),
        (PeerHealth(uplink_loss=0.03, downlink_loss=0.0, rtt_ms=20, jitter_ms=1), FAIR),
        (PeerHealth(uplink_loss=0.0, downlink_loss=0.03), FAIR),
        (PeerHealth(rtt_ms=201), FAIR),
        (PeerHealth(jitter_ms=81), POOR),
        (PeerHealth(uplink_loss=0.0, rtt_ms=501), POOR),
        (PeerHealth(downlink_loss=0.09), POOR),
        (PeerHealth(uplink_loss=0.0, silent_ms=SILENT_MS), LOST),
        (PeerHealth(silent_ms=SILENT_MS), LOST),
    ],
)
def test_a_line_in_one_word(found: PeerHealth, expected: str | None) -> None:
    assert verdict(found) == expected


def test_who_has_no_connection_is_lost_or_not_known() -> None:
    assert seat_health(PLAINTIFF, Attendance(presence=Presence.LOST), None).verdict == LOST
    assert seat_health(PLAINTIFF, Attendance(), None).verdict is None


def test_only_what_matters_is_worth_telling() -> None:
    base = SeatHealth(PLAINTIFF, 0.0, 0.0, 40, 5, GOOD)

    def differs(**fields: object) -> bool:
        return changed(HealthOut((base,)), HealthOut((replace(base, **fields),)))  # type: ignore[arg-type]

    assert not differs(up_loss=0.01, rtt_ms=60, jitter_ms=9)
    assert differs(up_loss=0.02)
    assert differs(down_loss=None)
    assert differs(rtt_ms=90)
    assert differs(jitter_ms=20)
    assert differs(verdict=FAIR)
    assert changed(None, HealthOut((base,)))
    assert changed(HealthOut((base,)), HealthOut((base, SeatHealth(CLERK))))


def step(rig: Rig) -> None:
    rig.clock.move(5000)
    rig.room.watch.step(rig.room.state, rig.clock.now_ms())


def told(rig: Rig, seat: Seat) -> list[HealthOut]:
    return rig.tabs[seat].all(HealthOut)


async def test_the_bench_and_the_clerk_see_everybodys_line_and_others_their_own(rig: Rig) -> None:
    await rig.opened()
    rig.media.healths[PeerId(connection(DEFENDANT))] = PeerHealth(uplink_loss=0.2, rtt_ms=90)
    step(rig)
    for seat in (PRESIDING, CLERK):
        lines = {one.seat: one for one in told(rig, seat)[-1].seats}
        assert lines.keys() == rig.room.state.seats.keys()
        assert (lines[DEFENDANT].verdict, lines[DEFENDANT].up_loss) == (POOR, 0.2)
    for seat in (PLAINTIFF, DEFENDANT, WITNESS, OBSERVER):
        assert [[one.seat for one in out.seats] for out in told(rig, seat)] == [[seat]], seat


async def test_an_isolated_witness_feels_nothing_of_the_others_lines(rig: Rig) -> None:
    await rig.opened()
    step(rig)
    before = len(rig.tabs[WITNESS].told)
    rig.media.healths[PeerId(connection(DEFENDANT))] = PeerHealth(uplink_loss=0.5)
    step(rig)
    assert len(rig.tabs[WITNESS].told) == before


async def test_nothing_new_is_not_told_and_a_page_loaded_again_is(rig: Rig) -> None:
    await rig.opened()
    step(rig)
    step(rig)
    assert len(told(rig, CLERK)) == 1
    rig.media.healths[PeerId(connection(PLAINTIFF))] = PeerHealth(rtt_ms=600)
    step(rig)
    assert len(told(rig, CLERK)) == 2
    old = rig.tabs[PLAINTIFF]
    fresh = type(old)(PLAINTIFF, old.connection)
    rig.room.detach(old)
    rig.room.attach(fresh)
    step(rig)
    assert [one.verdict for one in fresh.all(HealthOut)[-1].seats] == [POOR]


async def test_the_technician_outside_sees_all_lines_and_hears_and_sees_nobody(rig: Rig) -> None:
    await rig.opened()
    await rig.room.ask(AddTechnician(TECHNICIAN, "officer-1", "技术保障"), INSTRUMENT)
    tab = await rig.arrive(TECHNICIAN)
    step(rig)
    assert len(told(rig, TECHNICIAN)[-1].seats) == len(rig.room.state.seats)
    peer = PeerId(tab.connection)
    assert not rig.routes.receive.get(peer)
    assert peer not in rig.routes.publish
    view = tab.last.view
    assert not view.in_room
    cards = {card.seat: card for card in view.seats}
    assert cards[PLAINTIFF].name == "陈立"
    assert cards[OBSERVER].name is None
    assert not any(card.heard or card.has_floor or card.measures or card.consent for card in view.seats)
    assert view.stages == ()
    assert view.floor.mode == "closed"


async def test_who_has_left_is_told_no_more(rig: Rig) -> None:
    await rig.opened()
    await rig.do(DEFENDANT, c.Leave())
    await rig.settle()
    step(rig)
    assert told(rig, DEFENDANT) == []


async def test_ten_minutes_of_a_seat_go_on_over_its_connections(rig: Rig) -> None:
    await rig.opened()
    step(rig)
    await rig.room.ask(
        c.Depart(connection(PLAINTIFF), c.LeaveCause.CONNECTION_LOST), Actor(PLAINTIFF, connection(PLAINTIFF))
    )
    step(rig)
    await rig.arrive(PLAINTIFF, 2)
    rig.media.healths[PeerId(connection(PLAINTIFF, 2))] = PeerHealth(rtt_ms=10)
    step(rig)
    kept = rig.room.watch.history(PLAINTIFF)[-3:]
    assert [one.health.verdict for one in kept] == [None, LOST, GOOD]
    assert [b.at_ms - a.at_ms for a, b in pairwise(kept)] == [5000, 5000]
    for _ in range(HISTORY_SAMPLES + 5):
        step(rig)
    assert len(rig.room.watch.history(PLAINTIFF)) == HISTORY_SAMPLES


async def test_how_long_something_lasts_is_counted_from_when_it_was_first_so(rig: Rig) -> None:
    await rig.arrive(PLAINTIFF)
    step(rig)
    since = rig.clock.now_ms()
    step(rig)
    watch = rig.room.watch
    assert watch.since(PLAINTIFF, Presence.WAITING.value) == since
    assert watch.since(PLAINTIFF, MEDIA_BLOCKED) is None
    await rig.do(PLAINTIFF, c.ReportDevice("failed", "ok", "ok", "good"))
    step(rig)
    assert watch.since(PLAINTIFF, MEDIA_BLOCKED) == rig.clock.now_ms()
    await rig.do(PLAINTIFF, c.ReportDevice("ok", "ok", "ok", "good"))
    await rig.room.ask(c.ReportTape(c.TapeState.FAULTED, "disk_full"), INSTRUMENT)
    step(rig)
    assert watch.since(PLAINTIFF, MEDIA_BLOCKED) is None
    assert watch.since(None, TAPE_FAULT) == rig.clock.now_ms()


async def test_the_house_watches_by_itself_and_one_bad_hearing_costs_the_others_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(registry, "WATCH_S", 0)
    await rig.opened()
    rig.media.healths[PeerId(connection(CLERK))] = PeerHealth(rtt_ms=10)
    await rig.settle()
    rig.registry._watching = False
    await rig.registry._make_place()
    task = rig.tasks.start(rig.registry._watch(), "watch")
    await rig.settle()
    assert told(rig, CLERK)
    assert rig.registry.verdicts() == {GOOD: 1}
    monkeypatch.setattr(rig.room, "watch", None)
    await rig.settle()
    assert not task.done()
    assert "lines can't be watched" in caplog.text
