"""The one door: who may ask at all."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing.decide import CONDUCT, DECIDERS, decide
from server.hearing.events import INSTRUMENT, Actor, CourtClosed, CourtRecessed, StageEntered, TapeReported
from server.hearing.ids import Instant, SeatId
from server.hearing.may import may
from server.hearing.names import DELEGATED_BY_DEFAULT, command_names
from server.hearing.refusals import Reason, Refused
from server.hearing.state import EMPTY, connection_of
from tests.builders import DISCIPLINE, a_hearing
from tests.cast import CAST, CLERK, PLAINTIFF, PRESIDING, connection
from tests.hearing.samples import HEARINGS, commands_about, plain_commands
from tests.playbook import arrive, by, depart, tape

pytestmark = pytest.mark.pure

NOW = Instant(1)


def test_every_command_has_a_decider():
    assert set(DECIDERS) == set(c.Command.__args__)


@pytest.mark.parametrize("command", [c.Tick(), c.ReportTape(c.TapeState.IDLE), c.Leave()])
def test_nothing_can_be_asked_of_a_hearing_that_is_not_scheduled(command):
    with pytest.raises(Refused) as no:
        decide(EMPTY, command, INSTRUMENT, NOW)
    assert no.value.reason is Reason.HEARING_NOT_SCHEDULED


@pytest.mark.parametrize("command", [c.Leave(), c.Arrive(connection(PLAINTIFF)), c.OpenCourt()])
@pytest.mark.parametrize("actor", [INSTRUMENT, Actor(SeatId("ghost"), connection(PLAINTIFF))])
def test_an_unknown_seat_can_ask_nothing(command, actor):
    with pytest.raises(Refused) as no:
        decide(a_hearing().opened().state, command, actor, NOW)
    assert no.value.reason is Reason.SEAT_UNKNOWN


@pytest.mark.parametrize("name", command_names)
def test_a_command_by_a_connection_that_does_not_hold_the_seat_is_refused(name):
    hearing = a_hearing().opened()
    hearing.script >> arrive(PRESIDING, 2)
    for held in (None, connection(PRESIDING), connection(PLAINTIFF)):
        for command in plain_commands() + commands_about(PLAINTIFF):
            if type(command) is command_names[name]:
                with pytest.raises(Refused):
                    decide(hearing.state, command, Actor(PRESIDING, held), NOW)


def test_the_old_tab_is_told_that_it_no_longer_holds_the_seat():
    script = a_hearing().opened().script
    (
        script
        >> arrive(PRESIDING, 2)
        >> by(PRESIDING, c.Recess("noon"), connection(PRESIDING))
        << Reason.NOT_CONNECTED
    )


@pytest.mark.parametrize("name", sorted(CONDUCT))
@pytest.mark.parametrize("sample", ["checked_in", "opened", "recessed"])
def test_only_the_presiding_seat_and_the_clerk_conduct(name, sample):
    state = HEARINGS[sample]().state
    commands = plain_commands() + tuple(x for seat in state.seats for x in commands_about(seat))
    for seat in state.seats:
        if seat in {PRESIDING, CLERK}:
            continue
        for command in commands:
            if type(command) is command_names[name]:
                with pytest.raises(Refused):
                    decide(state, command, Actor(seat, connection_of(state, seat)), NOW)


@pytest.mark.parametrize(
    "command",
    [c.OpenCourt(), c.Recess("x"), c.Close(), c.Adjourn("x"), c.GoToStage("investigation")],
)
def test_the_clerk_never_opens_recesses_closes_adjourns_or_moves_stages(command):
    everything = tuple(command_names)
    hearing = a_hearing(delegated=everything)
    hearing = hearing.checked_in() if isinstance(command, c.OpenCourt) else hearing.opened()
    hearing.script >> by(CLERK, command) << Reason.NOT_PRESIDING


def test_the_clerk_never_resumes():
    a_hearing().opened().recessed().script >> by(CLERK, c.Resume()) << Reason.NOT_PRESIDING


def test_a_court_whose_judge_is_gone_may_be_broken_off_by_the_clerk_and_by_nobody_else():
    hearing = a_hearing().opened()
    hearing.script >> by(CLERK, c.Recess("the line")) << Reason.NOT_PRESIDING
    hearing.script >> depart(PRESIDING)
    assert "recess" in may(hearing.state, CLERK, NOW)
    hearing.script >> by(PLAINTIFF, c.Recess("the line")) << Reason.NOT_PRESIDING
    hearing.script >> by(CLERK, c.Recess("the line")) << CourtRecessed("the line")
    hearing.script >> by(CLERK, c.Resume()) << Reason.NOT_PRESIDING


@pytest.mark.parametrize("name", DELEGATED_BY_DEFAULT)
def test_what_is_not_delegated_the_clerk_may_not_do(name):
    hearing = a_hearing(delegated=tuple(n for n in DELEGATED_BY_DEFAULT if n != name)).arrived()
    if name != "admit":
        hearing = a_hearing(delegated=("admit", *(n for n in DELEGATED_BY_DEFAULT if n != name))).opened()
    state = hearing.state
    for command in plain_commands() + commands_about(PLAINTIFF):
        if type(command) is command_names[name]:
            with pytest.raises(Refused) as no:
                decide(state, command, Actor(CLERK, connection(CLERK)), NOW)
            assert no.value.reason is Reason.NOT_DELEGATED


def test_the_clerk_reads_the_discipline_but_moves_no_stage_of_the_open_court():
    hearing = a_hearing().arrived().recorded()
    hearing.script >> by(CLERK, c.GoToStage("discipline")) << StageEntered("discipline", "check_in")
    hearing.opened().script >> by(CLERK, c.GoToStage("investigation")) << Reason.NOT_PRESIDING


@pytest.mark.parametrize(
    "command", [c.AcknowledgeDiscipline(DISCIPLINE), c.Leave(), c.RequestFloor(), c.Close()]
)
@pytest.mark.parametrize("seat", CAST)
def test_a_closed_hearing_takes_nothing_more(command, seat):
    a_hearing().opened().closed().script >> by(seat, command) << Reason.HEARING_CLOSED


def test_a_closed_hearing_still_takes_the_word_of_the_tape():
    hearing = a_hearing().opened()
    hearing.in_stage("judgment").recorded()
    hearing.script >> by(PRESIDING, c.Close()) << (CourtClosed(), StageEntered("closed", "judgment"))
    hearing.script >> tape(c.TapeState.SEALED) << TapeReported("sealed")
