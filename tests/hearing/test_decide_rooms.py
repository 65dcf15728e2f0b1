"""Moving, screening, consent to the tape, and what follows from who is where."""

from __future__ import annotations

import pytest

from server.hearing.audience import NOTHING, audience, heard, silent_because
from server.hearing.commands import Leave, MuteAndLock, RequestFloor, SetSelf
from server.hearing.commands_order import PairInterpreter
from server.hearing.commands_rooms import ConsentRecording, EnterRoom, MoveSeats, ScreenOff
from server.hearing.decide_rooms import IN_MAIN_ONLY, may_enter
from server.hearing.events import ConnectionEnded, SeatLeft
from server.hearing.events_rooms import (
    CaucusBegan,
    CaucusEnded,
    RecordingAnswered,
    RecordingSwitched,
    RoomClosed,
    ScreeningLifted,
    SeatsMoved,
    SeatsScreened,
)
from server.hearing.ids import SeatId
from server.hearing.may import may
from server.hearing.names import command_names
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from server.hearing.rooms import occupants, place
from tests.builders import a_hearing
from tests.cast import (
    CLERK,
    DEFENDANT,
    DEFENDANT_AGENT,
    INTERPRETER,
    MEDIATOR,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    WITNESS,
    connection,
)
from tests.hearing.mediations import OURS, PLAINTIFFS, THEIRS, a_mediation, accepted, agreed, in_caucus
from tests.playbook import by, depart

pytestmark = pytest.mark.pure

TALK = "consultation:plaintiff"


# --- moving ---


def test_a_party_goes_to_its_consultation_in_a_recess_and_comes_back():
    script = a_hearing().opened().recessed().script
    script >> by(PLAINTIFF, EnterRoom(TALK)) << SeatsMoved((PLAINTIFF,), TALK)
    script >> by(PLAINTIFF, EnterRoom(TALK)) << ()
    script >> by(PLAINTIFF, EnterRoom("main")) << SeatsMoved((PLAINTIFF,), "main")


@pytest.mark.parametrize(
    "seat, room, why",
    [
        (PLAINTIFF, TALK, Reason.ROOM_NOT_OPEN),
        (PLAINTIFF, "caucus:plaintiff", Reason.ROOM_UNKNOWN),
        (PLAINTIFF, "consultation:defendant", Reason.ROOM_NOT_FOR_SEAT),
        (PLAINTIFF, "deliberation", Reason.ROOM_NOT_FOR_SEAT),
        (PRESIDING, "deliberation", Reason.ROOM_NOT_OPEN),
        (CLERK, "deliberation", Reason.ROOM_NOT_FOR_SEAT),
        (CLERK, TALK, Reason.ROOM_NOT_FOR_SEAT),
        (PRESIDING, TALK, Reason.ROOM_NOT_FOR_SEAT),
        (PLAINTIFF, "witness:witness", Reason.ROOM_NOT_FOR_SEAT),
        (WITNESS, "main", Reason.WITNESS_ISOLATED),
        (WITNESS, TALK, Reason.WITNESS_ISOLATED),
        (PLAINTIFF, "kitchen", Reason.ROOM_UNKNOWN),
    ],
)
def test_nobody_goes_where_it_may_not_while_a_trial_sits(seat, room, why):
    a_hearing().opened().script >> by(seat, EnterRoom(room)) << why


def test_into_a_caucus_and_out_of_it_only_the_mediator_takes_people():
    script = accepted().script
    script >> by(PLAINTIFF, EnterRoom(OURS)) << Reason.CAUCUS_BY_MEDIATOR
    script >> by(MEDIATOR, MoveSeats((MEDIATOR, PLAINTIFF), OURS))
    script >> by(PLAINTIFF, EnterRoom("main")) << Reason.CAUCUS_BY_MEDIATOR
    script >> by(DEFENDANT, EnterRoom(OURS)) << Reason.CAUCUS_BY_MEDIATOR
    script >> by(MEDIATOR, EnterRoom("main")) << SeatsMoved((MEDIATOR,), "main")
    (
        script
        >> by(MEDIATOR, MoveSeats((PLAINTIFF,), "main"))
        << (
            SeatsMoved((PLAINTIFF,), "main"),
            RoomClosed(OURS, 1, recorded=False),
            CaucusEnded(OURS, 1),
        )
    )


def test_only_who_conducts_moves_people():
    a_mediation().script >> by(CLERK, MoveSeats((PLAINTIFF,), OURS)) << Reason.NOT_PRESIDING
    a_mediation().script >> by(PLAINTIFF, MoveSeats((PLAINTIFF,), OURS)) << Reason.NOT_PRESIDING


def test_moving_is_of_all_or_of_nobody():
    script = accepted().script
    script >> by(MEDIATOR, MoveSeats((PLAINTIFF, DEFENDANT), OURS)) << Reason.ROOM_NOT_FOR_SEAT
    assert occupants(script.state, OURS) == ()


