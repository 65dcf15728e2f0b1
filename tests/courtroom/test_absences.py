"""What the house measures about the end of a connection, and that it gets into the log (OLR 25)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from media.facts import PeerConnected, PeerLost
from media.health import PeerHealth, Sample
from media.ids import PeerId
from server.courtroom.absences import LATE_MS, LINES_MAX, Absences
from server.hearing import commands as c
from server.hearing.events import Actor
from server.hearing.ids import ConnectionId, Instant
from server.hearing.leaving import read
from tests.cast import DEFENDANT, PLAINTIFF, PRESIDING, WITNESS, connection
from tests.fakes.media import FakeMedia

if TYPE_CHECKING:
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service

LINE = ConnectionId("c-1")
NOW = Instant(1_790_000_000_000)


def after(ms: int) -> Instant:
    return Instant(NOW + ms)


def facts(absences: Absences, cause: str = "connection_lost", at: Instant = NOW) -> dict[str, str]:
    return read(absences.measure(DEFENDANT, LINE, cause, at).facts)


def test_the_ends_of_both_lines_and_the_time_between():
    absences = Absences(FakeMedia())
    absences.media_came(LINE, NOW)
    assert absences.reached(LINE)
    absences.media_went(LINE, "consent", after(1_000))
    assert not absences.reached(LINE)
    assert absences.media_lost(LINE) == ("consent", after(1_000))
    absences.line_ended(LINE, "cut", after(9_000))
    found = facts(absences, at=after(12_000))
    assert (found["transport"], found["signalling"], found["transport_before_ms"]) == (
        "consent",
        "cut",
        "8000",
    )
    assert facts(absences)["transport"] == "none"  # told once, then forgotten


def test_the_worst_of_the_minute_before():
    media = FakeMedia()
    minute = [(-70, 0.9, 0.9, 9000), (-50, 0.12, 0.0, 900), (-5, 0.02, 0.031, 60)]
    media.histories[PeerId(LINE)] = tuple(
        Sample(NOW + s * 1000, PeerHealth(up, down, rtt, 7, 20)) for s, up, down, rtt in minute
    )
    media.healths[PeerId(LINE)] = PeerHealth(0.01, 0.01, 50, 4, 1500)
    found = facts(Absences(media))
    assert [found[key] for key in ("loss_up", "loss_down", "rtt_ms", "jitter_ms", "silent_ms")] == [
        "120", "31", "900", "7", "1500"
    ]  # fmt: skip


def test_what_was_not_measured_is_empty():
    found = facts(Absences(FakeMedia()))
    assert [found[key] for key in ("loss_up", "rtt_ms", "silent_ms", "device_failed_ms", "server")] == [
        ""
    ] * 5


def test_the_houses_own_fault_is_told():
    absences = Absences(FakeMedia())
    absences.late(LATE_MS - 1, NOW)
    assert facts(absences)["server"] == ""
    absences.late(LATE_MS, NOW)
    assert facts(absences, at=after(60_000))["server"] == "overload"
    assert facts(absences, at=after(60_001))["server"] == ""
    assert facts(absences, "left")["server"] == ""  # who left by the own button was not put out by us
    assert facts(absences, "server_restart")["server"] == "restart"


def test_a_device_that_failed_shortly_before():
    absences = Absences(FakeMedia())
    absences.device_failed(DEFENDANT, NOW)
    assert facts(absences, at=after(4_000))["device_failed_ms"] == "4000"


def test_lines_are_bounded():
    absences = Absences(FakeMedia())
    for n in range(LINES_MAX + 1):
        absences.media_came(ConnectionId(f"c-{n}"), NOW)
    assert not absences.reached(ConnectionId("c-0"))
    assert absences.reached(ConnectionId(f"c-{LINES_MAX}"))


# --- in a courtroom ---


async def lost(rig: Rig, seat: Any, cause: c.LeaveCause) -> dict[str, str]:
    """The seat's connection ends; the measured facts, and the verdict on the bench's screen."""
    line = connection(seat)
    await rig.room.ask(c.Depart(line, cause), Actor(seat, line))
    await rig.settle()
    (absence,) = rig.room.state.attendance[seat].care.absences
    return {**read(absence.facts), "verdict": absence.verdict.value}


async def test_a_network_loss_and_a_closed_page_are_told_apart(rig: Rig) -> None:
    await rig.opened()
    for seat in (PLAINTIFF, DEFENDANT):
        rig.room.media_fact(PeerConnected(PeerId(connection(seat))))
    rig.clock.move(5_000)
    rig.room.media_fact(PeerLost(PeerId(connection(DEFENDANT)), "consent"))
    rig.clock.move(10_000)
    rig.room.care.line_ended(connection(DEFENDANT), "silent")
    failed = await lost(rig, DEFENDANT, c.LeaveCause.CONNECTION_LOST)
    rig.room.care.line_ended(connection(PLAINTIFF), "said")
    closed = await lost(rig, PLAINTIFF, c.LeaveCause.PAGE_CLOSED)
    assert (failed["verdict"], failed["transport"], failed["transport_before_ms"]) == (
        "network",
        "consent",
        "10000",
    )
    assert (closed["verdict"], closed["transport"], closed["transport_before_ms"]) == (
        "page_closed",
        "open",
        "",
    )


async def test_leaving_by_the_own_button_is_measured_too(rig: Rig) -> None:
    await rig.opened()
    await rig.do(DEFENDANT, c.Leave())
    await rig.settle()
    (absence,) = rig.room.state.attendance[DEFENDANT].care.absences
    assert (absence.verdict, read(absence.facts)["cause"]) == ("left", "left")


async def test_a_restart_of_the_house_is_its_own_fault(rig: Rig) -> None:
    await rig.opened()
    room = await rig.restart()
    verdicts = {
        seat: a.care.absences[-1].verdict for seat, a in room.state.attendance.items() if a.care.absences
    }
    assert set(verdicts) >= {PRESIDING, PLAINTIFF, DEFENDANT, WITNESS}
    assert set(verdicts.values()) == {"server"}


async def test_facts_are_entered_when_the_ledger_is_back(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.opened()
    append = rig.log.append

    async def falters(stream: str, seq: int, entries: Any) -> int:
        rig.log.broken = entries[0].kind == "absence_measured"
        return await append(stream, seq, entries)

    line = connection(DEFENDANT)
    with monkeypatch.context() as patch:
        patch.setattr(rig.log, "append", falters)
        await rig.room.ask(c.Depart(line, c.LeaveCause.CONNECTION_LOST), Actor(DEFENDANT, line))
        await rig.settle()
        assert rig.room.state.attendance[DEFENDANT].care.absence.facts == ()  # type: ignore[union-attr]
    rig.log.broken = False
    await rig.settle()
    assert rig.room.state.attendance[DEFENDANT].care.absence.facts != ()  # type: ignore[union-attr]
