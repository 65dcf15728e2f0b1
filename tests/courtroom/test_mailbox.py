"""The mailbox: bounded for who asks, and nothing dropped that the house itself has to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.courtroom.mailbox import Mailbox
from server.courtroom.ports import Unavailable
from server.hearing import commands as c
from server.hearing.commands import ReportTape, TapeState
from server.hearing.events import INSTRUMENT, Actor
from server.hearing.ids import HearingId
from server.hearing.refusals import Reason, Refused
from tests.cast import PRESIDING, connection

if TYPE_CHECKING:
    from server.hearing.commands import Command

pytestmark = pytest.mark.pure

WHO = Actor(PRESIDING, connection(PRESIDING))
OWED = 8
ROLLING, FAULTED = ReportTape(TapeState.ROLLING, ""), ReportTape(TapeState.FAULTED, "disk_full")


def a_mailbox(limit: int = 4, last_word: ReportTape | None = None) -> Mailbox:
    return Mailbox(HearingId("h-1"), limit, OWED, lambda: last_word)


async def waiting(box: Mailbox) -> list[Command]:
    return [(await box.take()).command for _ in range(len(box))]


async def test_a_crowd_at_the_door_leaves_room_for_commands() -> None:
    box = a_mailbox()
    for n in (1, 2, 3):
        box.ask(c.Arrive(connection(PRESIDING, n)), WHO)
    with pytest.raises(Unavailable, match="busy"):
        box.ask(c.Arrive(connection(PRESIDING, 4)), WHO)
    box.ask(c.Close(), WHO)
    with pytest.raises(Unavailable, match="busy"):
        box.ask(c.Close(), WHO)
    assert len(box) == 4


async def test_who_waits_is_answered_once() -> None:
    box = a_mailbox()
    done, refused = box.ask(c.Close(), WHO), box.ask(c.Resume(), WHO)
    first, second = await box.take(), await box.take()
    first.succeed(7)
    first.succeed(8)
    box.fail(first, Unavailable("ledger"))
    box.fail(second, Refused(Reason.NOT_PRESIDING))
    assert await done == 7
    with pytest.raises(Refused):
        await refused
    assert box.owed == 0


async def test_facts_that_find_no_room_or_no_ledger_are_told_again_in_their_order() -> None:
    box = a_mailbox(1)
    box.tell(c.Tick())
    box.tell(ROLLING)
    box.tell(FAULTED)
    box.tell(ROLLING)
    box.tell(c.Tick())
    box.tell(c.Tick())
    assert box.owed == 4, "the tape's word each time, another fact once"
    ask = await box.take()
    box.fail(ask, Unavailable("internal"))
    assert box.owed == 4, "what broke the room is not tried for ever"
    told = []
    while box.owed:
        box.stop()
        box.pay()
        told += await waiting(box)
    assert told == [ROLLING, FAULTED, ROLLING, c.Tick()]


async def test_what_is_entered_late_is_not_the_tapes_last_word() -> None:
    box = a_mailbox(last_word=ROLLING)
    box.tell(FAULTED)
    ask = await box.take()
    box.fail(ask, Unavailable("ledger"))
    box.stop()
    box.pay()
    assert await waiting(box) == [FAULTED, ROLLING]
    box.fail(ask, Unavailable("ledger"))
    box.stop()
    assert (ask.actor, box.owed) == (INSTRUMENT, 1)


async def test_a_ledger_that_is_away_too_long_costs_digests_of_files_before_anything_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    box = a_mailbox(limit=2 * OWED)

    def segment(n: int) -> Command:
        return c.ReportSegment(f"a-audio-{n}.ytape", 9, "aa" * 32, "bb" * 32, "plaintiff", 1000, 2000)

    told = [segment(0), FAULTED, segment(1), c.Close(), *(segment(n) for n in range(2, OWED))]
    box.tell(told[0])
    box.fail(await box.take(), Unavailable("ledger"))
    for command in told[1:]:
        box.tell(command)
    assert box.owed == OWED
    box.stop()
    box.pay()
    assert await waiting(box) == [FAULTED, *told[3:]]
    assert caplog.text.count("a fact is not entered: ReportSegment") == 2
