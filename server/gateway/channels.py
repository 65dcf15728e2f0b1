"""The channel of each message of the wire, by its type. Pure data; a test fails where a message has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.channels import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_MESSAGE: Mapping[str, Channel] = {
    "welcome": Channel.LINK,
    "view": Channel.OWN,
    "speaking": Channel.SPEAKING,
    "tape": Channel.TAPE_LIGHT,
    "caption": Channel.CAPTIONS,
    "sheet": Channel.SHEET,
    "health": Channel.HEALTH,
    "answer": Channel.LINK,
    "done": Channel.LINK,
    "refused": Channel.LINK,
    "problem": Channel.LINK,
    "bye": Channel.LINK,
    "media_lost": Channel.LINK,
    "candidates": Channel.LINK,
    "relays": Channel.LINK,
    "pointer": Channel.POINTER,
    "pong": Channel.LINK,
}