def test_the_other_side_and_the_clerk_cannot_be_moved_into_a_caucus():
    script = in_caucus().script
    for seat in (DEFENDANT, DEFENDANT_AGENT, INTERPRETER, CLERK):
        script >> by(MEDIATOR, MoveSeats((seat,), OURS)) << Reason.ROOM_NOT_FOR_SEAT


def test_an_interpreter_goes_along_with_whom_it_speaks_for():
    script = accepted().script
    (
        script
        >> by(MEDIATOR, MoveSeats((DEFENDANT,), THEIRS))
        << (
            SeatsMoved((DEFENDANT, INTERPRETER), THEIRS),
            CaucusBegan(THEIRS, 1),
        )
    )
    (
        script
        >> by(MEDIATOR, PairInterpreter(INTERPRETER, SeatId("")))
        >> by(MEDIATOR, MoveSeats((MEDIATOR,), THEIRS))
    )
    assert place(script.state, INTERPRETER) == "main", "it belongs to the side no longer"
    assert audience(script.state, DEFENDANT, INTERPRETER) == NOTHING
    script >> by(MEDIATOR, MoveSeats((MEDIATOR, DEFENDANT), "main"))
    assert not script.state.rooms.since, "nobody keeps a caucus on that is over"


def test_out_of_a_caucus_in_which_no_mediator_is_one_goes_by_oneself():
    script = in_caucus().script
    script >> by(PLAINTIFF, EnterRoom("main")) << Reason.CAUCUS_BY_MEDIATOR
    script >> depart(MEDIATOR) >> by(PLAINTIFF, EnterRoom("main")) << SeatsMoved((PLAINTIFF,), "main")
    assert "enter_room" in may(script.state, PLAINTIFF_AGENT, script.now)


def test_a_stage_gives_no_floor_to_who_is_aside():
    hearing = accepted()
    hearing.script >> by(PLAINTIFF, EnterRoom("consultation:plaintiff"))
    hearing.in_stage("joint")
    assert PLAINTIFF not in hearing.state.floor.seats
    assert DEFENDANT in hearing.state.floor.seats


def test_aside_everybody_speaks_but_who_is_locked_or_has_muted_itself():
    hearing = in_caucus()
    assert all(heard(hearing.state, seat) for seat in (MEDIATOR, *PLAINTIFFS))
    assert not heard(hearing.state, DEFENDANT) or hearing.state.floor.held_by(DEFENDANT)
    hearing.script >> by(PLAINTIFF, SetSelf(microphone=False, camera=True))
    hearing.script >> by(MEDIATOR, MuteAndLock(PLAINTIFF_AGENT, "shouting"))
    assert silent_because(hearing.state, PLAINTIFF) is Reason.MUTED_BY_SELF
    assert silent_because(hearing.state, PLAINTIFF_AGENT) is Reason.MUTED_BY_COURT


def test_who_goes_aside_has_no_floor_in_the_main_room_and_asks_for_none_from_there():
    hearing = accepted().with_floor(PLAINTIFF)
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR, PLAINTIFF), OURS))
    assert not hearing.state.floor.held_by(PLAINTIFF)
    hearing.script >> by(PLAINTIFF, RequestFloor()) << Reason.IN_ANOTHER_ROOM


def test_what_cannot_be_done_from_aside_are_commands_that_exist():
    assert command_names.keys() >= IN_MAIN_ONLY


def test_what_the_view_offers_to_enter_can_be_entered_and_nothing_else_can():
    state = a_hearing().opened().recessed().state
    assert may_enter(state, PLAINTIFF) == (TALK,)
    assert may_enter(state, PRESIDING) == ("deliberation",)
    assert may_enter(state, CLERK) == may_enter(state, WITNESS) == ()
    assert may_enter(accepted().state, MEDIATOR) == (OURS, THEIRS)
    assert may_enter(a_mediation().state, MEDIATOR) == ()


# --- screening ---


def test_two_who_are_screened_do_not_reach_one_another_and_others_reach_both():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    hearing.script >> by(PRESIDING, ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="violence"))
    state = hearing.state
    assert audience(state, PLAINTIFF, DEFENDANT) == audience(state, DEFENDANT, PLAINTIFF) == NOTHING
    assert audience(state, PLAINTIFF, PRESIDING).hear
    assert audience(state, DEFENDANT, PRESIDING).see


def test_screening_is_recorded_once_and_lifted_with_a_reason():
    script = a_hearing().opened().script
    on, off = ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"), "no need"
    script >> by(PRESIDING, on) << SeatsScreened(DEFENDANT, PLAINTIFF, "fear")
    script >> by(PRESIDING, ScreenOff(DEFENDANT, PLAINTIFF, on=True, reason="fear")) << ()
    lift = ScreenOff(DEFENDANT, PLAINTIFF, on=False, reason=off)
    script >> by(PRESIDING, lift) << ScreeningLifted(DEFENDANT, PLAINTIFF, off)
    script >> by(PRESIDING, lift) << ()


