"""What a tab is told, and when it is told nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.facts import SpeakersChanged
from media.ids import PeerId
from server.courtroom.outputs import ViewOut
from server.courtroom.ports import Spoken, TapeFact
from server.hearing import commands as c
from server.hearing.commands_care import AnswerCannotHear, AskHelp, CannotHear, SendMessage
from server.hearing.commands_exhibits import GiveOpinion, OfferExhibit, PresentExhibit, StopShowing, TurnPage
from server.hearing.commands_order import (
    Discipline,
    GiveBack,
    Interrupt,
    RaiseObjection,
    RuleObjection,
    SetHalfDuplex,
    SetLayout,
    StrikeGavel,
    TakeTurn,
    YieldTurn,
)
from server.hearing.ids import SeatId
from tests.cast import CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PLAINTIFF_AGENT, PRESIDING, WITNESS, connection
from tests.fakes.tab import FakeTab

if TYPE_CHECKING:
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service


async def outside(rig: Rig) -> FakeTab:
    """The court sits, a witness is in the witness room, and the observer waits at the door."""
    await rig.opened(absent=(OBSERVER,))
    return await rig.arrive(OBSERVER)


async def a_busy_room(rig: Rig) -> int:
    """Much happens in the room, of every kind that goes without a change of the sitting; how many acts had an effect."""
    before = rig.room.seq
    offer = OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000)
    acts: list[tuple[SeatId, c.Command]] = [
        *(
            (PRESIDING, command)
            for command in (StrikeGavel(), c.GrantFloor(PLAINTIFF), Interrupt(), GiveBack())
        ),
        *(
            (DEFENDANT, command)
            for command in (c.RequestFloor("x"), c.WithdrawRequest(), c.RequestFloor("x"))
        ),
        (CLERK, c.DeclineRequest(DEFENDANT)),
        (CLERK, c.MuteAndLock(PLAINTIFF, "x")),
        (CLERK, c.ReleaseLock(PLAINTIFF)),
        (PRESIDING, Discipline(DEFENDANT, "warn", "x")),
        (PLAINTIFF, RaiseObjection("leading")),
        (PRESIDING, RuleObjection("o1", sustained=True)),
        (CLERK, SetLayout("grid", PLAINTIFF)),
        (PLAINTIFF, SendMessage(SeatId(""), "to the court")),
        (CLERK, SendMessage(PLAINTIFF, "to a person")),
        (PLAINTIFF, AskHelp("technician")),
        (DEFENDANT, CannotHear()),
        (CLERK, AnswerCannotHear(DEFENDANT)),
        (PLAINTIFF, offer),
        (PRESIDING, c.GoToStage("investigation", "x")),
        (PRESIDING, c.GrantFloor(PLAINTIFF)),
        (PLAINTIFF, PresentExhibit("x1")),
        (PLAINTIFF, TurnPage(2, 100, 0, 0)),
        (DEFENDANT, GiveOpinion("x1", "accepted", "disputed", "")),
        (PLAINTIFF, StopShowing()),
        (CLERK, SetHalfDuplex(on=True)),
        (PRESIDING, c.OpenFloor((PLAINTIFF, DEFENDANT))),
        (DEFENDANT, TakeTurn()),
        (DEFENDANT, YieldTurn()),
        (PRESIDING, c.CloseFloor()),
        (PLAINTIFF_AGENT, c.Leave()),
    ]
    acts += [(DEFENDANT, c.SetSelf(microphone=n % 2 == 1, camera=True)) for n in range(24)]
    for seat, command in acts:
        await rig.do(seat, command)
    now = rig.clock.now_ms()
    rig.room.spoken(Spoken("u1", PRESIDING, now, now + 9, "现在开庭", "", final=True))
    rig.room.media_fact(SpeakersChanged(str(rig.hearing), (PeerId(connection(PRESIDING)),)))
    rig.instruments.recorders[-1].post(TapeFact(None, safe_until_ms=now))
    rig.room.point(rig.tabs[PRESIDING], 1, 1)
    rig.room.show(rig.tabs[CLERK], {str(PRESIDING): 99})
    rig.room.watch.step(rig.room.state, rig.clock.now_ms())
    await rig.settle()
    return rig.room.seq - before


@pytest.mark.parametrize("seat", [WITNESS, OBSERVER])
async def test_who_is_outside_feels_no_pulse_of_the_hearing(rig: Rig, seat: SeatId) -> None:
    await outside(rig)
    rig.room.watch.step(rig.room.state, rig.clock.now_ms())  # the own line is told once
    tab = rig.tabs[seat]
    told, number = list(tab.told), rig.room.shown(tab)
    heard = len(rig.tabs[CLERK].told)
    assert await a_busy_room(rig) >= 50
    assert len(rig.tabs[CLERK].told) > heard + 40
    assert tab.told == told, "not even that something happened"
    await rig.do(seat, c.ReportDevice("ok", "ok", "ok", "fair"))
    assert rig.room.shown(tab) == tab.last.seq == number + 1
    await rig.do(PRESIDING, c.Recess("lunch"))
    assert (tab.last.seq, tab.last.view.session) == (number + 2, "recessed"), "what it may know it is told"


async def test_a_letter_from_outside_is_numbered_by_its_own_writer(rig: Rig) -> None:
    tab = await outside(rig)
    await a_busy_room(rig)
    await rig.do(OBSERVER, SendMessage(SeatId(""), "when?"))
    (letter,) = tab.last.view.messages
    assert letter.message == "main-observer-1"


async def test_views_are_numbered_for_each_tab_without_a_gap(rig: Rig) -> None:
    await rig.opened()
    await a_busy_room(rig)
    for tab in rig.tabs.values():
        views = tab.all(ViewOut)
        assert [out.seq for out in views] == list(range(1, len(views) + 1))
        assert rig.room.shown(tab) in {len(views), 0 if tab.bye else len(views)}


async def test_what_changes_nothing_on_the_own_screen_moves_no_number(rig: Rig) -> None:
    await rig.opened()
    tab = rig.tabs[PLAINTIFF]
    before = rig.room.shown(tab)
    await rig.do(PLAINTIFF, c.SetSelf(microphone=True, camera=True))
    assert rig.room.shown(tab) == tab.last.seq == before


async def test_a_tab_that_comes_again_is_counted_anew(rig: Rig) -> None:
    await rig.opened()
    old = rig.tabs[CLERK]
    again = FakeTab(CLERK, old.connection)
    rig.room.attach(again)
    assert (again.last.seq, rig.room.shown(again)) == (1, 1)
    told = list(old.told)
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    assert (again.last.seq, rig.room.shown(again)) == (2, 2)
    assert rig.room.shown(old) == 0
    rig.room.show(old, {"presiding": 99})
    assert old.told == told, "its line is another tab's now"


async def test_a_view_that_changed_back_is_told_each_time(rig: Rig) -> None:
    await rig.opened()
    before = rig.tabs[CLERK].last.view
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    await rig.do(PRESIDING, c.CloseFloor())
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    floors = [out.view.floor.seats for out in rig.tabs[CLERK].all(ViewOut)][-3:]
    assert floors == [("plaintiff",), (), ("plaintiff",)]
    assert before.floor.seats == ()


async def test_a_tab_that_comes_is_always_told(rig: Rig) -> None:
    await rig.opened()
    again = FakeTab(WITNESS, rig.tabs[WITNESS].connection)
    rig.room.attach(again)
    assert len(again.all(ViewOut)) == 1
    rig.room.attach(again)
    assert len(again.all(ViewOut)) == 2
    rig.room.detach(rig.tabs[WITNESS])  # the old socket's end comes late
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    assert len(again.all(ViewOut)) == 2
