"""TURN relays for tabs that reach the media port by no other way: their addresses, and credentials for a while.

Credentials follow the TURN REST convention (draft-uberti-behave-turn-rest-00): the user name begins with the second it
ends at, the password is an HMAC over it with the secret that the relay knows too. The relay keeps no list of users.
It must never send the secret anywhere, nor give the same credentials to two connections.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from server.gateway import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from server.gateway.outbox import SocketTab
    from server.gateway.settings import TurnSettings

URLS_MAX = 4  # browsers warn that more of them slow the search for a way
SECRET_BYTES_MIN = (
    16  # 128 bits: a password can be guessed at from any one of its credentials, without the relay
)
# RFC 7065 §3.1, with the two transports that browsers speak to a relay.
_URL = re.compile(
    r"turns?:(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:\?transport=(?:udp|tcp))?"
)


def faults(settings: TurnSettings) -> Iterator[tuple[str, str, str]]:
    """Tell what is wrong with the settings: key, and what was expected in Chinese and English."""
    if len(settings.urls) > URLS_MAX:
        yield "turn.urls", f"至多 {URLS_MAX} 个地址", f"expected at most {URLS_MAX} addresses"
    for url in settings.urls:
        if not _URL.fullmatch(url):
            yield (
                "turn.urls",
                f"应形如 turn:relay.court.example:3478?transport=udp，实为 {url!r}",
                f"expected an address as in turn:relay.court.example:3478?transport=udp, found {url!r}",
            )
    if bool(settings.urls) != (settings.secret_file is not None):
        yield (
            "turn.secret_file",
            "urls 与 secret_file 须同时设置",
            "expected urls and secret_file, or neither",
        )
    if settings.secret_file is not None and len(_secret(settings)) < SECRET_BYTES_MIN:
        yield (
            "turn.secret_file",
            f"密钥至少 {SECRET_BYTES_MIN} 字节",
            f"expected a secret of at least {SECRET_BYTES_MIN} bytes",
        )


def _secret(settings: TurnSettings) -> bytes:
    """Read the secret, without the line end that editors put there; OSError."""
    return b"" if settings.secret_file is None else settings.secret_file.read_bytes().strip()


def credentials(secret: bytes, user: str, ends_s: int) -> tuple[str, str]:
    """Give user name and password; good until ends_s (Unix seconds) for an allocation, which may last longer."""
    name = f"{ends_s}:{user}"
    return name, base64.b64encode(hmac.digest(secret, name.encode(), hashlib.sha1)).decode()


class Relays:
    """Gives each tab its own credentials, and new ones when half of their time is over."""

    def __init__(self, settings: TurnSettings, now_ms: Callable[[], int]) -> None:
        """Read the secret once. OSError."""
        self._urls = list(settings.urls)
        self._lifetime_ms = int(settings.credential_lifetime_s * 1000)
        self._secret = _secret(settings)
        self._now_ms = now_ms

    def due(self, tab: SocketTab) -> wire.Relays | None:
        """Give what a tab is to be told now; None if there is no relay, or what it has is good for long enough."""
        now_ms = self._now_ms()
        if not self._urls or tab.relays_until_ms - now_ms > self._lifetime_ms / 2:
            return None
        ends_s = (now_ms + self._lifetime_ms) // 1000
        tab.relays_until_ms = ends_s * 1000
        name, password = credentials(self._secret, tab.connection, ends_s)
        return wire.Relays(urls=self._urls, username=name, credential=password, expires_at=ends_s * 1000)
