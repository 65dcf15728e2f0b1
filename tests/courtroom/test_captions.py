"""Who gets which caption: only who could read the speaker when it was said, and nothing once sent out."""

from __future__ import annotations

import pytest

from server.courtroom.captions import Captions
from server.courtroom.ports import Spoken
from server.hearing import commands as c
from server.hearing.commands_order import Remove
from server.hearing.commands_rooms import MoveSeats, ScreenOff
from server.hearing.ids import Instant, SeatId
from server.hearing.procedure import DELIBERATION
from tests.builders import AHearing, a_hearing
from tests.cast import (
    CAST,
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    MEDIATION,
    MEDIATOR,
    OBSERVER,
    PLAINTIFF,
    PRESIDING,
    WITNESS,
)
from tests.hearing.mediations import OURS, PLAINTIFFS, accepted, agreed
from tests.playbook import by, depart

pytestmark = pytest.mark.pure

COURT = {seat for seat in CAST if seat != WITNESS}


class Court:
    """A hearing and its captions, moving together."""

    def __init__(self, told: AHearing, kept: int = 10) -> None:
        self.told = told
        self.captions = Captions(kept)
        self.captions.follow(told.state, told.script.now)

    @property
    def now(self) -> Instant:
        return self.told.script.now

    def do(self, seat: SeatId, command: c.Command) -> None:
        self.told.script >> by(seat, command)
        self.captions.follow(self.told.state, self.now)

    def say(
        self, seat: SeatId, text: str, *, at: int | None = None, final: bool = True, id_: str = ""
    ) -> set[SeatId]:
        t0 = self.now if at is None else at
        spoken = Spoken(id_ or text, seat, t0, t0 + 500, text, "", final)
        return {reader for reader, _ in self.captions.deliver(self.told.state, spoken)}


def test_all_in_court_read_and_the_isolated_witness_does_not() -> None:
    court = Court(a_hearing().opened())
    assert court.say(PRESIDING, "现在开庭") == COURT


def test_a_caption_says_who_spoke_and_is_numbered_for_each_reader() -> None:
    court = Court(a_hearing().opened())
    spoken = Spoken("u1", PRESIDING, court.now, court.now + 900, "现在", "开庭", False)
    first = dict(court.captions.deliver(court.told.state, spoken))
    assert first[CLERK].n == 1
    assert (first[CLERK].seat, first[CLERK].role, first[CLERK].name) == ("presiding", "presiding", "林静")
    assert (first[CLERK].settled, first[CLERK].pending, first[CLERK].final) == ("现在", "开庭", False)
    second = dict(court.captions.deliver(court.told.state, spoken))
    assert {caption.n for caption in second.values()} == {2}


def test_a_witness_called_in_the_middle_of_a_sentence_gets_nothing_of_it() -> None:
    court = Court(a_hearing().opened())
    begun = court.now
    assert WITNESS not in court.say(PRESIDING, "请", at=begun, final=False, id_="u1")
    court.do(PRESIDING, c.CallWitness(WITNESS))
    assert WITNESS not in court.say(PRESIDING, "请证人到庭", at=begun, id_="u1")
    assert WITNESS not in court.say(CLERK, "said before, recognised late", at=begun)
    assert WITNESS in court.say(PRESIDING, "请说明身份")
    assert [caption.settled for caption in court.captions.history(court.told.state, WITNESS)] == [
        "请说明身份"
    ]


def test_a_witness_sent_out_in_the_middle_of_a_sentence_gets_no_more_of_it() -> None:
    court = Court(a_hearing().opened().with_witness())
    begun = court.now
    assert WITNESS in court.say(DEFENDANT, "a", at=begun, final=False, id_="u1")
    court.do(PRESIDING, c.DismissWitness(WITNESS))
    assert WITNESS not in court.say(DEFENDANT, "ab", at=begun, final=False, id_="u1")
    assert WITNESS not in court.say(CLERK, "said before, recognised late", at=begun)
    court.do(PRESIDING, c.CallWitness(WITNESS))
    assert court.say(DEFENDANT, "abc", at=begun, id_="u1") == COURT, "nor when called again"


