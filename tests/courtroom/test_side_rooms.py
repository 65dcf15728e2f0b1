"""The tape and the ear of a caucus: there only while all in it have agreed; its words stay in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.ids import PeerId
from server.courtroom import mailbox, room, tape_keeper
from server.courtroom.outputs import CaptionOut, SpeakingOut, TapeOut
from server.courtroom.plans import room_tape, tape_peer, words_peer
from server.courtroom.ports import Spoken
from server.hearing.commands_care import SendMessage
from server.hearing.commands_rooms import EndMediation, EnterRoom, MoveSeats, Propose
from server.hearing.ids import SeatId
from tests.cast import CLERK, DEFENDANT, DEFENDANT_AGENT, INTERPRETER, MEDIATOR, PLAINTIFF, PLAINTIFF_AGENT
from tests.courtroom.mediation_rig import MediationRig
from tests.hearing.mediations import OURS, PLAINTIFFS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.pure

OTHERS = (CLERK, DEFENDANT, DEFENDANT_AGENT, INTERPRETER)
WORD = "we would take a third"


@pytest.fixture
async def rig(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MediationRig]:
    monkeypatch.setattr(tape_keeper, "_RETRY_S", 0)
    monkeypatch.setattr(mailbox, "AGAIN_S", 0)
    monkeypatch.setattr(room, "AGAIN_S", 0)
    rig = MediationRig()
    await rig.begin()
    yield rig
    await rig.close()


def tape_of(rig: MediationRig, sitting: int = 1):
    return room_tape(rig.hearing, OURS, sitting)


async def test_without_agreement_there_is_no_recorder_no_ear_and_no_tap(rig: MediationRig) -> None:
    await rig.accepted()
    before = (len(rig.instruments.recorders), len(rig.instruments.ears), set(rig.media.taps))
    await rig.do(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), OURS))
    await rig.agree(MEDIATOR, PLAINTIFF)
    assert (len(rig.instruments.recorders), len(rig.instruments.ears), set(rig.media.taps)) == before
    tape, ear = tape_peer(rig.hearing), words_peer(rig.hearing)
    taken = {s.publisher for peer in (tape, ear) for s in rig.routes.receive.get(peer, ())}
    assert taken == set(), "and those of the main room get nothing of it"


async def test_when_all_have_agreed_the_caucus_has_a_tape_and_an_ear_of_its_own(rig: MediationRig) -> None:
    await rig.in_caucus()
    await rig.agree(MEDIATOR, *PLAINTIFFS)
    tape = tape_of(rig)
    assert {tape_peer(tape), words_peer(tape)} <= set(rig.media.taps)
    assert rig.instruments.held[tape].orders[-1].rolling
    heard = {s.publisher for s in rig.routes.receive[tape_peer(tape)] if s.audio}
    assert {str(peer) for peer in heard} == {
        str(rig.tabs[seat].connection) for seat in (MEDIATOR, *PLAINTIFFS)
    }
    assert rig.routes.receive[tape_peer(rig.hearing)] == ()
    assert rig.tabs[PLAINTIFF].all(TapeOut)[-1].state == "rolling"
    assert "rolling" not in {told.state for told in rig.tabs[CLERK].all(TapeOut)}


async def test_one_withdrawal_takes_both_away_at_once(rig: MediationRig) -> None:
    await rig.in_caucus()
    await rig.agree(MEDIATOR, *PLAINTIFFS)
    await rig.agree(PLAINTIFF_AGENT, agrees=False)
    tape = tape_of(rig)
    assert not {tape_peer(tape), words_peer(tape)} & {*rig.media.taps, *rig.routes.receive}
    assert tape not in rig.instruments.held
    await rig.agree(PLAINTIFF_AGENT)
    assert rig.instruments.held[tape].orders[-1].rolling


async def test_the_end_of_the_caucus_ends_its_tape_and_that_of_the_hearing_seals_it(
    rig: MediationRig,
) -> None:
    await rig.in_caucus()
    await rig.agree(MEDIATOR, *PLAINTIFFS)
    await rig.do(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), "main"))
    await rig.settle()
    assert tape_of(rig) not in rig.instruments.held
    assert rig.instruments.sealed == set()
    await rig.do(MEDIATOR, EndMediation("other", "over"))
    await rig.settle()
    assert rig.instruments.sealed == {rig.hearing, tape_of(rig)}


async def test_a_caucus_that_nobody_recorded_leaves_nothing_to_seal(rig: MediationRig) -> None:
    await rig.in_caucus()
    await rig.do(MEDIATOR, EndMediation("other", "over"))
    await rig.settle()
    assert rig.instruments.sealed == {rig.hearing}


async def test_after_a_restart_nothing_runs_until_those_who_agreed_are_all_back(rig: MediationRig) -> None:
    await rig.in_caucus()
    await rig.agree(MEDIATOR, *PLAINTIFFS)
    before = rig.room.state.rooms
    await rig.restart()
    assert tape_of(rig) not in rig.instruments.held
    assert rig.room.state.rooms == before
    for seat in (MEDIATOR, *PLAINTIFFS):
        await rig.arrive(seat, 2)
    await rig.settle()
    assert rig.instruments.held[tape_of(rig)].orders[-1].rolling


async def test_a_word_of_the_caucus_is_in_nothing_that_others_are_told(rig: MediationRig) -> None:
    await rig.in_caucus()
    await rig.agree(MEDIATOR, *PLAINTIFFS)
    for seat in OTHERS:
        rig.tabs[seat].told.clear()
    await rig.do(PLAINTIFF, Propose(WORD, "plaintiff"))
    await rig.do(PLAINTIFF, SendMessage(SeatId(""), WORD))
    now = rig.clock.now_ms()
    words = Spoken("u1", PLAINTIFF, now, now + 10, WORD, "", final=True)
    rig.instruments.ears[-1].post(words)
    rig.room._screens.speaking([PeerId(rig.tabs[PLAINTIFF].connection)])
    await rig.settle()
    assert [caption.settled for caption in rig.tabs[MEDIATOR].all(CaptionOut)] == [WORD]
    assert WORD in repr(rig.tabs[PLAINTIFF_AGENT].told)
    for seat in OTHERS:
        assert WORD not in repr(rig.tabs[seat].told)
        assert not [*rig.tabs[seat].all(CaptionOut), *rig.tabs[seat].all(SpeakingOut)]
        for publisher in (MEDIATOR, *PLAINTIFFS):
            assert rig.receives(seat, publisher) is None
            assert rig.receives(publisher, seat) is None
    assert WORD not in repr(await rig.log.read(str(rig.hearing)))
    assert WORD in repr(await rig.log.read(f"{rig.hearing}#caucus.plaintiff"))


async def test_a_caption_of_a_caucus_reaches_nobody_else_whatever_its_times_say(rig: MediationRig) -> None:
    await rig.in_caucus()
    await rig.agree(MEDIATOR, *PLAINTIFFS)
    early = rig.clock.now_ms() - 60_000  # a clock that is wrong: when all were still together
    rig.instruments.ears[-1].post(Spoken("u1", PLAINTIFF, early, early + 1, WORD, "", final=True))
    assert all(rig.tabs[seat].all(CaptionOut) == [] for seat in OTHERS)


async def test_a_consultation_is_told_of_no_tape_and_has_none(rig: MediationRig) -> None:
    await rig.accepted()
    await rig.do(PLAINTIFF, EnterRoom("consultation:plaintiff"))
    await rig.do(PLAINTIFF_AGENT, EnterRoom("consultation:plaintiff"))
    await rig.settle()
    assert rig.tabs[PLAINTIFF].last.tape == TapeOut("idle", None, "")
    assert rig.receives(PLAINTIFF, PLAINTIFF_AGENT) is not None
    assert all("consultation" not in str(peer) for peer in rig.media.taps)
