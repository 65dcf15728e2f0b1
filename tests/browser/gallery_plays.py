"""What is played before the gallery's camera: a hearing of any procedure through all its stages, and a mediation.

Everything is real: the law's commands, the server's views, the pages' own acts. Must never invent a state.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from playwright.async_api import expect

from server.demo import cast
from server.hearing.procedure_tables import load
from tests.browser import gallery_further as further
from tests.browser.gallery_around import case_page, console
from tests.browser.gallery_words import (
    HAND,
    JUMP,
    LOCK,
    OBJECTION,
    OPINION,
    RECESS,
    REMOVED,
    REPRIMAND,
    TITLE,
)

if TYPE_CHECKING:
    from server.store.cases import SeatRow
    from tests.browser.gallery_camera import Camera
    from tests.browser.gallery_stage import Court

PANEL = (cast.PRESIDING, cast.JUDGE, cast.ASSESSOR, *cast.NOW_SEATS[1:])
TABLE = (cast.MEDIATOR, cast.CLERK, cast.PLAINTIFF, cast.PLAINTIFF_AGENT, cast.DEFENDANT)
LOOKED_AT = {"presiding", "enforcement_officer", "mediator", "clerk", "plaintiff", "witness", "observer"}
PROCEDURES = load()


def seats_of(procedure: str) -> tuple[SeatRow, ...]:
    """Who sits before the camera."""
    if procedure == "mediation":
        return TABLE
    return PANEL if procedure in {"civil_ordinary", "judgment"} else cast.seats_for(procedure)


class Play:
    """One hearing from the links to the case page. chair: the seat that presides."""

    def __init__(self, court: Court, camera: Camera, procedure: str) -> None:
        self.court = court
        self.camera = camera
        self.table = PROCEDURES[procedure]
        rows = [row.seat for row in seats_of(procedure)]
        self.chair = next(seat for seat in rows if seat in {"presiding", "enforcement_officer", "mediator"})
        self.staff = [seat for seat in (self.chair, "clerk") if seat in rows]
        looked = LOOKED_AT | ({"defendant"} if procedure == "mediation" else set())
        self.eyes = [seat for seat in rows if seat in looked]
        self.guests = [seat for seat in self.eyes if seat not in self.staff]
        self.others = [seat for seat in rows if seat not in looked]
        self.inside = [seat for seat in self.eyes if seat != "witness"]

    async def shoot(self, key: str, title: str, *seats: str, rails: bool = False) -> None:
        """One scene: these seats' pages (all, if none is named), with the chair's rail if asked for."""
        court = self.court
        rows = [court.view(seat) for seat in seats or self.eyes]
        if rails:
            rows[:1] = [court.rail(self.chair, "procedure"), court.view(self.chair), court.rail(self.chair)]
        await self.camera.scene(key, title, rows)

    # --- from the link to the waiting room ---

    async def arrive(self) -> None:
        """The four steps, looked at one by one; a device that fails, and a party that does not agree."""
        court = self.court
        for seat in self.eyes:
            person = await court.page_for(seat)
            await person.page.goto(court.house.join_url(seat))
            await expect(
                person.page.get_by_test_id("join-go" if seat in self.guests else "enter")
            ).to_be_visible()
        await self.shoot("who", "您是谁 · Who you are")
        for seat in self.guests:
            await court.click(seat, "join-go")
            await expect(court.page(seat).get_by_test_id("device-continue")).to_be_enabled()
            await expect(court.page(seat).get_by_test_id("network-verdict")).not_to_have_class(
                "verdict testing", timeout=15_000
            )
        await self.shoot("devices", "设备检测 · Devices", *self.guests)
        party = court.page("plaintiff")
        await party.evaluate("sessionStorage.setItem('gallery.denied', '1')")
        await party.reload()
        await expect(party.locator(".notice.amber").first).to_be_visible()
        await self.shoot(
            "devices-denied", "摄像头、麦克风未获准许 · Camera and microphone denied", "plaintiff"
        )
        await party.evaluate("sessionStorage.removeItem('gallery.denied')")
        await party.reload()
        await expect(party.get_by_test_id("device-continue")).to_be_enabled()
        await further.missing_device(self)
        for seat in self.guests:
            await court.click(seat, "device-continue")
            await court.here([seat], "discipline-accept")
        await self.shoot("discipline-read", "法庭纪律与同意 · Discipline and consent", *self.guests)
        await court.click("plaintiff", "consent-no")
        await court.here(["plaintiff"], "consent-refused")
        await self.shoot("consent-refused", "不同意在线进行 · Not agreeing to be online", "plaintiff")
        for seat in self.guests:
            page = court.page(seat)
            await page.get_by_test_id("discipline-accept").check()
            go = page.get_by_test_id("consent-yes").or_(page.get_by_test_id("discipline-continue"))
            await go.first.click()
            await court.here([seat], "waiting")

    async def check_in(self) -> None:
        """The waiting room and the court's check-in; then everybody inside."""
        court = self.court
        for seat in self.staff:
            await court.click(seat, "enter")
        await court.here(self.staff)
        late = [seat for seat in self.others if seat == "defendant"]
        for seat in self.others:
            if seat not in late:
                await court.seat_for(seat)
        await self.shoot("check-in", "签到核验 · Check-in", rails=True)
        await further.too_early(self)
        for seat in late:
            await court.seat_for(seat)
        clerk = "clerk" if "clerk" in self.staff else self.chair
        for seat in [*self.guests, *self.others]:
            await court.do(clerk, "admit", seat=seat)
        await court.here([seat for seat in self.inside if seat in self.guests])
        await court.do(clerk, "call_roll")
        if "check_suitability" in (await court.state(clerk))["may"]:
            await court.do(clerk, "check_suitability", barred=[])
        await court.record_points(clerk)
        for stage in [one for one in self.table.stages if one.session == "checking_in"][1:]:
            await court.do(clerk, "go_to_stage", stage=stage.key, reason="")
            await self.shoot(stage.key, f"{stage.name.zh} · {stage.name.en}", rails=True)
            await court.record_points(clerk)
        await court.until(self.chair, lambda view: view["missing"] == [])
        await court.do(self.chair, "open_court")

    # --- in session ---

    async def sit(self) -> None:
        """Every stage in its order; what happens in a stage is looked at there."""
        stages = [one for one in self.table.stages if one.session == "in_session"]
        scenes = {"opening": self.asks, "investigation": self.investigate, "debate": self.debate}
        for at, stage in enumerate(stages):
            if at:
                straight = stage.key in stages[at - 1].free
                await self.court.record_points(self.chair)
                await self.agree(stage.consent)
                await self.court.do(
                    self.chair, "go_to_stage", stage=stage.key, reason="" if straight else JUMP
                )
            await asyncio.sleep(0.3)
            await self.shoot(stage.key, f"{stage.name.zh} · {stage.name.en}", rails=True)
            if stage.key in scenes and "witness" in self.eyes:
                await scenes[stage.key]()
            if stage.key == "deliberation":
                await self.court.do(self.chair, "resume")

    async def agree(self, step: str) -> None:
        """Every party agrees to a further step held online (OLR 4); step "": none is needed."""
        for seat in ("plaintiff", "plaintiff_agent", "defendant", "defendant_agent"):
            if not step or seat not in {*self.court.pages, *self.court.seats}:
                continue
            card = next(one for one in (await self.court.state(seat))["seats"] if one["seat"] == seat)
            if any(one["step"] == step and not one["agrees"] for one in card["consents"]):
                await self.court.do(seat, "consent", agrees=True, step=step)

    async def asks(self) -> None:
        """What asks before it acts, and what is opened beside the room."""
        first = {
            self.chair: "close-court",
            "clerk": "exhibits-open",
            "plaintiff": "leave",
            "observer": "more",
        }
        await self.open_on("asks", "离开、闭庭等的询问 · Asked before acting", first)
        await self.court.page("clerk").keyboard.press("?")
        second = {self.chair: "recess", "clerk": "", "plaintiff": "hand", "observer": "leave"}
        await self.open_on("asks-more", "休庭、申请发言、快捷键 · Recess, asking for the floor, keys", second)

    async def open_on(self, key: str, title: str, pressed: dict[str, str]) -> None:
        """Open something on each page, take the scene, and put it all away."""
        rows = []
        for seat, handle in pressed.items():
            if handle:
                await self.court.click(seat, handle)
            rows.append(self.court.view(seat, again=(handle,) if handle else ()))
        await self.camera.scene(key, title, rows)
        for seat in pressed:
            await self.court.page(seat).keyboard.press("Escape")

    async def investigate(self) -> None:
        """Floor, captions, requests; an exhibit; the witness; an objection; order; an absence; an incident."""
        court, chair = self.court, self.chair
        await court.do(chair, "grant_floor", seat="plaintiff", limit_s=300)
        await court.say("plaintiff", "08-plaintiff_agent.opus")
        await expect(
            court.page("observer").get_by_test_id("captions").locator("[data-seat]").first
        ).to_be_visible(timeout=40_000)
        await self.shoot("floor", "原告有发言权 · The plaintiff has the floor")
        await court.do("plaintiff_agent", "request_floor", reason=HAND)
        await court.do("plaintiff", "cannot_hear")
        await court.do("observer", "ask_help", kind="technician")
        await self.camera.scene(
            "requests",
            "申请发言、听不清、求助 · Requests",
            [
                court.rail(chair, "requests"),
                court.rail("clerk", "requests"),
                court.view("plaintiff"),
                court.view("observer", desk=("more",)),
            ],
        )
        await court.page("observer").keyboard.press("Escape")
        await court.do("plaintiff", "hear_again")
        await court.do(chair, "decline_request", seat="plaintiff_agent")
        await self.exhibit()
        await self.witness()
        await self.order()
        await further.doors(self)
        await further.out_of_order(self)
        await further.unsuitable(self)
        await self.trouble()

    async def exhibit(self) -> None:
        """A contract is handed in, shown, marked, given an opinion on."""
        court = self.court
        name = await court.hand_in("plaintiff", TITLE)
        await court.do(self.chair, "grant_floor", seat="plaintiff", limit_s=0)
        await court.do("plaintiff", "present_exhibit", exhibit=name)
        await court.do("plaintiff", "mark_exhibit", shape="box", points="900,2300 7400,2700")
        for seat in self.inside:
            await expect(
                court.page(seat).get_by_test_id("showing").locator("[data-page='1'] img")
            ).to_be_visible(timeout=20_000)
        await self.shoot("exhibit", "证据展示 · An exhibit on the screen")
        qualities = {"authenticity": "accepted", "legality": "accepted", "relevance": "disputed"}
        await court.do("defendant", "give_opinion", exhibit=name, **qualities, text=OPINION)
        await court.click("plaintiff", "exhibits-open")
        await court.click("clerk", "exhibits-open")
        await self.shoot("exhibits", "证据材料与质证意见 · Exhibits and opinions", "clerk", "plaintiff")
        for seat in ("clerk", "plaintiff"):
            await court.page(seat).keyboard.press("Escape")
        await court.do(self.chair, "stop_showing")

    async def witness(self) -> None:
        """Isolated so far; signs, is called, heard, and an objection waits for its ruling."""
        court, chair = self.court, self.chair
        await court.click("witness", "oath-sign")
        await expect(court.page("witness").get_by_test_id("oath-sign")).to_have_count(0)
        await self.shoot(
            "witness-signed", "证人签署保证书后等候 · The witness has signed and waits", "witness"
        )
        await court.do(chair, "call_witness", seat="witness")
        await court.here(["witness"])
        await court.do(chair, "grant_floor", seat="witness", limit_s=120)
        await asyncio.sleep(1)
        await self.shoot("witness", "证人作证 · The witness testifies", rails=True)
        await court.do("defendant", "raise_objection", ground="leading", text=OBJECTION)
        await asyncio.sleep(0.3)
        rows = [court.rail(chair, "requests"), *(court.view(seat) for seat in self.eyes)]
        await self.camera.scene("objection", "异议待裁定 · An objection waits for its ruling", rows)
        objection = (await court.state(chair))["objections"][-1]["objection"]
        await court.do(chair, "rule_objection", objection=objection, sustained=True)
        await self.shoot(
            "objection-ruled", "异议成立 · Objection sustained", "clerk", "plaintiff", "witness", "observer"
        )
        await court.do(chair, "dismiss_witness", seat="witness")
        await court.here(["witness"], "waiting")

    async def order(self) -> None:
        """Reprimand, lock, removal."""
        court, chair = self.court, self.chair
        await court.do(chair, "discipline", seat="plaintiff", measure="reprimand", reason=REPRIMAND)
        await court.here(["plaintiff"], "court-notice")
        await court.click(chair, "more-plaintiff")
        await self.camera.scene(
            "reprimand",
            "训诫 · A reprimand",
            [court.rail(chair), court.view("clerk"), court.view("plaintiff"), court.view("observer")],
        )
        await court.click("plaintiff", "notice-seen")
        await court.do(chair, "mute_and_lock", seat="plaintiff", reason=LOCK)
        await court.here(["plaintiff"], "court-notice")
        await court.click("plaintiff", "notice-seen")
        await self.shoot("locked", "禁言 · Muted by the court", chair, "plaintiff")
        await court.do(chair, "release_lock", seat="plaintiff")
        await court.click(chair, "more-plaintiff")
        await court.do(chair, "remove", seat="observer", reason=REMOVED)
        await court.here(["observer"], "removed")
        await self.shoot("removed", "责令退出法庭 · Ordered out", "observer", chair)
        await court.do(chair, "readmit", seat="observer", reason=JUMP)
        await court.here(["observer"], "waiting")
        await court.do(chair, "admit", seat="observer")
        await court.here(["observer"])

    async def trouble(self) -> None:
        """A line that is lost, an absence with the house's facts, an incident to be noted, who was heard."""
        court, chair = self.court, self.chair
        await court.seats["defendant"].cut()
        await court.cut("plaintiff")
        await court.here(["plaintiff"], "connection-lost")
        await asyncio.sleep(1.5)
        await self.shoot("line-lost", "连接中断 · The line is lost", "plaintiff", chair)
        await court.mend("plaintiff")
        await court.do(
            "plaintiff_agent", "report_device", camera="failed", microphone="ok", speaker="ok", network="fair"
        )
        await court.until(chair, lambda view: view["incidents"])
        await court.until(
            chair, lambda view: any(one["absences"] for one in view["seats"] if one["seat"] == "defendant")
        )
        await court.until(
            chair,
            lambda view: any(absence["proposal"] for one in view["seats"] for absence in one["absences"]),
            60,
        )
        await self.camera.scene(
            "absence",
            "缺席报告与异常情况说明 · Absence report and incident note",
            [
                court.view(chair),
                court.rail(chair, "requests"),
                court.rail("clerk", "requests"),
                court.view("plaintiff"),
            ],
        )
        await court.do(chair, "prompt_absent", seat="defendant")
        await court.seats["defendant"].enter(resume=True)
        heard = court.view(
            chair, "heard", phone=("rail-open", "part-people", "~heard-sheet"), after_phone=("rail-close",)
        )
        await court.page(chair).get_by_test_id("heard").click()
        await court.page(chair).get_by_test_id("heard-sheet").scroll_into_view_if_needed()
        await self.camera.scene("heard", "是否都听清 · Was everyone heard", [heard])
        await court.page(chair).get_by_test_id("heard").click()

    async def debate(self) -> None:
        """The floor open to both, one after the other."""
        court, chair = self.court, self.chair
        await court.do(chair, "open_floor", seats=["plaintiff", "defendant"])
        await court.do(chair, "set_half_duplex", on=True)
        await self.shoot("debate-turns", "轮流发言 · One after the other", chair, "plaintiff", "observer")
        await court.do(chair, "set_half_duplex", on=False)
        await court.do(chair, "set_layout", layout="grid", spotlight="")
        await asyncio.sleep(0.5)
        await self.shoot(
            "grid", "全体画面 · Everybody in the same size", chair, "clerk", "plaintiff", "observer"
        )
        await court.do(chair, "set_layout", layout="speaker", spotlight="")
        await court.do(chair, "close_floor")

    # --- the end ---

    async def end(self) -> None:
        """Recess, the officer's console, the close, and what is after it."""
        court, chair = self.court, self.chair
        await further.unattended(self)
        await court.do(chair, "recess", reason=RECESS)
        await asyncio.sleep(0.5)
        await self.shoot("recess", "休庭 · Recess", rails=True)
        await court.do("plaintiff", "ask_help", kind="technician")
        await console(court, self.camera)
        await court.do(chair, "resume")
        await court.record_points(chair)
        await court.do(chair, "close")
        await court.here([seat for seat in self.inside if seat != "observer"], "to-case")
        await court.here([seat for seat in self.eyes if seat in {"observer", "witness"}], "pause-closed")
        await self.shoot("closed", "闭庭后 · After the close")
        await case_page(court, self.camera, [seat for seat in self.inside if seat != "observer"])

    async def run(self) -> None:
        """All of it."""
        await self.arrive()
        await self.check_in()
        await self.sit()
        await self.end()
