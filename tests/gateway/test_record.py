"""The record of a hearing: put together from the log and the results, without keys of machines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from server.courtroom.ports import Entry, Verdict
from server.gateway.record import (
    SESSION_KINDS,
    Caucus,
    progress_of,
    record,
    session_of,
)
from server.gateway.transcript import transcript_text
from server.hearing import commands as c
from server.hearing.commands_care import AskHelp, FileSheet, SendMessage
from server.hearing.commands_rooms import EndMediation, Propose, ScreenOff
from server.hearing.ids import SeatId
from server.hearing.seats import Role
from server.hearing.sheet import Passage, Row, write
from server.store.cases import Case, HearingFile, HearingRow, SeatRow
from server.store.codec import EventCodec
from server.store.results import Artefact, Job, UtteranceRow
from tests.builders import AHearing, a_hearing
from tests.cast import CAST, DEFENDANT, MEDIATOR, PLAINTIFF, PRESIDING
from tests.hearing.mediations import in_caucus
from tests.playbook import Line, by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.store.results import JobState

pytestmark = pytest.mark.pure

SEATS = tuple(SeatRow(seat, seat, "bench", f"person-{seat}", f"名{seat}") for seat in map(str, CAST))
FILE = HearingFile(
    case=Case("case-1", "（2026）1号", "买卖合同纠纷", "天河法院", "civil_ordinary", 1),
    hearing=HearingRow("h-1", "case-1", True, "civil_ordinary", 1_000, 1),
    seats=SEATS,
)
VERDICT = Verdict(True, 9, "f" * 64)


def entries(told: AHearing) -> list[Entry]:
    codec = EventCodec()
    new = [codec.to_entry(event, at, "presiding", "c1-presiding") for event, at in told.log]
    return [
        Entry("h-1", n, x.at_ms, x.actor_seat, x.actor_connection, x.kind, x.version, x.body, "", "")
        for n, x in enumerate(new, 1)
    ]


def job(state: JobState, progress: float = 0.5, reason: str = "") -> Job:
    return Job("j", "h-1", "finish", state, progress, reason, 1, 2)


def copy(label: str, kind: str = "av") -> Artefact:
    return Artefact(
        "h-1",
        "copy",
        label,
        f"hearings/h-1/copies/{label}.webm",
        {"kind": kind, "duration_ms": 9000},
        "ab" * 32,
        3,
    )


def made(log: Sequence[Entry], **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "file": FILE,
        "reader_role": "clerk",
        "reader_seat": "clerk",
        "entries": log,
        "verdict": VERDICT,
        "copies": [],
        "lines": [],
        "transcript": None,
        "job": None,
        "sign": lambda path: f"{path}?signed",
    }
    return record(**(usual | changes))


def test_times_are_counted_from_the_opening() -> None:
    told = a_hearing().opened()
    opened = told.state.opened_at
    assert opened is not None
    told.in_stage("investigation").closed()
    found = made(entries(told))
    assert found["zero"] == found["hearing"]["opened_at"] == opened
    assert found["hearing"]["session"] == "closed"
    assert found["duration_ms"] == told.script.now - opened
    assert [(s["key"], s["at"]) for s in found["stages"]] == [
        ("opening", 0),
        ("investigation", 2000),
        ("closed", 3000),
    ]


def test_a_recess_is_a_gap_with_its_ground() -> None:
    told = a_hearing().opened().recessed()
    told.script.after(59_000)
    told.script >> by(PRESIDING, c.Resume())
    told.recessed("again").adjourned("ill")
    found = made(entries(told))
    assert found["gaps"] == [
        {"from": 2000, "to": 62_000, "ground": "recess"},
        {"from": 63_000, "to": 64_000, "ground": "recess"},
    ]
    assert found["hearing"]["session"] == "adjourned"


def test_a_hearing_that_has_not_begun_has_an_empty_record() -> None:
    found = made(entries(a_hearing()))
    assert (found["zero"], found["duration_ms"], found["gaps"], found["stages"]) == (1000, 0, [], [])
    assert found["recording"] == {"state": "none", "progress": 0.0, "reason": ""}
    assert found["transcript"] == {"state": "none", "progress": 0.0, "reason": "", "lines": []}
    assert found["hearing"]["opened_at"] is None


def test_the_events_name_people_and_no_machines() -> None:
    told = a_hearing().opened()
    told.script >> by(PRESIDING, c.OpenFloor((PLAINTIFF, DEFENDANT)))
    events = made(entries(told))["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["body"] == {"seats": ["plaintiff", "defendant"]}
    assert events[-1]["actor"] == {"seat": "presiding", "role": "presiding", "name": "名presiding"}
    words = repr(events)
    assert "c1-" not in words, "no connection"
    assert "person-" not in words, "no person's key"
    arrived = next(event for event in events if event["kind"] == "seat_arrived")
    assert arrived["body"].keys() == {"seat"}


def test_copies_of_a_job_that_failed_are_still_listed() -> None:
    found = made([], copies=[copy("plaintiff")], job=job("failed", 1.0, "copies_incomplete"))
    assert found["recording"]["state"] == "failed"
    assert [each["seat"] for each in found["copies"]] == ["plaintiff"]


@pytest.mark.parametrize("role", ["plaintiff", "defendant", "third_party", "agent"])
def test_only_the_bench_reads_along_while_the_hearing_is_on(role: str) -> None:
    told = a_hearing().opened().in_stage("investigation").recessed()
    told.script.after(1_000)
    told.script >> by(PRESIDING, c.Resume())
    hidden = ("events", "stages", "gaps", "copies")
    during = made(entries(told), reader_role=role, copies=[copy("plaintiff")])
    bench = made(entries(told), reader_role="judge", copies=[copy("plaintiff")])
    assert [during[key] for key in hidden] == [[], [], [], []]
    assert all(bench[key] for key in hidden)
    assert (during["line_series"], bench["line_series"]) == (False, True)
    assert during["verified"] == {"chain": True}, (
        "neither how many entries there are, nor the hash of the last"
    )
    assert bench["verified"].keys() == {"chain", "entries", "head"}
    rest = during.keys() - {*hidden, "recording", "verified", "line_series"}  # a party has no copies: "none"
    assert {key: during[key] for key in rest} == {key: bench[key] for key in rest}
    told.closed()
    after = made(entries(told), reader_role=role, copies=[copy("plaintiff")])
    assert all(after[key] for key in hidden)
    assert after["verified"] == bench["verified"]


def test_parties_see_neither_devices_nor_the_names_of_the_public() -> None:
    log = entries(a_hearing().opened().closed())
    tested = replace(log[0], kind="device_reported", body={"seat": "plaintiff", "camera": "ok"})
    watcher = {"seat": "observer-9", "role": "observer", "side": "none", "person": "p", "name": "旁听者"}
    first = replace(log[0], body={**log[0].body, "seats": [*log[0].body["seats"], watcher]})
    came = replace(log[-1], kind="seat_arrived", actor_seat="observer-9", body={"seat": "observer-9"})
    log = [first, tested, *log[1:], came]
    observer = SeatRow("observer-9", "observer", "none", "p", "旁听者")
    file = HearingFile(FILE.case, FILE.hearing, (*SEATS, observer))
    party = made(log, file=file, reader_role="plaintiff", copies=[copy("observer-9")])
    clerk = made(log, file=file, reader_role="clerk", copies=[copy("observer-9")])
    assert "旁听者" not in repr(party)
    assert party["events"][-1]["actor"] == {"seat": "observer-9", "role": "observer", "name": ""}
    own = {"device_reported", "place_declared", "suitability_checked"}
    assert len(party["events"]) == len(log) - len([e for e in log if e.kind in own])
    assert repr(clerk).count("旁听者") == 3
    assert len(clerk["events"]) == len(log)


def test_a_session_is_told_from_its_own_kinds_alone() -> None:
    told = a_hearing().opened().in_stage("investigation").recessed().adjourned("ill")
    log = entries(told)
    few = [entry for entry in log if entry.kind in SESSION_KINDS]
    assert len(few) < len(log)
    assert session_of(few) == session_of(log)


def test_a_hearing_moved_offline_is_over_and_its_part_stays() -> None:
    told = a_hearing().opened().in_stage("investigation").recessed().moved_offline()
    found = made(entries(told), reader_role="plaintiff")
    assert found["hearing"]["session"] == "moved_offline"
    assert found["hearing"]["closed_at"] == told.state.closed_at
    assert found["gaps"][-1]["to"] == found["duration_ms"]
    assert [stage["key"] for stage in found["stages"]] == ["opening", "investigation"]


def test_where_people_are_and_the_courts_own_check_are_not_for_the_parties() -> None:
    log = entries(a_hearing().opened().closed())
    mine = {"place_declared", "suitability_checked"}
    assert mine <= {event["kind"] for event in made(log, reader_role="clerk")["events"]}
    assert mine.isdisjoint({event["kind"] for event in made(log, reader_role="plaintiff")["events"]})


def test_why_two_must_not_meet_is_told_to_neither() -> None:
    told = a_hearing().opened()
    told.script >> by(PRESIDING, ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="he threatened her"))
    log = entries(told.closed())
    assert "threatened" in str(made(log, reader_role="clerk")["events"])
    assert "threatened" not in str(made(log, reader_role="defendant")["events"])


def test_an_instrument_has_no_actor() -> None:
    log = entries(a_hearing())
    first = Entry(
        **{name: getattr(log[0], name) for name in Entry.__dataclass_fields__} | {"actor_seat": None}
    )
    assert made([first])["events"][0]["actor"] is None


def test_copies_carry_who_they_are_of_and_a_signed_link() -> None:
    found = made([], copies=[copy("plaintiff"), copy("a stranger's label")])["copies"]
    assert found == [
        {
            "id": "plaintiff",
            "seat": "plaintiff",
            "role": "plaintiff",
            "side": "bench",
            "name": "名plaintiff",
            "source": "main",
            "kind": "av",
            "duration_ms": 9000,
            "sha256": "ab" * 32,
            "url": "/media/h-1/plaintiff.webm?signed",
        }
    ]


def test_lines_of_the_transcript_are_counted_from_the_same_zero() -> None:
    log = entries(a_hearing().opened())
    zero = session_of(log)["opened_at"]
    lines = [
        UtteranceRow("u1", "plaintiff", zero + 100, zero + 900, "原告陈述", 0.9),
        UtteranceRow("u2", "nobody", zero, zero, "x"),
    ]
    found = made(log, lines=lines, transcript=copy("x"))["transcript"]
    assert found["state"] == "ready"
    assert found["lines"] == [
        {
            "id": "u1",
            "seat": "plaintiff",
            "role": "plaintiff",
            "name": "名plaintiff",
            "t0": 100,
            "t1": 900,
            "text": "原告陈述",
            "confidence": 0.9,
        }
    ]


def test_the_chain_is_vouched_for_or_not() -> None:
    assert made([])["verified"] == {"chain": True, "entries": 9, "head": "f" * 64}
    assert made([], verdict=Verdict(False, 3, "0", 4, "hash"))["verified"]["chain"] is False


@pytest.mark.parametrize(
    ("state", "have", "expected"),
    [
        ("pending", False, "pending"),
        ("running", False, "building"),
        ("failed", False, "failed"),
        ("done", False, "none"),  # done and nothing there: never opened, or a mediation that nobody recorded
        ("running", True, "ready"),
        ("failed", True, "failed"),  # some copies are there, and some are not
    ],
)
def test_progress_of_a_product(state: JobState, have: bool, expected: str) -> None:
    assert progress_of(job(state), have)["state"] == expected


def test_progress_tells_how_far_and_why_not() -> None:
    assert progress_of(job("running", 0.4), False) == {"state": "building", "progress": 0.4, "reason": ""}
    assert progress_of(job("failed", 0.4, "internal"), False)["reason"] == "internal"
    incomplete = progress_of(job("failed", 1.0, "copies_incomplete"), True)
    assert incomplete == {"state": "failed", "progress": 1.0, "reason": "copies_incomplete"}
    assert progress_of(None, False) == {"state": "none", "progress": 0.0, "reason": ""}


def test_the_plain_transcript_says_what_it_is_and_who_spoke_when() -> None:
    lines = [
        UtteranceRow("u1", "presiding", 5_000 + 3_661_000, 0, "现在休庭"),
        UtteranceRow("u2", "plaintiff", 1_000, 0, "说在开庭之前"),
        UtteranceRow("u3", "nobody", 9_000, 0, "x"),
    ]
    text = transcript_text(FILE, {seat.seat: seat for seat in SEATS}, lines, 5_000)
    assert "不是正式笔录" in text
    assert text.splitlines()[-2:] == [
        "[01:01:01] 审判员 名presiding：现在休庭",
        "[00:00:00] 原告 名plaintiff：说在开庭之前",
    ]


def test_every_role_has_a_chinese_word_in_the_transcript() -> None:
    seats = tuple(SeatRow(role.value, role.value, "none", "p", "某") for role in Role)
    file = HearingFile(FILE.case, FILE.hearing, seats)
    names = {seat.seat: seat for seat in seats}
    text = transcript_text(file, names, [UtteranceRow("u", role.value, 0, 0, "x") for role in Role], 0)
    assert not any(f" {role.value} " in text for role in Role)


def test_a_caucus_that_the_reader_may_read_comes_with_its_own_chain_and_after_the_end() -> None:
    told = in_caucus()
    told.script >> by(PLAINTIFF, Propose("a third", "plaintiff"))
    log = [entry for entry in entries(told) if entry.kind != "proposal_made"]
    side = [entry for entry in entries(told) if entry.kind == "proposal_made"]
    caucus = Caucus("caucus:plaintiff", side, VERDICT)
    on = made(log, reader_role="plaintiff", caucuses=[caucus])
    assert on["caucuses"] == []
    told.script >> by(MEDIATOR, EndMediation("unwilling", "said so"))
    over = [entry for entry in entries(told) if entry.kind != "proposal_made"]
    read = made(over, reader_role="plaintiff", caucuses=[caucus])["caucuses"]
    assert [(one["room"], one["events"][0]["body"]["text"]) for one in read] == [
        ("caucus:plaintiff", "a third")
    ]
    assert read[0]["verified"]["chain"] is True
    assert "a third" not in repr(made(over, reader_role="plaintiff"))


def test_the_last_sheet_is_for_the_bench_and_the_clerk() -> None:
    told = a_hearing().opened()
    rows = [Row("plaintiff", spoke_ms=n, passages=(Passage("defendant", n, n + 5),)) for n in (1000, 2000)]
    for row in rows:
        told.script >> Line(None, FileSheet((write(row),)))
    told.closed()
    zero = made(entries(told))["zero"]
    (shown,) = made(entries(told), reader_role="clerk")["sheet"]
    assert (shown["seat"], shown["role"], shown["spoke_ms"]) == ("plaintiff", "plaintiff", 2000)
    assert shown["passages"] == [{"seat": "defendant", "from": 2000 - zero, "to": 2005 - zero}]
    assert made(entries(told), reader_role="plaintiff")["sheet"] == []


def test_parties_read_no_messages_and_no_measurements_of_others() -> None:
    told = a_hearing().opened()
    (
        told.script
        >> by(DEFENDANT, SendMessage(SeatId(""), "a secret"))
        >> by(DEFENDANT, AskHelp("other", "a secret"))
    )
    told.script >> Line(None, FileSheet(("seat=plaintiff",)))
    told.closed()
    for role, sees in (("plaintiff", False), ("clerk", True)):
        events = made(entries(told), reader_role=role)["events"]
        assert ("a secret" in str(events)) is sees
        assert any(event["kind"] == "sheet_filed" for event in events) is sees


def test_the_copy_of_a_screen_is_its_seats_and_says_that_it_is_one() -> None:
    screen = replace(copy("plaintiff~screen.webm", "video"), path="hearings/h-1/copies/plaintiff~screen.webm")
    screen = replace(screen, detail={**screen.detail, "seat": "plaintiff", "source": "screen"})
    own, found = made([], copies=[screen, copy("plaintiff")])["copies"]
    assert (own["id"], own["seat"], own["source"]) == ("plaintiff", "plaintiff", "main")
    assert found["id"] == "plaintiff~screen", "a name of its own: the page keys its tiles by it"
    assert (found["seat"], found["source"], found["kind"]) == ("plaintiff", "screen", "video")
    assert found["url"] == "/media/h-1/plaintiff~screen.webm?signed"


def test_a_screening_outlives_the_hearing() -> None:
    """Neither name nor picture of the one it must not meet; what was said stays, by role (OMR 16, CPLI 114)."""
    told = a_hearing().opened()
    told.script >> by(PRESIDING, ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="threatened"))
    told.closed()
    log, copies = entries(told), [copy("plaintiff"), copy("defendant")]
    theirs = made(log, reader_role="defendant", reader_seat="defendant", copies=copies)
    assert [one["seat"] for one in theirs["copies"]] == ["defendant"]
    assert "陈立" not in repr(theirs["events"])
    others = made(log, reader_role="agent", reader_seat="plaintiff_agent", copies=copies)
    assert [one["seat"] for one in others["copies"]] == ["plaintiff", "defendant"]
    clerk = made(log, reader_seat="clerk", copies=copies)
    assert len(clerk["copies"]) == len(copies)
    assert "陈立" in repr(clerk["events"])
