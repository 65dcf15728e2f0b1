"""Was everyone heard? What each seat said, and what it missed of the others while it was entitled to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.courtroom.heard import JOIN_MS, LOSS_UNHEARD, OVERLAP_MS, STEP_MS_MAX, Heard
from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing.ids import Instant
from server.hearing.sheet import PASSAGES_MAX, Passage, write
from tests.builders import a_hearing
from tests.cast import CAST, CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS
from tests.playbook import arrive, by, depart

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.sheet import Row
    from tests.builders import AHearing
    from tests.playbook import Line

pytestmark = pytest.mark.pure

ALL = frozenset(CAST)
SECOND = 1000


class Day:
    """An open court and its sheet; time passes when told to, a second at a time."""

    def __init__(self, hearing: AHearing | None = None, rows: tuple[str, ...] = ()) -> None:
        self.hearing = hearing or a_hearing().opened().with_floor(PLAINTIFF)
        self.heard = Heard(rows)
        self.now = Instant(self.hearing.script.now)
        self.heard.follow(self.hearing.state, self.now)
        self.heard.reached(ALL, self.now)

    def passes(self, seconds: int) -> Day:
        for _ in range(seconds):
            self.now = Instant(self.now + SECOND)
            self.heard.losses(self.heard._losses, self.now)
        return self

    def says(self, *seats: SeatId) -> Day:
        self.heard.speaking(seats, self.now)
        return self

    def reaches(self, seats: frozenset[SeatId]) -> Day:
        self.heard.reached(seats, self.now)
        return self

    def does(self, *lines: Line) -> Day:
        for line in lines:
            self.hearing.script >> line
        self.heard.follow(self.hearing.state, self.now)
        return self

    def row(self, seat: SeatId) -> Row:
        return next(row for row in self.heard.rows(self.now) if row.seat == seat)


def test_speaking_time_is_counted_and_who_hears_misses_nothing():
    day = Day().says(PLAINTIFF).passes(7).says().passes(3)
    assert day.row(PLAINTIFF).spoke_ms == 7 * SECOND
    assert {row.missed_ms for row in day.heard.rows(day.now)} == {0}


def test_who_has_no_media_transport_misses_what_is_said():
    day = Day().says(PLAINTIFF).passes(2)
    began = day.now
    day.reaches(ALL - {DEFENDANT}).passes(4).reaches(ALL).passes(5)
    assert day.row(DEFENDANT).missed_ms == 4 * SECOND
    assert day.row(DEFENDANT).passages == (Passage(PLAINTIFF, began, began + 4 * SECOND),)
    assert day.row(CLERK).missed_ms == 0
    assert day.row(PLAINTIFF).missed_ms == 0  # nobody misses himself


def test_a_lost_party_misses_what_it_was_entitled_to_hear():
    day = Day().says(PLAINTIFF).does(depart(DEFENDANT)).passes(5)
    assert (day.row(DEFENDANT).missed_ms, day.row(DEFENDANT).lost_ms) == (5 * SECOND, 5 * SECOND)
    day.does(arrive(DEFENDANT, 2)).passes(5)
    assert (day.row(DEFENDANT).missed_ms, day.row(DEFENDANT).lost_ms) == (5 * SECOND, 5 * SECOND)


def test_who_left_by_the_own_button_misses_nothing():
    day = Day().says(PLAINTIFF).does(by(DEFENDANT, c.Leave())).passes(5)
    assert day.row(DEFENDANT).missed_ms == 0


def test_an_isolated_witness_misses_nothing_lost_or_not():
    day = Day().says(PLAINTIFF).reaches(ALL - {WITNESS}).passes(3).does(depart(WITNESS)).passes(3)
    assert day.row(WITNESS).missed_ms == 0
    assert day.row(WITNESS).passages == ()


def test_loss_counts_by_its_share_and_is_a_passage_only_where_nothing_is_understood():
    day = Day().says(PLAINTIFF)
    day.heard.losses({DEFENDANT: 0.25}, day.now)
    day.passes(8)
    assert (day.row(DEFENDANT).missed_ms, day.row(DEFENDANT).passages) == (2 * SECOND, ())
    day.heard.losses({DEFENDANT: LOSS_UNHEARD}, day.now)
    day.passes(2)
    assert day.row(DEFENDANT).missed_ms == 3 * SECOND
    assert len(day.row(DEFENDANT).passages) == 1


def test_only_effective_speech_counts():
    day = Day().says(DEFENDANT).reaches(ALL - {PLAINTIFF}).passes(4)  # has no floor
    assert (day.row(DEFENDANT).spoke_ms, day.row(PLAINTIFF).missed_ms) == (0, 0)
    day.does(by(PRESIDING, c.MuteAndLock(PLAINTIFF, "x"))).says(PLAINTIFF).passes(4)
    assert day.row(PLAINTIFF).spoke_ms == 0


def test_a_recess_leaves_no_trace():
    day = Day(a_hearing().opened().recessed()).says(PRESIDING, CLERK).reaches(frozenset()).passes(5)
    assert {(row.spoke_ms, row.missed_ms, row.lost_ms) for row in day.heard.rows(day.now)} == {(0, 0, 0)}


def test_short_pauses_do_not_cut_a_passage_a_change_of_the_rooms_does():
    day = Day().reaches(ALL - {DEFENDANT})
    for _ in range(2):
        day.says(PLAINTIFF).passes(2).says().passes(JOIN_MS // SECOND)
    assert len(day.row(DEFENDANT).passages) == 1
    day.passes(1).says(PLAINTIFF).passes(2).says()
    assert len(day.row(DEFENDANT).passages) == 2
    day.does(by(PRESIDING, c.Recess("noon"))).does(by(PRESIDING, c.Resume()))
    day.does(by(PRESIDING, c.GrantFloor(PLAINTIFF)))
    day.passes(1).says(PLAINTIFF).passes(2)
    assert len(day.row(DEFENDANT).passages) == 3


def test_passages_are_bounded_the_count_goes_on():
    day = Day().reaches(ALL - {DEFENDANT})
    for _ in range(PASSAGES_MAX + 3):
        day.says(PLAINTIFF).passes(1).says().passes(3)
    assert len(day.row(DEFENDANT).passages) == PASSAGES_MAX
    assert day.row(DEFENDANT).missed_ms == (PASSAGES_MAX + 3) * SECOND


def test_a_voice_that_breaks_in_interrupts_once():
    day = Day().says(PLAINTIFF).passes(3).says(PLAINTIFF, PRESIDING).passes(OVERLAP_MS // SECOND + 2)
    assert (day.row(PLAINTIFF).interrupted, day.row(PRESIDING).interrupted) == (1, 0)
    day.says(PLAINTIFF).passes(1).says(PLAINTIFF, CLERK).passes(2)
    assert day.row(PLAINTIFF).interrupted == 2
    day.heard.interrupted([PLAINTIFF])  # by the bench's own command
    assert day.row(PLAINTIFF).interrupted == 3


def test_presses_and_the_wait_for_an_answer():
    day = Day().does(by(DEFENDANT, cc.CannotHear()), by(CLERK, cc.AnswerCannotHear(DEFENDANT)))
    assert (day.row(DEFENDANT).cannot_hear, day.row(DEFENDANT).answered_ms) == (1, SECOND)


def test_a_press_that_nobody_answers_waits_to_the_end():
    day = Day().does(by(DEFENDANT, cc.CannotHear()))
    day.passes(60)
    assert day.row(DEFENDANT).answered_ms >= 59 * SECOND


def test_only_who_may_speak_has_a_row():
    assert {row.seat for row in Day().heard.rows(Instant(0))} == set(CAST) - {OBSERVER}


def test_it_goes_on_from_what_was_filed():
    day = Day().says(PLAINTIFF).reaches(ALL - {DEFENDANT}).passes(4)
    day.says(PLAINTIFF, PRESIDING).passes(3)
    filed = tuple(write(row) for row in day.heard.rows(day.now))
    again = Day(rows=filed)
    assert again.heard.rows(again.now) == day.heard.rows(day.now)
    again.says(PLAINTIFF).passes(1)
    assert again.row(PLAINTIFF).spoke_ms == 8 * SECOND
    assert again.row(PLAINTIFF).interrupted == 1


def test_a_clock_that_jumps_counts_for_nothing():
    day = Day().says(PLAINTIFF)
    day.now = Instant(day.now + STEP_MS_MAX + 1)
    assert day.row(PLAINTIFF).spoke_ms == 0
    day.now = Instant(day.now - 5_000)
    assert day.row(PLAINTIFF).spoke_ms == 0


def test_a_passage_is_missed_as_a_whole_or_not():
    day = Day().says(PLAINTIFF).reaches(ALL - {DEFENDANT}).passes(4).reaches(ALL)
    (p,) = day.row(DEFENDANT).passages
    assert day.heard.missed(DEFENDANT, PLAINTIFF, p.t0, p.t1)
    assert day.heard.missed(DEFENDANT, PLAINTIFF, p.t0 + 500, p.t1 - 500)
    assert not day.heard.missed(DEFENDANT, PLAINTIFF, p.t0 - 1, p.t1)
    assert not day.heard.missed(DEFENDANT, PLAINTIFF, p.t0, p.t1 + 1)
    assert not day.heard.missed(DEFENDANT, CLERK, p.t0, p.t1)
    assert not day.heard.missed(CLERK, PLAINTIFF, p.t0, p.t1)
