"""Who publishes, receives, is taped and listened to, for each situation of a hearing and for any story of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.ids import Kind, PeerId
from server.courtroom.plans import Plans, peers, plans, screen_peer, tape_peer, words_peer
from server.courtroom.settings import CourtroomSettings
from server.hearing import commands as c
from server.hearing.audience import audience, heard, shown
from server.hearing.decide import decide
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.evolve import fold
from server.hearing.ids import HearingId, Instant
from server.hearing.presence import Presence
from server.hearing.procedure import DELIBERATION
from server.hearing.recording_duty import duty
from server.hearing.refusals import Refused
from server.hearing.rooms import place, screened
from server.hearing.seats import Role
from server.hearing.state import connection_of
from server.hearing.state_rooms import MAIN
from tests.builders import a_hearing
from tests.cast import (
    ASSESSOR,
    CAST,
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    JUDGE,
    OBSERVER,
    PLAINTIFF,
    PRESIDING,
    WITNESS,
    connection,
)
from tests.hearing.samples import HEARINGS, commands_about, plain_commands
from tests.playbook import by, depart

if TYPE_CHECKING:
    from media.plan import Subscription
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing

pytestmark = pytest.mark.pure

HEARING = HearingId("h-1")
SETTINGS = CourtroomSettings()
BOTH = frozenset({Kind.AUDIO, Kind.VIDEO})


def plan_of(state: Hearing, widths: dict[PeerId, dict[str, int]] | None = None) -> Plans:
    return plans(HEARING, state, widths or {}, SETTINGS)


def peer(seat: SeatId) -> PeerId:
    return PeerId(connection(seat))


def gets(made: Plans, receiver: PeerId) -> dict[PeerId, Subscription]:
    return {one.publisher: one for one in made.routes.receive.get(receiver, ())}


def test_a_seat_with_the_floor_is_heard_by_all_in_court_by_the_tape_and_the_recogniser() -> None:
    state = a_hearing().opened().with_floor(PLAINTIFF).state
    made = plan_of(state)
    assert made.routes.publish[peer(PLAINTIFF)] == BOTH
    for seat in (PRESIDING, CLERK, DEFENDANT, OBSERVER):
        got = gets(made, peer(seat))[peer(PLAINTIFF)]
        assert (got.audio, got.video) == (True, True)
    taped = gets(made, tape_peer(HEARING))[peer(PLAINTIFF)]
    assert (taped.audio, taped.video, taped.width_px) == (True, True, SETTINGS.tape_picture_width_px)
    listened = gets(made, words_peer(HEARING))[peer(PLAINTIFF)]
    assert (listened.audio, listened.video) == (True, False)
    assert made.words.labels[peer(PLAINTIFF)] == "plaintiff"
    assert made.words.language == "zh"


def test_without_the_floor_a_party_is_seen_and_not_heard() -> None:
    made = plan_of(a_hearing().opened().state)
    assert made.routes.publish[peer(DEFENDANT)] == {Kind.VIDEO}
    got = gets(made, peer(PRESIDING))[peer(DEFENDANT)]
    assert (got.audio, got.video) == (False, True)
    assert peer(DEFENDANT) not in made.words.labels
    assert not gets(made, tape_peer(HEARING))[peer(DEFENDANT)].audio


def test_a_muted_and_locked_seat_is_heard_by_nobody_whatever_it_holds() -> None:
    told = a_hearing().opened().with_floor(DEFENDANT)
    told.script >> by(PRESIDING, c.MuteAndLock(DEFENDANT, "interrupts"))
    made = plan_of(told.state)
    assert made.routes.publish[peer(DEFENDANT)] == {Kind.VIDEO}
    for receiver in made.routes.receive:
        got = gets(made, receiver).get(peer(DEFENDANT))
        assert got is None or not got.audio
    assert peer(DEFENDANT) not in made.words.labels


def test_a_seat_with_camera_and_microphone_off_publishes_nothing() -> None:
    told = a_hearing().opened().with_floor(DEFENDANT)
    told.script >> by(DEFENDANT, c.SetSelf(microphone=False, camera=False))
    made = plan_of(told.state)
    assert peer(DEFENDANT) not in made.routes.publish
    assert all(peer(DEFENDANT) not in gets(made, receiver) for receiver in made.routes.receive)
    assert peer(PRESIDING) in gets(made, peer(DEFENDANT)), "it still hears the court"


def test_an_isolated_witness_is_in_no_list_until_called_and_again_when_dismissed() -> None:
    told = a_hearing().opened()
    called, dismissed = (
        by(PRESIDING, c.CallWitness(WITNESS)),
        by(PRESIDING, c.DismissWitness(WITNESS)),
    )
    for line, inside in ((None, False), (called, True), (dismissed, False)):
        if line is not None:
            told.script >> line
        made = plan_of(told.state)
        assert (peer(WITNESS) in made.routes.publish) is inside
        assert (peer(WITNESS) in made.routes.receive) is inside
        named = any(peer(WITNESS) in gets(made, receiver) for receiver in made.routes.receive)
        assert named is inside


def test_an_observer_receives_all_and_publishes_nothing() -> None:
    made = plan_of(a_hearing().opened().state)
    assert peer(OBSERVER) not in made.routes.publish
    assert gets(made, peer(OBSERVER)).keys() == {peer(s) for s in CAST if s not in {OBSERVER, WITNESS}}


def test_before_the_opening_the_court_talks_but_nothing_is_taped_or_written() -> None:
    made = plan_of(a_hearing().checked_in().state)
    assert gets(made, peer(CLERK))[peer(PRESIDING)].audio
    assert made.routes.receive[tape_peer(HEARING)] == ()
    assert made.routes.receive[words_peer(HEARING)] == ()
    assert (made.tape.rolling, made.tape.ground, made.words.labels) == (False, None, {})


def test_a_waiting_seat_meets_nobody() -> None:
    made = plan_of(a_hearing().arrived().state)
    assert peer(PLAINTIFF) not in made.routes.publish
    assert peer(PLAINTIFF) not in made.routes.receive
    assert made.routes.publish.keys() == {peer(PRESIDING), peer(CLERK)}


def test_in_a_recess_nothing_flows_and_the_tape_says_why() -> None:
    made = plan_of(a_hearing().opened().with_floor(PLAINTIFF).recessed().state)
    assert made.routes.publish == {}
    assert all(not wanted for wanted in made.routes.receive.values())
    assert (made.tape.rolling, made.tape.ground) == (False, "recess")


def test_the_bench_deliberates_among_itself_untaped() -> None:
    made = plan_of(a_hearing(FULL_BENCH).opened().in_stage(DELIBERATION).state)
    bench = {peer(seat) for seat in (PRESIDING, JUDGE, ASSESSOR)}
    assert made.routes.publish.keys() == bench
    for one in bench:
        assert gets(made, one).keys() == bench - {one}
        assert all(got.audio and got.video for got in gets(made, one).values())
    others = made.routes.receive.keys() - bench
    assert others == {tape_peer(HEARING), words_peer(HEARING)}
    assert all(made.routes.receive[other] == () for other in others)
    assert made.words.labels == {}


def test_a_seat_whose_line_is_gone_is_in_no_list() -> None:
    told = a_hearing().opened().with_floor(PLAINTIFF)
    told.script >> depart(PLAINTIFF)
    made = plan_of(told.state)
    assert peer(PLAINTIFF) not in {*made.routes.publish, *made.routes.receive, *made.tape.labels}


def test_tiles_choose_the_layer_and_a_hidden_one_gets_no_picture_but_the_sound() -> None:
    state = a_hearing().opened().with_floor(PLAINTIFF).state
    made = plan_of(state, {peer(CLERK): {"plaintiff": 0, "defendant": 1100}})
    got = gets(made, peer(CLERK))
    assert (got[peer(PLAINTIFF)].audio, got[peer(PLAINTIFF)].video) == (True, False)
    assert got[peer(DEFENDANT)].width_px == 1100
    assert got[peer(PRESIDING)].width_px == SETTINGS.main_tile_width_px
    assert gets(made, peer(DEFENDANT))[peer(PLAINTIFF)].width_px == SETTINGS.strip_tile_width_px


def test_a_tile_gives_no_right() -> None:
    made = plan_of(a_hearing().opened().state, {peer(WITNESS): {"presiding": 960}})
    assert peer(WITNESS) not in made.routes.receive


def test_when_slots_run_short_the_bench_comes_first_then_who_is_heard() -> None:
    state = a_hearing(FULL_BENCH).opened().with_floor(PLAINTIFF).state
    got = gets(plan_of(state), peer(DEFENDANT))
    assert {got[peer(seat)].priority for seat in (PRESIDING, JUDGE, ASSESSOR)} == {0}
    assert got[peer(PLAINTIFF)].priority == got[peer(CLERK)].priority == 1
    assert got[PeerId(connection(CAST[4]))].priority == 2


commands = st.sampled_from(plain_commands()) | st.sampled_from(
    tuple(x for seat in FULL_BENCH for x in commands_about(seat) if not isinstance(x, c.Arrive | c.Depart))
)
comings = st.builds(
    lambda seat, n, coming: (seat, coming(connection(seat, n))),
    st.sampled_from(FULL_BENCH),
    st.sampled_from([1, 2]),
    st.sampled_from([c.Arrive, lambda one: c.Depart(one, c.LeaveCause.CONNECTION_LOST)]),
)
stories = st.tuples(
    st.sampled_from(sorted(HEARINGS)),
    st.lists(
        st.tuples(st.sampled_from(FULL_BENCH), commands)
        | st.tuples(st.sampled_from(FULL_BENCH[:1]), commands)  # else little would happen
        | comings,
        max_size=25,
    ),
)


def check(state: Hearing) -> None:
    made = plan_of(state)
    here = peers(state)
    publish, receive = made.routes.publish, made.routes.receive
    named = {one.publisher for wanted in receive.values() for one in wanted}
    for seat, who in state.seats.items():
        attendance, mine = state.attendance[seat], here.get(seat, PeerId("nobody"))
        if attendance.presence is not Presence.PRESENT:
            assert mine not in {*publish, *receive, *named, *made.words.labels}
        if attendance.locked or who.role is Role.OBSERVER:
            assert Kind.AUDIO not in publish.get(mine, frozenset())
            assert mine not in made.words.labels
        assert (Kind.AUDIO in publish.get(mine, ())) == (seat in here and heard(state, seat))
        assert (Kind.VIDEO in publish.get(mine, ())) == (seat in here and shown(state, seat))
        for other, one in here.items():
            got = gets(made, mine).get(one)
            right = audience(state, other, seat) if seat in here else audience(state, seat, seat)
            assert (got is not None and got.audio) == (seat in here and right.hear)
            assert (got is not None and got.video) == (seat in here and right.see)
            assert other != seat or got is None
    check_ears(state, made, here)
    check_screens(state, made, here)


def check_screens(state: Hearing, made: Plans, here: dict[SeatId, PeerId]) -> None:
    """The picture of the one screen that is shown, to those who see it, and to nobody anything of another."""
    publish, showing = made.routes.publish, state.exhibits.showing
    for sharer, peer in here.items():
        screen = screen_peer(peer)
        on = showing is not None and showing.source != "exhibit" and showing.seat == sharer
        assert publish.get(screen) == (frozenset({Kind.VIDEO}) if on else None)
        for seat, receiver in here.items():
            got = gets(made, receiver).get(screen)
            meets = seat != sharer and place(state, seat) == MAIN and not screened(state, seat, sharer)
            assert (got is not None and got.video and not got.audio) == (on and meets)


def check_ears(state: Hearing, made: Plans, here: dict[SeatId, PeerId]) -> None:
    """The tape and the recogniser get what everybody in court gets, nothing else, and only while duty bids."""
    seat_of = {one: seat for seat, one in here.items()}
    seat_of |= {screen_peer(one): seat for seat, one in here.items()}
    for ear in (tape_peer(HEARING), words_peer(HEARING)):
        for one, got in gets(made, ear).items():
            assert duty(state).on
            speaker = seat_of[one]
            assert place(state, speaker) == MAIN
            assert not got.audio or Kind.AUDIO in made.routes.publish[one]
            assert not got.video or Kind.VIDEO in made.routes.publish[one]
            for seat, receiver in here.items():
                if seat != speaker and place(state, seat) == MAIN and not screened(state, seat, speaker):
                    theirs = gets(made, receiver)[one]
                    assert theirs.audio >= got.audio
                    assert theirs.video >= got.video
    assert made.words.labels.keys() == gets(made, words_peer(HEARING)).keys()
    assert made.tape.rolling == duty(state).on
    assert gets(made, tape_peer(HEARING)).keys() <= made.tape.labels.keys()


@settings(max_examples=120, deadline=None)
@given(stories)
def test_no_story_gives_anybody_a_route_that_the_law_does_not(story):
    name, told = story
    hearing = HEARINGS[name]()
    state, now = hearing.state, hearing.script.now
    check(state)
    for seat, command in told:
        now = Instant(now + 1000)
        instrument = isinstance(command, c.ReportTape | c.Tick)
        actor = INSTRUMENT if instrument else Actor(seat, connection_of(state, seat))
        try:
            events = decide(state, command, actor, now)
        except Refused:
            continue
        state = fold(state, [(event, now) for event in events])
        check(state)
