"""Single messages of a WebSocket: reading what a client wrote, saying why something is wrong. Keeps nothing."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode
from pydantic import ValidationError

from server.gateway import wire
from server.gateway.errors import Malformed, sentence

if TYPE_CHECKING:
    from aiohttp import web
    from pydantic import BaseModel

    from server.gateway.errors import Lang

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def parse(text: str) -> BaseModel:
    """A client's message. Raises Malformed("bad_message" | "not_json")."""
    try:
        return wire.CLIENT.validate_json(text)
    except ValidationError:
        raise Malformed("bad_message") from None
    except ValueError:
        raise Malformed("not_json") from None


def version_of(text: str) -> object:
    """The protocol version of a hello, whatever else a newer one may carry. Raises Malformed("hello_expected")."""
    try:
        hello = json.loads(text)
        if hello["type"] == "hello":
            return hello["v"]
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise Malformed("hello_expected")


def id_of(text: str | None) -> str | None:
    """The id of a message that could not be read whole, so that its sender can tell which one failed."""
    try:
        found = json.loads(text or "").get("id")
    except (ValueError, AttributeError, RecursionError):
        return None
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def problem(asked: str | None, error: str, reason: str, lang: Lang) -> wire.Problem:
    """What went wrong, in the reader's language. asked: the id of the message it answers."""
    return wire.Problem.model_validate(
        {"id": asked, "error": error, "reason": reason, "message": sentence(reason, lang)}
    )


async def say_problem(
    socket: web.WebSocketResponse, reason: str, lang: Lang, error: str = "malformed"
) -> None:
    """Say why there is no welcome, and close."""
    with contextlib.suppress(ConnectionError, RuntimeError):
        await socket.send_str(problem(None, error, reason, lang).model_dump_json())
        await socket.close(
            code=WSCloseCode.POLICY_VIOLATION if error == "malformed" else WSCloseCode.TRY_AGAIN_LATER
        )


async def say_bye(socket: web.WebSocketResponse, reason: str, lang: Lang, said: str | None = None) -> None:
    """Say why it ends, and close. said: the sentence, if it is not the reason's own."""
    with contextlib.suppress(ConnectionError, RuntimeError):
        await socket.send_str(
            wire.Bye(reason=reason, message=said or sentence(reason, lang)).model_dump_json()
        )
        await socket.close(code=WSCloseCode.OK)
