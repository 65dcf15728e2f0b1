"""What a tab is told, and when it is told nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.courtroom.outputs import ViewOut
from server.hearing import commands as c
from tests.cast import CLERK, PLAINTIFF, PRESIDING, WITNESS
from tests.fakes.tab import FakeTab

if TYPE_CHECKING:
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service


async def test_an_isolated_witness_feels_no_pulse_of_the_hearing(rig: Rig) -> None:
    await rig.opened()
    told = list(rig.tabs[WITNESS].told)
    seq = await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    await rig.do(PRESIDING, c.MuteAndLock(PLAINTIFF, "x"))
    await rig.do(PRESIDING, c.CloseFloor())
    assert rig.room.seq > seq
    assert rig.tabs[WITNESS].told == told
    assert rig.tabs[CLERK].last.seq == rig.room.seq
    seq = await rig.do(PRESIDING, c.Recess("lunch"))
    assert rig.tabs[WITNESS].last.seq == seq, "what it may know it is told"
    assert rig.tabs[WITNESS].last.view.session == "recessed"


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
