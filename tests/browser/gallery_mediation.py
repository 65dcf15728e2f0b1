"""A mediation before the gallery's camera: notice, joint room, caucus, terms, signing, ending. Must never invent a state."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.browser.gallery_around import case_page, console
from tests.browser.gallery_plays import Play
from tests.browser.gallery_words import CLAUSE, DISCLOSED, FACT, FLOOR_OF_ONE, SHARED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.browser.gallery_camera import View


class Mediation(Play):
    """One mediation from the links to its ending."""

    def rows(self, seats: Sequence[str] = ()) -> list[View]:
        """These seats' pages; all, if none is named."""
        return [self.court.view(seat) for seat in seats or self.eyes]

    async def sit(self) -> None:
        """Every stage in its order."""
        court, chair = self.court, self.chair
        await asyncio.sleep(0.3)
        await self.shoot("notice", "告知与披露 · Notice and disclosure")
        await court.do(chair, "disclose", text=DISCLOSED)
        await court.here(["plaintiff"], "yes-mediator")
        await self.shoot("disclosed", "披露后征求意见 · Asked about the disclosure")
        for seat in ("plaintiff", "defendant"):
            await court.do(seat, "accept_mediator", agrees=True)
        await self.go("joint")
        await self.shoot("joint", "面对面调解 · Joint session")
        asks = {chair: "end-mediation-open", "plaintiff": "leave"}
        await self.open_on("asks", "离开、终结的询问 · Asked before acting", asks)
        await self.caucus()
        await self.terms()

    async def go(self, stage: str) -> None:
        """To a stage, its predecessor's record made."""
        await self.court.record_points(self.chair)
        await self.court.do(self.chair, "go_to_stage", stage=stage, reason="")
        await asyncio.sleep(0.4)

    async def caucus(self) -> None:
        """With the plaintiff alone: a proposal that the other side never sees; then recorded by everyone's leave."""
        court, chair = self.court, self.chair
        await self.go("caucus")
        await court.do(
            chair, "move_seats", seats=[chair, "plaintiff", "plaintiff_agent"], room="caucus:plaintiff"
        )
        room = court.page("plaintiff").get_by_test_id("room")
        await expect(room).to_have_attribute("data-room", "caucus:plaintiff")
        await court.do("plaintiff", "propose", text=FLOOR_OF_ONE, to="plaintiff")
        await asyncio.sleep(0.4)
        await self.shoot("caucus", "背对背调解（与原告一方） · Caucus with the plaintiff's side")
        for seat in (chair, "plaintiff", "plaintiff_agent"):
            await court.do(seat, "consent_recording", agrees=True)
        await asyncio.sleep(0.4)
        await self.shoot(
            "caucus-recorded", "全体同意后录制 · Recorded with everyone's leave", chair, "plaintiff"
        )
        await court.do(chair, "move_seats", seats=[chair, "plaintiff", "plaintiff_agent"], room="main")

    async def terms(self) -> None:
        """Proposals, clauses, facts; answers of both; signing."""
        court, chair = self.court, self.chair
        await court.do(chair, "propose", text=SHARED, to="both")
        await self.go("terms")
        await court.do(chair, "draft_clause", clause="", text=CLAUSE)
        await court.do(chair, "note_undisputed", text=FACT)
        clause = (await court.state(chair))["mediation"]["clauses"][-1]
        await court.do(
            "plaintiff", "answer_clause", clause=clause["clause"], version=clause["version"], agrees=True
        )
        await asyncio.sleep(0.4)
        await self.shoot("terms", "协议条款 · Terms")
        await court.do(
            "defendant", "answer_clause", clause=clause["clause"], version=clause["version"], agrees=True
        )
        await self.go("signing")
        await self.shoot("signing", "签署 · Signing")

    async def end(self) -> None:
        """Recess, the console, the ending, and after it."""
        court, chair = self.court, self.chair
        await court.do(chair, "recess", reason="休息十五分钟")
        await asyncio.sleep(0.4)
        await self.shoot("recess", "休会 · Recess")
        await court.do("plaintiff", "ask_help", kind="technician")
        await console(court, self.camera)
        await court.do(chair, "resume")
        await court.do(chair, "end_mediation", ending="agreement_reached", note="条款已逐条宣读并经双方确认")
        if "close" in (await court.state(chair))["may"]:
            await court.do(chair, "close")
        await court.here(self.eyes, "to-case")
        await self.shoot("ended", "调解终结 · After the ending")
        # Of the joint room nothing was recorded: the page says so, and promises nothing.
        await case_page(court, self.camera, self.eyes, "[data-testid=record]")
