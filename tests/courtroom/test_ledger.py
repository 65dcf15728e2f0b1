"""Two streams, one hearing: written together, read one after the other, never mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.courtroom import mailbox, room, tape_keeper
from server.courtroom.ports import Unavailable
from server.hearing.commands_care import SendMessage
from server.hearing.commands_rooms import AnswerProposal, MoveSeats, Propose, ShareProposal
from server.hearing.events_rooms import ProposalMade
from server.hearing.ids import SeatId
from tests.cast import MEDIATOR, PLAINTIFF, PLAINTIFF_AGENT
from tests.courtroom.mediation_rig import MediationRig
from tests.hearing.mediations import OURS, PLAINTIFFS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.pure


@pytest.fixture
async def rig(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MediationRig]:
    monkeypatch.setattr(tape_keeper, "_RETRY_S", 0)
    monkeypatch.setattr(mailbox, "AGAIN_S", 0)
    monkeypatch.setattr(room, "AGAIN_S", 0)
    rig = MediationRig()
    await rig.begin()
    yield rig
    await rig.close()


def side(rig: MediationRig) -> str:
    return f"{rig.hearing}#caucus.plaintiff"


async def kinds(rig: MediationRig, stream: str) -> list[str]:
    return [entry.kind for entry in await rig.log.read(stream)]


async def a_busy_caucus(rig: MediationRig) -> None:
    await rig.in_caucus()
    await rig.do(PLAINTIFF, Propose("a third", "plaintiff"))
    await rig.agree(MEDIATOR, *PLAINTIFFS)
    await rig.do(PLAINTIFF_AGENT, SendMessage(SeatId(""), "please"))
    await rig.do(PLAINTIFF, AnswerProposal("plaintiff-1", accepts=True))
    await rig.do(MEDIATOR, ShareProposal("plaintiff-1"))
    await rig.do(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), "main"))
    await rig.settle()


async def test_what_belongs_to_a_caucus_is_in_its_own_stream_and_only_there(rig: MediationRig) -> None:
    await a_busy_caucus(rig)
    own = await kinds(rig, side(rig))
    assert own == [
        "proposal_made",
        "recording_answered",
        "recording_answered",
        "recording_answered",
        "recording_switched",
        "message_sent",
        "proposal_answered",
        "proposal_shared",
        "recording_switched",
        "room_closed",
    ]
    main = await kinds(rig, str(rig.hearing))
    assert not {"recording_answered", "recording_switched", "message_sent", "room_closed"} & set(main)
    assert main.count("proposal_made") == 1, "the one that was shared"
    assert main[-1] == "caucus_ended"


async def test_both_chains_are_whole(rig: MediationRig) -> None:
    await a_busy_caucus(rig)
    for stream in (str(rig.hearing), side(rig)):
        assert (await rig.log.verify(stream)).ok


async def test_replay_of_one_stream_after_the_other_gives_the_live_state(rig: MediationRig) -> None:
    await a_busy_caucus(rig)
    live = rig.room.state
    assert await rig.room._ledger.read() == live


async def test_the_seq_that_everybody_is_told_says_nothing_of_a_caucus(rig: MediationRig) -> None:
    await rig.in_caucus()
    before = rig.room.seq
    assert await rig.do(PLAINTIFF, Propose("a third", "plaintiff")) == before
    assert rig.room.seq == before


async def test_another_writer_in_a_caucuss_stream_is_found_and_nothing_is_half_written(
    rig: MediationRig,
) -> None:
    await a_busy_caucus(rig)
    await rig.do(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), OURS))
    await rig.do(PLAINTIFF, Propose("a half", "plaintiff"))
    last = (await rig.log.read(side(rig)))[-1]
    theirs = ProposalMade(OURS, "plaintiff-3", PLAINTIFF, "plaintiff", "theirs")
    other = rig.codec.to_entry(theirs, 1, None, None)
    await rig.log.append(side(rig), last.seq, [other])
    main = await kinds(rig, str(rig.hearing))
    with pytest.raises(Unavailable) as no:
        await rig.do(PLAINTIFF, ShareProposal("plaintiff-2"))
    assert no.value.reason == "conflict"
    assert await kinds(rig, str(rig.hearing)) == main, "all or nothing"
    assert "plaintiff-3" in rig.room.state.rooms.caucus[OURS].proposals
    await rig.do(PLAINTIFF, ShareProposal("plaintiff-2"))


async def test_a_ledger_that_is_away_changes_neither_stream(rig: MediationRig) -> None:
    await rig.in_caucus()
    state = rig.room.state
    rig.log.broken = True
    with pytest.raises(Unavailable):
        await rig.do(PLAINTIFF, Propose("a third", "plaintiff"))
    rig.log.broken = False
    assert rig.room.state == state
    assert await kinds(rig, side(rig)) == []
