"""A log becomes the composite's timeline: who was in the courtroom, what was shown, and nothing of rooms apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recording.composite.plan import scenes
from server.courtroom.ports import Entry
from server.film import pages_shown, timeline
from server.gateway.record import session_of
from server.hearing import commands_exhibits as cx
from server.hearing import commands_order as co
from server.hearing import commands_rooms as cr
from server.hearing.commands import TapeState
from server.hearing.rooms import DELIBERATION
from server.store.cases import Case, HearingFile, HearingRow, SeatRow
from server.store.codec import EventCodec
from server.store.results import UtteranceRow
from tests.builders import a_hearing
from tests.cast import (
    CAST,
    CLERK,
    DEFENDANT,
    JUDGE,
    NAMES,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    ROLES,
    WITNESS,
)
from tests.playbook import by, depart, tape

if TYPE_CHECKING:
    from recording.composite.plan import Timeline
    from tests.builders import AHearing

pytestmark = pytest.mark.pure

CODEC = EventCodec()
CONTRACT = cx.OfferExhibit("x1", "购销合同", "pdf", 3, "a" * 64, 9000)


def entries_of(told: AHearing) -> list[Entry]:
    new = [CODEC.to_entry(event, at, "presiding", "c1-presiding") for event, at in told.log]
    return [
        Entry("h-1", n, x.at_ms, x.actor_seat, x.actor_connection, x.kind, x.version, x.body, "", "")
        for n, x in enumerate(new, 1)
    ]


def timeline_of(
    told: AHearing, *lines: UtteranceRow, stills: dict[tuple[str, int], str] | None = None
) -> Timeline:
    seats = {seat: told.state.seats[seat] for seat in told.state.seats}
    rows = tuple(
        SeatRow(seat, one.role.value, one.side.value, f"person-{seat}", NAMES[seat])
        for seat, one in seats.items()
    )
    file = HearingFile(
        Case("case-1", "（2026）1号", "买卖合同纠纷", "天河法院", "civil_ordinary", 1),
        HearingRow("h-1", "case-1", True, "civil_ordinary", 1_000, 1),
        rows,
    )
    entries = entries_of(told)
    session = session_of(entries)
    return timeline(file, entries, CODEC, lines, (session["opened_at"], session["closed_at"]), stills)


def here(found: Timeline, label: str) -> int:
    """For how long somebody was in the courtroom, in milliseconds."""
    person = next(one for one in found.people if one.label == label)
    return sum(span.end_ms - span.start_ms for span in person.here)


def test_what_was_shown_is_shown_page_by_page_and_screens_by_their_label() -> None:
    told = a_hearing().opened().in_stage("investigation")
    told.script >> by(PLAINTIFF, CONTRACT) >> by(CLERK, cx.PermitPresenting(DEFENDANT, on=True))
    told.with_floor(PLAINTIFF).script >> by(PLAINTIFF, cx.PresentExhibit("x1"))
    told.script >> by(PLAINTIFF, cx.TurnPage(2, 150, 1, 1)) >> by(PLAINTIFF, cx.TurnPage(2, 200, 5, 5))
    told.script >> by(PLAINTIFF, cx.StopShowing())
    told.script >> by(DEFENDANT, cx.ShowSource("screen", DEFENDANT)) >> depart(DEFENDANT)
    found = timeline_of(told.closed(), stills={("x1", 2): "page-2.webp"})
    first, second, screen = found.exhibits
    assert (first.caption, first.still) == ("出示证据：购销合同 第1页 p. 1", "")
    assert (second.caption, second.still) == ("出示证据：购销合同 第2页 p. 2", "page-2.webp")
    assert first.span.end_ms == second.span.start_ms
    assert (screen.label, screen.still) == ("defendant~screen", "")
    assert screen.caption == "被告 吴强  共享画面 Shared screen"
    assert screen.span.end_ms < found.duration_ms, "with who showed it, what is shown goes"
    assert pages_shown(entries_of(told)) == [("x1", 1), ("x1", 2)]


def test_the_light_of_the_bench_is_followed_and_goes_out() -> None:
    told = a_hearing().opened()
    (
        told.script
        >> by(PRESIDING, co.SetLayout("speaker", DEFENDANT))
        >> by(PRESIDING, co.SetLayout("speaker", CLERK))
    )
    told.script >> by(PRESIDING, co.SetLayout("grid", type(CLERK)("")))
    found = timeline_of(told.closed())
    assert [mark.text for mark in found.lights] == ["defendant", "clerk", ""]


def test_who_waits_is_isolated_or_apart_is_not_to_be_seen() -> None:
    told = a_hearing((*CAST, JUDGE)).opened().in_stage("deliberation")
    told.script.after(5_000)
    told.script >> by(PRESIDING, cr.MoveSeats((PRESIDING, JUDGE), DELIBERATION))
    told.script.after(30_000)
    told.script >> by(PRESIDING, cr.MoveSeats((PRESIDING, JUDGE), "main"))
    told.resumed().with_witness().script.after(7_000)
    found = timeline_of(told.closed())
    labels = [person.label for person in found.people]
    assert labels[:2] == ["presiding", "judge"]
    assert OBSERVER not in labels, "the public is not recorded"
    assert 7_000 <= here(found, WITNESS) <= 9_000, "from the call on, and not before"
    assert here(found, PRESIDING) <= found.duration_ms - 30_000, "a deliberation is in no film"
    assert here(found, PRESIDING) > here(found, WITNESS)


def test_a_recess_has_a_card_and_a_fault_a_line() -> None:
    told = a_hearing().opened().recessed()
    told.script >> tape(TapeState.PAUSED, "recess")
    told.resumed().script >> tape(TapeState.ROLLING) >> tape(TapeState.FAULTED, "disk_full")
    told.script >> tape(TapeState.ROLLING)
    found = timeline_of(told.closed())
    texts = {(notice.text.partition("\n")[0], notice.covers) for notice in found.notices}
    assert texts == {("休庭", True), ("录制设备故障 Recording fault", False)}
    cards = [scene for scene in scenes(found, {}) if scene.notice]
    assert cards
    assert all(not scene.tiles for scene in cards)


def test_people_are_called_what_they_are_here() -> None:
    found = timeline_of(a_hearing().opened().closed())
    roles = {person.label: person.role for person in found.people}
    assert roles[PLAINTIFF_AGENT] == "原告诉讼代理人"
    assert roles[PRESIDING] == "审判员", "who sits alone presides over nobody"
    panel = timeline_of(a_hearing((*CAST, JUDGE)).opened().closed())
    assert {p.label: p.role for p in panel.people}[PRESIDING] == "审判长"
    assert ROLES[OBSERVER].value == "observer"


def test_lines_are_captions_with_who_says_them() -> None:
    told = a_hearing().opened().closed()
    opened = session_of(entries_of(told))["opened_at"]
    said = UtteranceRow("u1", "plaintiff", opened - 200, opened + 900, "请求判令被告付款。")
    of_nobody = UtteranceRow("u2", "observer", opened, opened + 900, "……")
    (cue,) = timeline_of(told, said, of_nobody).cues
    assert (cue.span.start_ms, cue.span.end_ms, cue.voice) == (0, 900, "原告 陈立")