@pytest.mark.parametrize(
    "command, why",
    [
        (ScreenOff(PLAINTIFF, PLAINTIFF, on=True, reason="x"), Reason.SCREENING_OF_ONE),
        (ScreenOff(PLAINTIFF, PRESIDING, on=True, reason="x"), Reason.PRESIDING_NOT_SCREENABLE),
        (ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason=" "), Reason.REASON_REQUIRED),
    ],
)
def test_screening_that_makes_no_sense_is_refused(command, why):
    a_hearing().opened().script >> by(PRESIDING, command) << why


def test_two_who_are_screened_are_never_in_one_side_room():
    hearing = a_hearing().opened().recessed()
    hearing.script >> by(PLAINTIFF, EnterRoom(TALK)) >> by(PLAINTIFF_AGENT, EnterRoom(TALK))
    screen = ScreenOff(PLAINTIFF, PLAINTIFF_AGENT, on=True, reason="quarrel")
    hearing.script >> by(PRESIDING, screen)
    assert occupants(hearing.state, TALK) == ()
    hearing.script >> by(PLAINTIFF, EnterRoom(TALK)) >> by(PLAINTIFF_AGENT, EnterRoom(TALK))
    hearing.script << Reason.SCREENED_APART


# --- consent to the tape ---


def test_elsewhere_than_in_a_mediation_nobody_is_asked():
    (
        a_hearing().opened().script
        >> by(PLAINTIFF, ConsentRecording(agrees=True))
        << Reason.RECORDING_NOT_BY_CONSENT
    )


def test_a_caucus_is_recorded_from_the_last_yes_to_the_first_no():
    hearing = agreed(in_caucus(), MEDIATOR, PLAINTIFF)
    assert not duty(hearing.state, OURS).on
    (
        hearing.script
        >> by(PLAINTIFF_AGENT, ConsentRecording(agrees=True))
        << (
            RecordingAnswered(OURS, 1, PLAINTIFF_AGENT, agrees=True),
            RecordingSwitched(OURS, 1, on=True),
        )
    )
    assert duty(hearing.state, OURS).on
    assert not duty(hearing.state).on
    (
        hearing.script
        >> by(PLAINTIFF, ConsentRecording(agrees=False))
        << (
            RecordingAnswered(OURS, 1, PLAINTIFF, agrees=False),
            RecordingSwitched(OURS, 1, on=False),
        )
    )
    assert not duty(hearing.state, OURS).on


def test_the_end_of_a_caucus_says_whether_anything_was_recorded_however_it_ends():
    hearing = agreed(in_caucus(), MEDIATOR, *PLAINTIFFS)
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR, PLAINTIFF_AGENT), "main"))
    (
        hearing.script
        >> by(PLAINTIFF, Leave())
        << (
            SeatLeft(PLAINTIFF),
            RecordingSwitched(OURS, 1, on=False),
            RoomClosed(OURS, 1, recorded=True),
            CaucusEnded(OURS, 1),
        )
    )


def test_agreement_to_one_caucus_is_none_to_the_next():
    hearing = agreed(in_caucus(), MEDIATOR, *PLAINTIFFS)
    everybody = (MEDIATOR, *PLAINTIFFS)
    hearing.script >> by(MEDIATOR, MoveSeats(everybody, "main"))
    (
        hearing.script
        >> by(MEDIATOR, MoveSeats(everybody, OURS))
        << (
            SeatsMoved(everybody, OURS),
            CaucusBegan(OURS, 2),
        )
    )
    assert not duty(hearing.state, OURS).on


def test_a_newcomer_who_has_not_agreed_stops_the_tape():
    hearing = accepted()
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR, PLAINTIFF), OURS))
    agreed(hearing, MEDIATOR, PLAINTIFF)
    assert duty(hearing.state, OURS).on
    (
        hearing.script
        >> by(MEDIATOR, MoveSeats((PLAINTIFF_AGENT,), OURS))
        << (
            SeatsMoved((PLAINTIFF_AGENT,), OURS),
            RecordingSwitched(OURS, 1, on=False),
        )
    )


def test_a_lost_line_of_who_had_not_agreed_is_in_the_log_with_what_came_of_it():
    hearing = agreed(in_caucus(), MEDIATOR, PLAINTIFF)
    (
        hearing.script
        >> depart(PLAINTIFF_AGENT)
        << (
            ConnectionEnded(PLAINTIFF_AGENT, connection(PLAINTIFF_AGENT), "connection_lost"),
            RecordingSwitched(OURS, 1, on=True),
        )
    )


def test_in_a_consultation_nothing_is_ever_recorded():
    hearing = a_mediation()
    hearing.script >> by(PLAINTIFF, EnterRoom(TALK))
    hearing.script >> by(PLAINTIFF, ConsentRecording(agrees=True)) << Reason.NEVER_RECORDED_HERE
