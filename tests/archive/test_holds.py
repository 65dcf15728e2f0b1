"""Holds reach the remote copies: at once, or when the storage is back; and lift again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from server.archive.remote import RemoteFailed
from server.store.cases import Cases
from tests.archive.packages import ALL, CLOSED, HEARING, Rig, make_package

pytestmark = pytest.mark.service


async def test_a_hold_follows_to_the_storage_and_back(rig: Rig) -> None:
    archiver = rig.archiver()
    await archiver.round()
    store: Any = rig.remote
    for held in (True, False):
        rig.held = held
        assert await archiver.follow_hold(HEARING) == len(ALL)
        assert {one.held for versions in store.objects.values() for one in versions} == {held}
        assert await archiver.follow_hold(HEARING) == 0


async def test_a_hold_that_could_not_reach_the_storage_is_followed_later_and_holds_up_no_other(
    rig: Rig,
) -> None:
    """The first hearing's hold is refused, at the start and for a while; then an operator sets one more."""
    other = "hearing-2"
    cases = Cases(rig.database)
    (case,) = await cases.cases()
    await cases.create_hearing(case_id=case.id, public=True, procedure="civil_ordinary", scheduled_at=1, seats=(),
                               now_ms=1, hearing_id=other)  # fmt: skip
    make_package(rig.root / "hearings" / other / "package")
    holds = dict.fromkeys((HEARING, other), False)

    async def kept(hearing: str) -> tuple[int, int, bool]:
        return CLOSED, 30, holds[hearing]

    rig.kept = kept  # type: ignore[method-assign]
    store: Any = rig.remote
    real, refused = store.hold, {HEARING}

    async def hold(key: str, version: str, *, on: bool) -> None:
        if key.split("/")[1] in refused:
            raise RemoteFailed("denied")
        await real(key, version, on=on)

    store.hold = hold
    rig.settings = replace(rig.settings, look_interval_s=0.001)
    archiver = rig.archiver()
    await archiver.round()

    async def until(hearing: str) -> None:
        while not all(one.held for one in await rig.book.files(hearing)):
            await asyncio.sleep(0.001)  # pytest's own timeout ends a wait for what never comes

    holds.update(dict.fromkeys(holds, True))
    running = asyncio.ensure_future(archiver.run())
    try:
        await until(other)
        assert not any(one.held for one in await rig.book.files(HEARING))
        refused.clear()
        await until(HEARING)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert all(one.held for versions in store.objects.values() for one in versions)


async def test_a_hold_writes_over_nothing_else_that_was_noted_of_a_file(rig: Rig) -> None:
    """The command sets a hold while the server, which found the object bad, has it written anew."""
    await rig.archiver().round()
    store: Any = rig.remote
    real = store.hold

    async def slow(key: str, version: str, *, on: bool) -> None:
        await real(key, version, on=on)
        for file in await rig.book.files(HEARING):
            if file.version:
                await rig.book.save(replace(file, state="pending", version="", locked_until=None))

    store.hold = slow
    rig.held = True
    await rig.archiver().follow_hold(HEARING)
    assert {(one.state, one.version, one.held) for one in await rig.book.files(HEARING)} == {
        ("pending", "", False)
    }


async def test_what_is_copied_under_a_hold_is_held(rig: Rig) -> None:
    rig.held = True
    await rig.archiver().round()
    store: Any = rig.remote
    assert {one.held for versions in store.objects.values() for one in versions} == {True}
