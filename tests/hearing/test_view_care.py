"""What screens learn of absences, notices, help, messages and incidents; and what they do not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_order as co
from server.hearing import events_care as ev
from server.hearing.commands_rooms import MoveSeats, ScreenOff
from server.hearing.evolve import fold
from server.hearing.ids import SeatId
from server.hearing.refusals import Reason
from server.hearing.state import initial
from server.hearing.state_care import ABSENCES_KEPT, MESSAGES_KEPT, NOTICES_KEPT
from server.hearing.streams import room_stream, stream_of
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import (
    ASSESSOR,
    CAST,
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    JUDGE,
    MEDIATOR,
    OBSERVER,
    PLAINTIFF,
    PRESIDING,
    UNREPRESENTED,
    WITNESS,
)
from tests.hearing.mediations import OURS, THEIRS, in_caucus
from tests.playbook import Line, arrive, by, depart

if TYPE_CHECKING:
    from server.hearing.state import Hearing
    from tests.builders import AHearing

pytestmark = pytest.mark.pure

COURT = SeatId("")


def card(state: Hearing, viewer: SeatId, seat: SeatId) -> Any:
    return next(one for one in view(state, viewer).seats if one.seat == seat)


def test_the_bench_and_the_clerk_see_how_an_absence_stands_the_others_only_the_finding():
    hearing = a_hearing((*UNREPRESENTED, JUDGE, ASSESSOR)).opened()
    hearing.script >> depart(DEFENDANT) >> by(CLERK, cc.PromptAbsent(DEFENDANT))
    hearing.script >> by(CLERK, cc.WarnAbsent(DEFENDANT))
    hearing.script >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "withdrawn", "walked out"))
    for seat in (PRESIDING, JUDGE, CLERK):
        (absence,) = card(hearing.state, seat, DEFENDANT).absences
        assert absence.prompted_at is not None
        assert absence.warned_at is not None
        assert (absence.prompt_shown_at, absence.warn_seen_at) == (None, None)
        assert (absence.verdict, absence.finding, absence.reason) == ("unknown", "withdrawn", "walked out")
    for seat in (PLAINTIFF, OBSERVER):
        seen = card(hearing.state, seat, DEFENDANT)
        assert (seen.finding, seen.absences) == ("withdrawn", ())


def test_the_proof_of_showing_and_seeing_is_on_the_bench_screen():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT) >> by(CLERK, cc.PromptAbsent(DEFENDANT)) >> arrive(DEFENDANT, 2)
    (notice,) = view(hearing.state, DEFENDANT).notices
    assert (notice.kind, notice.seat, notice.seen_at) == ("prompt", DEFENDANT, None)
    assert view(hearing.state, PLAINTIFF).notices == ()
    (
        hearing.script
        >> by(DEFENDANT, cc.ShowNotice(notice.notice))
        >> by(DEFENDANT, cc.SeeNotice(notice.notice))
    )
    assert view(hearing.state, DEFENDANT).notices == ()
    (absence,) = card(hearing.state, PRESIDING, DEFENDANT).absences
    assert absence.prompt_seen_at > absence.prompt_shown_at > absence.prompted_at


def test_the_own_absences_are_not_on_the_own_card():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT) >> arrive(DEFENDANT, 2)
    assert card(hearing.state, DEFENDANT, DEFENDANT).absences == ()


def test_a_witness_in_isolation_writes_with_the_court_and_learns_of_nobody():
    hearing = a_hearing().opened()
    hearing.script >> by(DEFENDANT, cc.SendMessage(COURT, "not for the witness"))
    (
        hearing.script
        >> by(WITNESS, cc.SendMessage(COURT, "hello"))
        >> by(CLERK, cc.SendMessage(WITNESS, "wait"))
    )
    messages = view(hearing.state, WITNESS).messages
    assert [(m.by, m.to, m.text) for m in messages] == [(WITNESS, "", "hello"), ("", WITNESS, "wait")]
    assert CLERK not in str(dataclasses.asdict(view(hearing.state, WITNESS)))


def test_helpers_see_every_conversation_persons_their_own():
    hearing = a_hearing(FULL_BENCH).opened()
    hearing.script >> by(DEFENDANT, cc.SendMessage(COURT, "d")) >> by(PLAINTIFF, cc.SendMessage(COURT, "p"))
    assert [m.text for m in view(hearing.state, CLERK).messages] == ["d", "p"]
    assert [m.text for m in view(hearing.state, PRESIDING).messages] == ["d", "p"]
    assert [m.text for m in view(hearing.state, DEFENDANT).messages] == ["d"]
    assert view(hearing.state, OBSERVER).messages == ()
    assert view(hearing.state, JUDGE).messages == ()


def test_a_technician_sees_messages_before_being_let_in():
    hearing = a_hearing().opened()
    seat = SeatId("technician-1")
    hearing.script >> Line(None, cc.AddTechnician(seat, "person-t", "赵工")) >> arrive(seat)
    hearing.script >> by(DEFENDANT, cc.SendMessage(COURT, "no picture"))
    (message,) = view(hearing.state, seat).messages
    assert (message.by, message.text) == (DEFENDANT, "no picture")
    hearing.script >> by(PRESIDING, co.Remove(seat, "curious"))
    assert view(hearing.state, seat).messages == ()


def test_help_and_trouble_are_shown_to_who_can_help():
    hearing = a_hearing().opened()
    hearing.script >> by(DEFENDANT, cc.AskHelp("interpreter", "粤语")) >> by(DEFENDANT, cc.CannotHear())
    for seat in (PRESIDING, CLERK, DEFENDANT):
        seen = card(hearing.state, seat, DEFENDANT)
        assert (seen.help.kind, seen.help.text) == ("interpreter", "粤语")
        assert seen.cannot_hear_since is not None
    for seat in (PLAINTIFF, OBSERVER):
        seen = card(hearing.state, seat, DEFENDANT)
        assert (seen.help, seen.cannot_hear_since) == (None, None)


def test_incidents_are_for_the_bench_and_the_clerk():
    hearing = a_hearing().opened()
    hearing.script >> Line(None, cc.NoteIncident("tape", "", hearing.script.now, 0, ("reason=disk_full",)))
    assert [i.kind for i in view(hearing.state, CLERK).incidents] == ["tape"]
    for seat in set(CAST) - {PRESIDING, CLERK}:
        assert view(hearing.state, seat).incidents == ()


def test_lists_on_the_screens_are_bounded():
    hearing = a_hearing().opened()
    for n in range(max(ABSENCES_KEPT, NOTICES_KEPT, MESSAGES_KEPT) + 2):
        hearing.script >> depart(DEFENDANT, 2 * n + 1) if n == 0 else hearing.script >> depart(
            DEFENDANT, n + 1
        )
        hearing.script >> by(CLERK, cc.PromptAbsent(DEFENDANT)) >> arrive(DEFENDANT, n + 2)
        hearing.script.after(60_000) >> by(DEFENDANT, cc.SendMessage(COURT, str(n)))
    assert len(card(hearing.state, CLERK, DEFENDANT).absences) == ABSENCES_KEPT
    assert len(view(hearing.state, DEFENDANT).notices) == NOTICES_KEPT
    assert len(view(hearing.state, CLERK).messages) == MESSAGES_KEPT


def test_a_closed_hearing_proposes_nothing():
    hearing = a_hearing().opened()
    hearing.script >> depart(DEFENDANT)
    hearing.script.after(60_000) >> Line(None, c.Tick())
    assert card(hearing.state, CLERK, DEFENDANT).absences[0].proposal == "prompt"
    hearing.closed()
    assert card(hearing.state, CLERK, DEFENDANT).absences[0].proposal == ""


# --- in a caucus ---


def told(hearing: AHearing) -> dict[SeatId, tuple[str, ...]]:
    return {
        seat: tuple(m.text for m in view(hearing.state, seat).messages)
        for seat in (PLAINTIFF, DEFENDANT, MEDIATOR, CLERK)
        if seat in hearing.state.seats
    }


def test_a_word_of_a_caucus_stays_in_the_caucus():
    hearing = in_caucus(OURS)
    hearing.script >> by(PLAINTIFF, cc.SendMessage(COURT, "our last offer"))
    hearing.script << ev.MessageSent(f"{OURS}-plaintiff-1", PLAINTIFF, "", "our last offer", OURS)
    assert stream_of(hearing.state.hearing, hearing.log[-1][0]) == room_stream(hearing.state.hearing, OURS)
    hearing.script >> by(DEFENDANT, cc.SendMessage(COURT, "how long?"))
    seen = told(hearing)
    assert seen[PLAINTIFF] == ("our last offer",)
    assert seen[MEDIATOR] == ("our last offer", "how long?")
    assert seen[DEFENDANT] == ("how long?",)
    assert "our last offer" not in seen.get(CLERK, ())
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR, PLAINTIFF), "main"))
    assert not any("our last offer" in texts for texts in told(hearing).values())


def test_who_asks_for_help_in_a_caucus_says_no_more_than_that():
    hearing = in_caucus(OURS)
    hearing.script >> by(PLAINTIFF, cc.AskHelp("other", "our last offer is 5000"))
    hearing.script << ev.HelpAsked(PLAINTIFF, "other", "")


def test_nobody_writes_into_a_caucus_from_outside():
    hearing = in_caucus(THEIRS)
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR,), "main"))
    hearing.script >> by(MEDIATOR, cc.SendMessage(DEFENDANT, "psst")) << Reason.MESSAGE_INTO_CAUCUS


def test_the_streams_of_a_hearing_can_be_read_one_after_the_other():
    hearing = in_caucus(OURS)
    hearing.script >> by(PLAINTIFF, cc.SendMessage(COURT, "our last offer"))
    hearing.script >> by(DEFENDANT, cc.SendMessage(COURT, "how long?"))
    hearing.script >> by(MEDIATOR, cc.SendMessage(PLAINTIFF, "noted"))
    name = hearing.state.hearing
    log = sorted(hearing.log, key=lambda one: stream_of(name, one[0]) != name)  # the main one first
    assert fold(initial(), log) == hearing.state


def test_no_written_word_goes_across_a_screening():
    hearing = a_hearing().opened()
    hearing.script >> by(PLAINTIFF, cc.SendMessage(COURT, "to the court"))
    hearing.script >> by(PRESIDING, ScreenOff(CLERK, PLAINTIFF, on=True, reason="a cousin"))
    assert view(hearing.state, CLERK).messages == ()
    assert [one.text for one in view(hearing.state, PRESIDING).messages] == ["to the court"]
    hearing.script >> by(CLERK, cc.SendMessage(PLAINTIFF, "an answer")) << Reason.SCREENED_APART
