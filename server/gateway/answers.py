"""How the HTTP routes answer: JSON that nobody keeps, in the asker's language. Decides nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from server.gateway.errors import Lang


def language(request: web.Request) -> Lang:
    """The language of the asker's browser: English where it says so first, else Chinese."""
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh-CN"


def answer(body: Any, status: int = 200) -> web.Response:
    """A JSON answer that no cache keeps."""
    return web.json_response(
        body,
        status=status,
        headers={"Cache-Control": "no-store"},
        dumps=lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    )
