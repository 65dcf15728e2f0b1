"""What is rarer, before the gallery's camera: doors closed, somebody asked out, a court unsuitable or left alone, and the like.

Plays on a hearing that stands and leaves it as it was. Must never invent a state.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.browser.gallery_words import ASKED_OUT, CLOSED_FOR, FOUND, JUMP

if TYPE_CHECKING:
    from tests.browser.gallery_plays import Play

ALONE_S = 90
"""Longer than the law waits before a court that nobody leads is recessed."""


async def missing_device(play: Play) -> None:
    """A party whose computer has no camera, then neither camera nor microphone."""
    party = play.court.page("plaintiff")
    for what, title in (("camera", "没有摄像头 · No camera"), ("both", "没有设备 · No devices")):
        await party.evaluate("(what) => sessionStorage.setItem('gallery.missing', what)", what)
        await party.reload()
        await expect(party.locator(".notice.amber").first).to_be_visible()
        await play.shoot(f"devices-missing-{what}", title, "plaintiff")
    await party.evaluate("sessionStorage.removeItem('gallery.missing')")
    await party.reload()
    await expect(party.get_by_test_id("device-continue")).to_be_enabled()


async def too_early(play: Play) -> None:
    """Opening before all is there: what is missing is said, and a reason asked for."""
    if "open_court" not in (await play.court.state(play.chair))["may"]:
        return
    asks = {play.chair: "open-court"}
    await play.open_on("opening-asks", "未齐备时开庭的询问 · Opening while something is missing", asks)


async def out_of_order(play: Play) -> None:
    """A stage out of its order asks for a reason; so does a close before the end."""
    await play.court.click(play.chair, "part-procedure")
    ahead = [one["key"] for one in (await play.court.state(play.chair))["next"] if not one["free"]]
    if not ahead:
        return
    await play.court.click(play.chair, "stages-all")
    await play.open_on("jump", "不按顺序 · Out of order", {play.chair: f"stage-{ahead[-1]}"})
    await play.open_on("close-early", "提前闭庭 · Closing early", {play.chair: "close-court"})
    await play.court.click(play.chair, "stages-all")


async def doors(play: Play) -> None:
    """The doors closed for a part, the public outside; a party asked to wait outside; both undone."""
    court, chair = play.court, play.chair
    if "close_doors" not in (await court.state(chair))["may"]:
        return
    await court.click(chair, "part-procedure")
    await play.open_on("doors-asks", "不公开审理的询问 · Closing the doors", {chair: "close-doors"})
    await court.do(chair, "close_doors", ground="trade_secret", reason=CLOSED_FOR, recorded=True)
    await court.here(["observer"], "waiting")
    await play.shoot("doors-closed", "部分不公开 · Not public for a part", rails=True)
    await court.do(chair, "open_doors")
    await court.here(["observer"])
    await court.do(chair, "ask_out", seat="plaintiff", reason=ASKED_OUT)
    await court.here(["plaintiff"], "waiting")
    await play.shoot("asked-out", "请回候庭室等候 · Asked to wait outside", "plaintiff", chair)
    await court.do(chair, "admit", seat="plaintiff")
    await court.here(["plaintiff"])


async def unsuitable(play: Play) -> None:
    """A case of OLR 21 found on the way: moving offline is proposed to the presiding seat, with what is known filled in."""
    court, chair = play.court, play.chair
    await court.do("clerk", "check_suitability", barred=["complex"], note=FOUND)
    await court.here([chair, "clerk"], "offline-proposal")
    rows = [court.rail(chair, "procedure"), court.rail("clerk", "procedure")]
    await play.camera.scene("unsuitable", "发现不适合在线审理 · Found unsuitable on the way", rows)
    await play.open_on("unsuitable-asks", "转为线下的询问 · Moving offline", {chair: "offline-now"})
    await court.do(chair, "check_suitability", barred=[], note=JUMP)


async def unattended(play: Play) -> None:
    """Nobody leads: the house recesses by itself, and says so."""
    court = play.court
    away = [seat for seat in (play.chair, "clerk") if seat in court.pages]
    others = [seat for seat in play.guests if seat in play.inside]
    if not others or "clerk" not in away:
        return
    for seat in away:
        await court.cut(seat)
    await court.until(others[0], lambda view: view["presiding_away"] is not None)
    await asyncio.sleep(2)
    await play.shoot("leaderless", "无人主持 · Nobody leads", *others)
    await court.until(others[0], lambda view: view["session"] == "recessed", ALONE_S)
    await play.shoot("unattended", "系统自动休庭 · Recessed by the house", *others)
    for seat in away:
        await court.mend(seat)
    await court.here(away)
    await play.shoot("unattended-back", "主持人回来 · Whoever presides is back", rails=True)
    await court.do(play.chair, "resume")
