"""What must hold when a part of the house fails: the court can still be opened, ruled and taped."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from media.ids import Kind, PeerId
from server.courtroom.ports import Unavailable
from server.hearing import commands as c
from server.hearing.commands import TapeState
from server.hearing.events import Actor
from tests.cast import DEFENDANT, PLAINTIFF, PRESIDING, connection
from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service


async def test_a_ledger_busy_at_the_restart_does_not_cost_the_hearing_its_tape(rig: Rig) -> None:
    await rig.opened()
    rig.log.broken = True
    with pytest.raises(Unavailable):
        await rig.restart()
    rig.log.broken = False
    rig.room = await rig.registry.room(rig.hearing)
    await rig.settle()
    assert rig.room._tape.state is TapeState.ROLLING
    assert PeerId(f"tape:{rig.hearing}") in rig.media.taps


async def test_a_tape_started_by_a_try_that_failed_is_let_go(rig: Rig) -> None:
    await rig.opened()
    append, left = rig.log.append, [1]

    async def once(*args: Any, **kwargs: Any) -> int:
        if not left:
            raise Unavailable("ledger")
        left.pop()
        return await append(*args, **kwargs)

    rig.log.append = once  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await rig.restart()
    await rig.settle()
    rig.log.append = append  # type: ignore[method-assign]
    assert rig.instruments.held == {}, "nobody holds the folder against the next try"
    rig.room = await rig.registry.room(rig.hearing)
    await rig.settle()
    assert rig.room._tape.state is TapeState.ROLLING


async def test_a_crowd_at_the_door_leaves_the_judge_room_to_speak() -> None:
    rig = Rig(mailbox_max=16)
    await rig.begin()
    await rig.opened()
    crowd = [
        asyncio.ensure_future(
            rig.room.ask(c.Arrive(connection(PLAINTIFF, n)), Actor(PLAINTIFF, connection(PLAINTIFF, n)))
        )
        for n in range(10, 60)
    ]
    await asyncio.sleep(0)
    recess = asyncio.ensure_future(rig.do(PRESIDING, c.Recess("休息")))
    done = await asyncio.gather(*crowd, return_exceptions=True)
    assert await recess > 0
    assert any(isinstance(one, Unavailable) for one in done)
    await rig.close()


async def test_an_ear_that_fails_does_not_keep_a_lock_from_being_enforced(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    await rig.do(DEFENDANT, c.SetSelf(microphone=True, camera=True))
    peer = PeerId(rig.tabs[DEFENDANT].connection)
    assert Kind.AUDIO in rig.routes.publish[peer]

    def breaks(_plan: object) -> None:
        raise ValueError("no such language")

    monkeypatch.setattr(rig.instruments.ears[-1], "follow", breaks)
    with pytest.raises(Unavailable):
        await rig.do(PRESIDING, c.MuteAndLock(DEFENDANT, "插话"))
    assert Kind.AUDIO not in rig.routes.publish[peer]


async def test_a_ledger_that_hangs_is_away() -> None:
    rig = Rig(append_timeout_s=0.05)
    await rig.begin()
    await rig.opened()
    append = rig.log.append

    async def hangs(*_args: Any, **_kwargs: Any) -> int:
        await asyncio.sleep(60)
        return 0

    rig.log.append = hangs  # type: ignore[method-assign]
    before = rig.room.state
    with pytest.raises(Unavailable, match="ledger"):
        await rig.do(PRESIDING, c.Recess("休息"))
    assert rig.room.state == before
    rig.log.append = append  # type: ignore[method-assign]
    assert await rig.do(PRESIDING, c.Recess("休息")) > 0
    await rig.close()


async def test_an_abandoned_check_in_gives_up_its_place_and_its_tape(rig: Rig) -> None:
    tab = await rig.arrive(PRESIDING)
    await rig.settle()
    assert rig.hearing in rig.instruments.held
    await rig.room.ask(c.Depart(tab.connection, c.LeaveCause.PAGE_CLOSED), Actor(PRESIDING, tab.connection))
    rig.room.detach(tab)
    await rig.settle()
    assert rig.room.idle
    await rig.room.retire()
    assert rig.instruments.held == {}
