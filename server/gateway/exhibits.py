"""Reading materials: a page as a picture, a video or sound in pieces. What the law lets the seat see now, and nothing else.

Pages are drawn here, so that everybody sees the same pixels, and a document itself is given out to nobody. Each request is
asked of the law anew: a witness has the page that is shown, while it is shown (OLR 26).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import web

from server.courtroom.ports import Unavailable
from server.exhibits.apart import Busy
from server.exhibits.drawn import width_for
from server.exhibits.forms import FORMS
from server.exhibits.worker import Broken
from server.gateway.answers import answer
from server.gateway.errors import Forbidden, Malformed
from server.gateway.handing_in import original_of, played_of
from server.gateway.ranges import send_range
from server.hearing.ids import HearingId, SeatId
from server.hearing.showing import may_play, may_see_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from server.courtroom.registry import Registry
    from server.exhibits.drawn import Drawn
    from server.gateway.auth import Auth
    from server.gateway.settings import GatewaySettings
    from server.hearing.state import Hearing
    from server.store.materials import Material, Materials

_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_DEFAULT_WIDTH = "1280"
_STRICT = {
    # opened by itself it can do nothing, whatever it is
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Exhibits:
    """Serves materials. folders: where those of a hearing are kept."""

    def __init__(
        self,
        *,
        auth: Auth,
        registry: Registry,
        materials: Materials,
        drawn: Drawn,
        settings: GatewaySettings,
        folders: Callable[[str], Path],
    ) -> None:
        self._auth = auth
        self._registry = registry
        self._materials = materials
        self._drawn = drawn
        self._settings = settings
        self._folders = folders

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        one = "/api/hearings/{hearing}/exhibits/{exhibit}"
        app.router.add_get(one + "/page/{page}", self.page)
        app.router.add_get(one + "/link", self.link)
        app.router.add_get("/exhibit/{hearing}/{exhibit}/{seat}", self.file)

    async def page(self, request: web.Request) -> web.Response:
        """?w=PIXELS: the page as a WebP picture, at least so wide where it is drawn so wide."""
        hearing, seat, exhibit = await self._asked(request)
        page, width = request.match_info["page"], request.query.get("w", _DEFAULT_WIDTH)
        if not (_NUMBER.fullmatch(page) and _NUMBER.fullmatch(width)):
            raise Malformed("bad_request")
        if not may_see_page(await self._state(hearing), seat, exhibit, int(page)):
            raise Forbidden("exhibit_not_shown")
        material = await self._material(hearing, exhibit)
        original = original_of(self._folders(hearing), material.id, material.form)
        kind = FORMS[material.form].kind
        try:
            picture = await self._drawn.page(original, material.id, kind, int(page), width_for(int(width)))
        except Broken as broken:
            raise Malformed(broken.reason) from None
        except Busy:
            raise Unavailable("busy") from None
        if not may_see_page(await self._state(hearing), seat, exhibit, int(page)):
            raise Forbidden("exhibit_not_shown")  # it was taken away while it was drawn
        name = f"{material.id}-{int(page)}.webp"
        headers = {
            **_STRICT,
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return web.Response(body=picture, content_type="image/webp", headers=headers)

    async def link(self, request: web.Request) -> web.Response:
        """{"url"}: where the seat's player finds the video or sound; good for the seat only, and asked again each time."""
        hearing, seat, exhibit = await self._asked(request)
        if not may_play(await self._state(hearing), seat, exhibit):
            raise Forbidden("exhibit_not_shown")
        material = await self._material(hearing, exhibit)
        path = f"/exhibit/{hearing}/{exhibit}/{seat}"
        return answer({"url": self._auth.sign(path), "duration_ms": material.duration_ms})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """?e&s: a video or sound by the seat's own link, in pieces; a player has no bearer."""
        self._auth.check_signed(request.path, request.query.get("e", ""), request.query.get("s", ""))
        hearing, exhibit = request.match_info["hearing"], request.match_info["exhibit"]
        if not may_play(await self._state(hearing), SeatId(request.match_info["seat"]), exhibit):
            raise Forbidden("exhibit_not_shown")
        material = await self._material(hearing, exhibit)
        form = FORMS[material.form]
        path = played_of(self._folders(hearing), material.id, form.suffix)
        headers = {
            **_STRICT,
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{material.id}{form.suffix}"',
        }
        return await send_range(request, path, self._settings.range_bytes_max, headers, form.content_type)

    async def _asked(self, request: web.Request) -> tuple[str, SeatId, str]:
        claim = await self._auth.own_claim_of(request)
        exhibit = request.match_info["exhibit"]
        if not _ID.fullmatch(exhibit):
            raise Forbidden("not_found", 404)
        return claim.hearing_id, SeatId(claim.seat), exhibit

    async def _state(self, hearing: str) -> Hearing:
        return (await self._registry.room(HearingId(hearing))).state

    async def _material(self, hearing: str, exhibit: str) -> Material:
        material = await self._materials.find(hearing, exhibit)
        if material is None:
            raise Forbidden("not_found", 404)
        return material