def test_a_witness_gets_its_own_last_words_after_being_sent_out() -> None:
    court = Court(a_hearing().opened().with_witness())
    begun = court.now
    court.say(WITNESS, "w", at=begun, final=False, id_="u1")
    court.do(PRESIDING, c.DismissWitness(WITNESS))
    assert court.say(WITNESS, "words", at=begun, id_="u1") == {*COURT, WITNESS}


def test_words_said_before_a_recess_come_through_in_it() -> None:
    court = Court(a_hearing().opened())
    begun = court.now
    court.do(PRESIDING, c.Recess("noon"))
    assert court.say(PRESIDING, "现在休庭", at=begun) == COURT


def test_words_said_in_a_recess_reach_nobody_else() -> None:
    court = Court(a_hearing().opened().recessed())
    court.do(PRESIDING, c.MuteAndLock(DEFENDANT, "x"))
    assert court.say(PRESIDING, "合议") == {PRESIDING}
    court.do(PRESIDING, c.Resume())
    assert court.say(PRESIDING, "said in the recess", at=court.now - 1) == {PRESIDING}


def test_what_the_bench_says_in_deliberation_is_nobody_elses() -> None:
    court = Court(a_hearing(FULL_BENCH).opened())
    court.do(PRESIDING, c.GoToStage(DELIBERATION, "test"))
    readers = court.say(PRESIDING, "秘密")
    assert readers == {SeatId("presiding"), SeatId("judge"), SeatId("assessor")}


def test_who_came_back_from_a_cut_goes_on_reading() -> None:
    court = Court(a_hearing().opened())
    begun = court.now
    court.say(PRESIDING, "一", at=begun, final=False, id_="u1")
    court.told.script >> depart(PLAINTIFF)
    court.captions.follow(court.told.state, court.now)
    assert PLAINTIFF in court.say(PRESIDING, "一二", at=begun, id_="u1"), "kept for the reload"
    assert PLAINTIFF not in court.say(PRESIDING, "said while it was away")


def test_history_is_the_last_finals_oldest_first() -> None:
    court = Court(a_hearing().opened(), kept=2)
    for number in range(3):
        court.say(PRESIDING, f"u{number}", final=False)
        court.say(PRESIDING, f"u{number}")
    assert [caption.settled for caption in court.captions.history(court.told.state, OBSERVER)] == ["u1", "u2"]
    assert court.captions.history(court.told.state, WITNESS) == ()


def test_words_of_an_unknown_seat_are_dropped() -> None:
    court = Court(a_hearing().opened())
    assert court.say(SeatId("nobody"), "x") == set()


def test_unfinished_utterances_are_bounded() -> None:
    court = Court(a_hearing().opened())
    for number in range(300):
        assert court.say(PRESIDING, "x", final=False, id_=f"u{number}") == COURT
    assert len(court.captions._readers) == len(court.captions._speakers) == 64
    assert court.say(PRESIDING, "y", id_="u0") == COURT, "a forgotten one is judged anew"


def test_who_goes_aside_in_the_middle_of_a_sentence_gets_no_more_of_it() -> None:
    court = Court(agreed(accepted(), *MEDIATION))
    begun = court.now
    assert PLAINTIFF in court.say(DEFENDANT, "a", at=begun, final=False, id_="u1")
    court.do(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), OURS))
    assert not {MEDIATOR, *PLAINTIFFS} & court.say(DEFENDANT, "and our limit is", at=begun, id_="u1")
    assert PLAINTIFF not in court.say(DEFENDANT, "begun before, first word late", at=begun)


def test_after_a_screening_nothing_of_the_other_is_read_not_even_after_a_reload() -> None:
    court = Court(a_hearing().opened())
    begun = court.now
    court.say(PLAINTIFF, "before", at=begun)
    assert DEFENDANT in court.say(PLAINTIFF, "a", at=begun, final=False, id_="u1")
    court.do(PRESIDING, ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"))
    assert DEFENDANT not in court.say(PLAINTIFF, "ab", at=begun, id_="u1")
    assert court.captions.history(court.told.state, DEFENDANT) == ()


def test_whom_the_court_removed_gets_no_words_back() -> None:
    court = Court(a_hearing().opened())
    court.say(PRESIDING, "heard")
    court.do(PRESIDING, Remove(DEFENDANT, "shouting"))
    assert court.captions.history(court.told.state, DEFENDANT) == ()
