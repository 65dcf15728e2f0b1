"""How the HTTP routes read a JSON body and answer: JSON that nobody keeps, in the asker's language. Decides nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from server.gateway.errors import Malformed
from server.hearing import refusals

if TYPE_CHECKING:
    from server.gateway.errors import Lang
    from server.hearing.refusals import Refused

_TOKEN_CHARACTERS_MAX = 200  # far above any token of ours


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


def refusal(request: web.Request, refused: Refused, status: int) -> web.Response:
    """The law says no: as on the WebSocket, with its rule and its own sentence."""
    said = refusals.sentence(refused.reason, language(request))
    reason = refused.reason.value
    return answer({"error": "refused", "reason": reason, "rule": refused.rule, "message": said}, status)


async def body_of(request: web.Request, bytes_max: int) -> dict[str, Any]:
    """The JSON object a request carries. Raises Malformed("message_too_large" | "bad_request")."""
    body = await request.read()
    if len(body) > bytes_max:
        raise Malformed("message_too_large")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("bad_request") from None
    if not isinstance(found, dict):
        raise Malformed("bad_request")
    return found


async def token_of(request: web.Request, bytes_max: int) -> str:
    """The token of a link that a request would redeem. Raises as `body_of`."""
    token = (await body_of(request, bytes_max)).get("token")
    if not isinstance(token, str) or not 0 < len(token) <= _TOKEN_CHARACTERS_MAX:
        raise Malformed("bad_request")
    return token
