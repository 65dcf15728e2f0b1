"""The console's rows: what waits is named once and in the order of its urgency; a caucus stays closed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from media.health import PeerHealth
from media.ids import PeerId
from server.courtroom.health import Watch
from server.courtroom.tape_keeper import TapeKeeper
from server.courtroom.tasks import Tasks
from server.gateway.console_rows import (
    OVERDUE_MS,
    TASKS,
    WAITING_MS_MAX,
    day_of,
    in_session,
    row,
    samples,
    urgency,
)
from server.hearing.commands import ReportDevice, TapeState
from server.hearing.commands_care import AskHelp, CannotHear, NoteIncident, SendMessage
from server.hearing.ids import HearingId, Instant, SeatId
from server.store.cases import Case, HearingRow, SeatRow
from server.store.officers import Listed
from tests.builders import a_hearing
from tests.cast import (
    DEFENDANT,
    MEDIATOR,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITNESS,
    connection,
)
from tests.fakes.instruments import FakeInstruments
from tests.fakes.media import FakeMedia
from tests.hearing.mediations import in_caucus
from tests.playbook import START, Line, arrive, by, depart, tape

if TYPE_CHECKING:
    from server.hearing.state import Hearing

pytestmark = pytest.mark.pure

HOUR = 3_600_000
CASE = Case("case-1", "（2026）粤0106民初1号", "买卖合同纠纷", "天河区人民法院", "civil_ordinary", 1)


def listed(*moves: tuple[str, int], at: int = START, hearing: str = "h-1") -> Listed:
    seats = (SeatRow("presiding", "presiding", "bench", "p", "林静"),)
    return Listed(CASE, HearingRow(hearing, "case-1", True, "civil_ordinary", at, 1), seats, moves)


def watch_of(state: Hearing, at: int, **lines: PeerHealth) -> Watch:
    media, keeper = FakeMedia(), TapeKeeper(HearingId("h-1"), FakeInstruments(), Tasks(), lambda _: None)
    for seat, health in lines.items():
        media.healths[PeerId(connection(SeatId(seat)))] = health
    watch = Watch(media, keeper, lambda: ())
    watch.step(state, Instant(at))
    return watch


def shown(state: Hearing, seen_at: int, now: int, **lines: PeerHealth) -> dict[str, Any]:
    return row(listed(), state, watch_of(state, seen_at, **lines), now)


def kinds(found: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(task["kind"], task["seat"]) for task in found["tasks"]]


@pytest.mark.parametrize(
    ("local", "first"),
    [(0, 0), (1, 0), (23 * HOUR, 0), (24 * HOUR - 1, 0), (24 * HOUR, 24 * HOUR)],
)
def test_the_day_is_that_of_the_court_not_of_greenwich(local: int, first: int) -> None:
    """2026-09-21 00:00 in Shanghai is 2026-09-20 16:00 UTC."""
    midnight = 1_789_920_000_000
    assert day_of(midnight + local) == (midnight + first, midnight + first + 24 * HOUR)


def test_a_hearing_where_all_is_well_has_no_task() -> None:
    told = a_hearing().opened()
    now = told.script.now
    found = shown(told.state, now, now, plaintiff=PeerHealth(rtt_ms=10), defendant=PeerHealth(rtt_ms=300))
    assert found["tasks"] == []
    assert (found["session"], found["network"], found["case_no"]) == ("in_session", "fair", CASE.case_no)
    people = {one["seat"]: one for one in found["people"]}
    assert people.keys() == told.state.seats.keys()
    assert people[DEFENDANT]["health"]["verdict"] == "fair"
    assert (people[WITNESS]["where"], people[PRESIDING]["where"]) == ("witness", "main")
    assert (people[OBSERVER]["name"], people[OBSERVER]["presence"]) == ("唐宁", "present")


def test_everything_that_waits_is_a_task_the_most_urgent_first() -> None:
    told = a_hearing(absent=(OBSERVER,)).opened()
    script = told.script
    for line in (
        by(PLAINTIFF, ReportDevice("ok", "failed", "ok", "good")),
        by(WITNESS, AskHelp("other")),
        by(DEFENDANT, CannotHear()),
        depart(PLAINTIFF_AGENT),
        Line(None, NoteIncident("network", DEFENDANT, START, 0, ())),
        tape(TapeState.FAULTED, "disk_full"),
        arrive(OBSERVER),
    ):
        script >> line
    seen = script.now
    late = shown(told.state, seen, seen + WAITING_MS_MAX + 1)
    assert kinds(late) == [
        ("tape_fault", None),
        ("disconnected", PLAINTIFF_AGENT),
        ("cannot_hear", DEFENDANT),
        ("help", WITNESS),
        ("media_blocked", PLAINTIFF),
        ("waiting_too_long", OBSERVER),
        ("incident_unsigned", None),
    ]
    early = shown(told.state, seen, seen + WAITING_MS_MAX)
    assert ("waiting_too_long", OBSERVER) not in kinds(early)
    assert all(isinstance(task["since"], int) for task in late["tasks"])


def test_the_words_of_a_call_and_of_messages_are_not_in_the_list() -> None:
    told = a_hearing().opened()
    for line in (
        by(PLAINTIFF, AskHelp("other", "planted words")),
        by(PLAINTIFF, SendMessage(SeatId(""), "planted too")),
    ):
        told.script >> line
    found = json.dumps(shown(told.state, told.script.now, told.script.now), ensure_ascii=False)
    assert '"help"' in found
    assert "planted" not in found


def test_of_a_caucus_only_that_it_is_one() -> None:
    """OMR 16: not whose side, not what; the mediator and the party look alike."""
    told = in_caucus()
    found = shown(told.state, told.script.now, told.script.now)
    where = {one["seat"]: one["where"] for one in found["people"]}
    assert (where[MEDIATOR], where[PLAINTIFF], where[DEFENDANT]) == ("caucus", "caucus", "main")
    assert "caucus:" not in json.dumps(found)


def test_a_hearing_not_opened_in_time_is_overdue_open_or_not() -> None:
    scheduled = listed(at=START)
    for now, expected in ((START + OVERDUE_MS - 1, []), (START + OVERDUE_MS, [("hearing_overdue", None)])):
        assert kinds(row(scheduled, None, None, now)) == expected
        waiting = a_hearing().arrived().state
        assert kinds(shown(waiting, now, now)) == expected
    opened = listed(("hearing_scheduled", 1), ("check_in_began", 2), ("court_opened", 3))
    assert kinds(row(opened, None, None, START + HOUR)) == []


def test_what_is_not_open_here_is_told_by_the_ledger_alone() -> None:
    found = row(listed(("check_in_began", 2), ("court_opened", 3), ("court_closed", 9)), None, None, START)
    assert (found["session"], found["opened_at"], found["network"], found["tape"]) == (
        "closed",
        3,
        None,
        None,
    )
    (person,) = found["people"]
    assert (person["name"], person["presence"], person["health"]) == ("林静", "", None)
    assert row(listed(), None, None, START)["people"][0]["presence"] == "expected"


def test_nothing_of_people_is_a_task_once_the_hearing_is_over() -> None:
    told = a_hearing().opened()
    for line in (by(DEFENDANT, CannotHear()), depart(PLAINTIFF_AGENT)):
        told.script >> line
    told.closed()
    now = told.script.now + HOUR
    assert kinds(shown(told.state, told.script.now, now)) == []
    assert not in_session(told.state)
    assert in_session(a_hearing().opened().state)
    assert not in_session(a_hearing().state)


def test_the_worst_task_comes_first_then_what_sits_then_the_time() -> None:
    def one(name: str, session: str, at: int, *tasks: str) -> dict[str, Any]:
        return {
            "id": name,
            "session": session,
            "scheduled_at": at,
            "tasks": [{"kind": kind} for kind in tasks],
        }

    rows = [
        one("late", "scheduled", 1),
        one("sits", "in_session", 9),
        one("sits-early", "recessed", 2),
        one("waits", "in_session", 3, "waiting_too_long"),
        one("fault", "in_session", 8, "incident_unsigned", "tape_fault"),
    ]
    assert [found["id"] for found in sorted(rows, key=urgency)] == [
        "fault",
        "waits",
        "sits-early",
        "sits",
        "late",
    ]
    assert len(set(TASKS)) == 9


def test_sparklines_are_of_everybody() -> None:
    state = a_hearing().opened().state
    watch = watch_of(state, 5000, plaintiff=PeerHealth(uplink_loss=0.1, rtt_ms=7))
    watch.step(state, Instant(10_000))
    found = {one["seat"]: one for one in samples(state, {seat: watch.history(seat) for seat in state.seats})}
    assert found.keys() == state.seats.keys()
    assert [one["at"] for one in found[PLAINTIFF]["samples"]] == [5000, 10_000]
    assert found[PLAINTIFF]["samples"][0] == {
        "at": 5000, "up_loss": 0.1, "down_loss": None, "rtt_ms": 7, "jitter_ms": None, "verdict": "poor",
    }  # fmt: skip


def test_a_record_whose_second_copy_does_not_come_about_is_a_task() -> None:
    hearing = Listed(
        CASE, HearingRow("h", "c", True, "civil_ordinary", START, 1), (), (("court_closed", START),)
    )
    told = {"kind": "not_copied", "seat": None, "since": 5}
    assert row(hearing, None, None, START + 1, 5)["tasks"] == [told]
    assert row(hearing, None, None, START + 1)["tasks"] == []
