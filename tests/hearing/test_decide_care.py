"""Help, messages, notices, incidents, and what the house observes."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import events_care as ev
from server.hearing.decide_care import HELP_EVERY_MS, HELP_KINDS, MESSAGES_A_MINUTE, TECHNICIANS_MAX
from server.hearing.ids import Instant, PersonId, SeatId
from server.hearing.incidents import KINDS, NOTES_MAX
from server.hearing.refusals import InvariantBroken, Reason
from server.hearing.seats import Role
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS
from tests.playbook import Line, arrive, by, depart

pytestmark = pytest.mark.pure

COURT = SeatId("")


def house(command: c.Command) -> Line:
    return Line(None, command)


# --- notices ---


def test_a_notice_is_shown_once_and_seen_once():
    script = a_hearing().opened().script
    script >> depart(DEFENDANT) >> by(PRESIDING, cc.PromptAbsent(DEFENDANT)) >> arrive(DEFENDANT, 2)
    show = by(DEFENDANT, cc.ShowNotice("defendant-1"))
    script >> show << ev.NoticeShown(DEFENDANT, "defendant-1")
    script >> show << ()
    script >> by(DEFENDANT, cc.SeeNotice("defendant-1")) << ev.NoticeSeen(DEFENDANT, "defendant-1")
    script >> by(DEFENDANT, cc.SeeNotice("defendant-1")) << ()


def test_nobody_sees_another_ones_notice():
    script = a_hearing().opened().script
    script >> depart(DEFENDANT) >> by(PRESIDING, cc.PromptAbsent(DEFENDANT))
    script >> by(PLAINTIFF, cc.SeeNotice("defendant-1")) << Reason.NOTICE_UNKNOWN
    script >> by(PLAINTIFF, cc.ShowNotice("defendant-1")) << ()


def test_being_locked_is_a_notice_to_the_seat():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, c.MuteAndLock(DEFENDANT, "shouting"))
    (notice,) = hearing.state.attendance[DEFENDANT].care.notices
    assert (notice.kind, notice.text) == ("mute", "shouting")


# --- I can't hear ---


def test_whoever_is_in_the_room_may_say_that_it_can_not_hear():
    script = a_hearing().opened().script
    script >> by(OBSERVER, cc.CannotHear()) << ev.HearingTroubled(OBSERVER)
    script >> by(DEFENDANT, cc.CannotHear()) << ev.HearingTroubled(DEFENDANT)
    script >> by(DEFENDANT, cc.CannotHear()) << ()
    script >> by(DEFENDANT, cc.HearAgain()) << ev.HearingRestored(DEFENDANT, answered=False)
    script >> by(DEFENDANT, cc.HearAgain()) << ()
    script >> by(WITNESS, cc.CannotHear()) << Reason.WITNESS_ISOLATED


def test_the_court_answers_and_the_wait_is_counted():
    hearing = a_hearing().opened()
    hearing.script >> by(DEFENDANT, cc.CannotHear())
    hearing.script >> by(PLAINTIFF, cc.AnswerCannotHear(DEFENDANT)) << Reason.HELPERS_ONLY
    hearing.script.after(8_000) >> by(CLERK, cc.AnswerCannotHear(DEFENDANT))
    hearing.script << ev.HearingRestored(DEFENDANT, answered=True)
    hearing.script >> by(CLERK, cc.AnswerCannotHear(DEFENDANT)) << Reason.NOTHING_ASKED
    care = hearing.state.attendance[DEFENDANT].care
    assert (care.troubles, care.waited_ms, care.troubled_since) == (1, 10_000, None)


# --- help ---


@pytest.mark.parametrize("kind", HELP_KINDS)
def test_help_is_asked_from_everywhere_and_answered_by_helpers(kind):
    script = a_hearing().opened().script
    script >> by(WITNESS, cc.AskHelp(kind, " no sound ")) << ev.HelpAsked(WITNESS, kind, "no sound")
    script >> by(WITNESS, cc.AskHelp(kind, "no sound")) << ()
    script >> by(PLAINTIFF, cc.AnswerHelp(WITNESS)) << Reason.HELPERS_ONLY
    script >> by(CLERK, cc.AnswerHelp(WITNESS)) << ev.HelpAnswered(WITNESS)
    script >> by(CLERK, cc.AnswerHelp(WITNESS)) << Reason.NOTHING_ASKED


def test_who_asked_for_help_may_take_it_back():
    script = a_hearing().opened().script
    script >> by(DEFENDANT, cc.AskHelp("other")) >> by(DEFENDANT, cc.AnswerHelp(DEFENDANT))
    script << ev.HelpAnswered(DEFENDANT)


def test_a_call_for_help_is_not_changed_all_the_time():
    script = a_hearing().opened().script
    script >> by(DEFENDANT, cc.AskHelp("dinner")) << Reason.HELP_UNKNOWN
    script >> by(DEFENDANT, cc.AskHelp("other", "1"))
    script >> by(DEFENDANT, cc.AskHelp("other", "2")) << Reason.TOO_OFTEN
    script.after(HELP_EVERY_MS) >> by(DEFENDANT, cc.AskHelp("other", "2"))
    script << ev.HelpAsked(DEFENDANT, "other", "2")


# --- messages ---


def test_people_write_to_the_court_and_the_court_to_people():
    """Numbered within each conversation: a witness does not learn by the number how much others have written (OLR 26)."""
    script = a_hearing().opened().script
    script >> by(DEFENDANT, cc.SendMessage(COURT, " my microphone "))
    script << ev.MessageSent("main-defendant-1", DEFENDANT, "", "my microphone", "main")
    script >> by(CLERK, cc.SendMessage(DEFENDANT, "please wait"))
    script << ev.MessageSent("main-defendant-2", CLERK, DEFENDANT, "please wait", "main")
    script >> by(WITNESS, cc.SendMessage(COURT, "when is it my turn?"))
    script << ev.MessageSent("main-witness-1", WITNESS, "", "when is it my turn?", "main")


@pytest.mark.parametrize(
    ("seat", "message", "no"),
    [
        (DEFENDANT, cc.SendMessage(PLAINTIFF, "settle?"), Reason.MESSAGE_TO_COURT_ONLY),
        (DEFENDANT, cc.SendMessage(CLERK, "psst"), Reason.MESSAGE_TO_COURT_ONLY),
        (WITNESS, cc.SendMessage(PLAINTIFF, "what do I say?"), Reason.MESSAGE_TO_COURT_ONLY),
        (DEFENDANT, cc.SendMessage(COURT, " "), Reason.MESSAGE_EMPTY),
        (CLERK, cc.SendMessage(COURT, "hm"), Reason.SEAT_UNKNOWN),
        (CLERK, cc.SendMessage(PRESIDING, "hm"), Reason.MESSAGE_TO_PERSON_ONLY),
        (CLERK, cc.SendMessage(CLERK, "hm"), Reason.MESSAGE_TO_PERSON_ONLY),
    ],
)
def test_no_other_message_is_carried(seat, message, no):
    a_hearing().opened().script >> by(seat, message) << no


def test_messages_are_bounded_in_a_minute():
    script = a_hearing().opened().script
    for n in range(MESSAGES_A_MINUTE):
        script >> by(DEFENDANT, cc.SendMessage(COURT, str(n)))
    script >> by(DEFENDANT, cc.SendMessage(COURT, "more")) << Reason.TOO_OFTEN
    script >> by(PLAINTIFF, cc.SendMessage(COURT, "another person is not held up"))
    script.after(60_000) >> by(DEFENDANT, cc.SendMessage(COURT, "more"))
    script << ev.MessageSent(f"main-defendant-{MESSAGES_A_MINUTE + 1}", DEFENDANT, "", "more", "main")


# --- incidents ---


def test_a_fault_is_noted_once_ended_once_and_signed_by_the_presiding_seat():
    hearing = a_hearing().opened()
    script, at = hearing.script, int(hearing.script.now)
    note = cc.NoteIncident("tape", "", at, 0, ("reason=disk_full",))
    sign = cc.SignIncident("i1", "disk changed")
    script >> house(note) << ev.IncidentNoted("i1", "tape", "", Instant(at), None, ("reason=disk_full",))
    script >> house(note) << ()
    script >> house(cc.NoteIncident("tape", "", at + 900, 0, ("reason=io_error",))) << ()
    script >> by(PRESIDING, sign) << Reason.INCIDENT_GOES_ON
    script >> house(cc.NoteIncident("tape", "", at, at + 5_000, ("reason=disk_full",)))
    script << ev.IncidentEnded("i1", Instant(at + 5_000), ("reason=disk_full",))
    script >> house(cc.NoteIncident("tape", "", at, at + 6_000, ())) << ()
    script >> by(CLERK, sign) << Reason.NOT_PRESIDING
    script >> by(PRESIDING, cc.SignIncident("i9")) << Reason.INCIDENT_UNKNOWN
    script >> by(PRESIDING, sign) << ev.IncidentSigned("i1", "disk changed")
    script >> by(PRESIDING, sign) << Reason.INCIDENT_SIGNED


def test_an_incident_is_signed_also_after_the_close():
    hearing = a_hearing().opened()
    hearing.script >> house(cc.NoteIncident("network", DEFENDANT, hearing.script.now, 0, ()))
    hearing.closed()
    hearing.script >> by(PRESIDING, cc.SignIncident("i1")) << ev.IncidentSigned("i1", "")


def test_incidents_are_bounded_and_nobodys_switch_hides_another_fault():
    """A device that fails and works all the time leaves room for a note of the tape (AVR 4)."""
    hearing = a_hearing().opened()
    for n in range(NOTES_MAX["device"] + 3):
        hearing.script >> house(cc.NoteIncident("device", DEFENDANT, n + 1, n + 2, ()))
    assert len(hearing.state.care.incidents) == NOTES_MAX["device"]
    hearing.script >> house(cc.NoteIncident("device", PLAINTIFF, 1, 2, ()))
    hearing.script >> house(cc.NoteIncident("tape", "", 1, 2, ()))
    assert [one.kind for one in hearing.state.care.incidents][-2:] == ["device", "tape"]


def test_kinds_are_a_closed_list():
    assert KINDS == ("tape", "network", "device", "server")
    with pytest.raises(InvariantBroken):
        a_hearing().opened().script >> house(cc.NoteIncident("ghost", "", 1, 0, ()))


# --- the sheet, the technician ---


def test_the_same_sheet_is_filed_once():
    script = a_hearing().opened().closed().script
    script >> house(cc.FileSheet(("seat=defendant",))) << ev.SheetFiled(("seat=defendant",))
    script >> house(cc.FileSheet(("seat=defendant",))) << ()


def test_a_technician_gets_a_seat_helps_and_is_never_heard():
    hearing = a_hearing().opened()
    seat = SeatId("technician-1")
    hearing.script >> house(cc.AddTechnician(seat, "person-t", "赵工"))
    hearing.script << ev.TechnicianAdded(seat, PersonId("person-t"), "赵工")
    hearing.script >> house(cc.AddTechnician(seat, "person-t", "赵工")) << ()
    assert hearing.state.seats[seat].role is Role.TECHNICIAN
    hearing.script >> arrive(seat) >> by(DEFENDANT, cc.AskHelp("technician"))
    hearing.script >> by(seat, cc.AnswerHelp(DEFENDANT)) << ev.HelpAnswered(DEFENDANT)
    hearing.script >> by(seat, c.RequestFloor()) << Reason.OBSERVER_NEVER_SPEAKS


def test_a_technician_takes_no_seat_of_others_and_there_are_few():
    script = a_hearing().opened().script
    script >> house(cc.AddTechnician(DEFENDANT, "person-t", "x")) << Reason.SEAT_TAKEN
    script >> house(cc.AddTechnician(SeatId("t"), "person-defendant", "x")) << Reason.SEAT_TAKEN
    for n in range(TECHNICIANS_MAX):
        script >> house(cc.AddTechnician(SeatId(f"t{n}"), f"person-t{n}", "x"))
    script >> house(cc.AddTechnician(SeatId("t"), "person-t", "x")) << Reason.TECHNICIANS_ENOUGH
