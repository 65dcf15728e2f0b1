"""Links to recordings, each for one reader, one purpose and a short time. Denies by default; never logs a link.

A link names the session it was given to (SHA-256 of its bearer) and the entry in the ledger of reading; both are under the
signature. It works only together with a cookie that was given to that tab's browser beside it (decision 0016), and only while
the session lasts. The cookie opens nothing by itself and is sent to /media alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from server.gateway.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from server.store.cases import Cases

_EXPIRES = re.compile(r"[0-9]{1,12}", re.ASCII)  # a Unix time in seconds, for ages to come
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_SESSION = re.compile(r"[0-9a-f]{64}", re.ASCII)
PATH = "/media"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a good link says: the reader's session, and the entry in the ledger of reading."""

    session: str
    number: int


class ReaderLinks:
    """Signs and checks. key: of this house; lifetime_s: of a link; secure: browsers reach this house by TLS alone."""

    def __init__(
        self, *, cases: Cases, key: bytes, lifetime_s: int, secure: bool, now_ms: Callable[[], int]
    ) -> None:
        self._cases = cases
        self._key = key
        self._lifetime_s = lifetime_s
        self._secure = secure
        self._now_ms = now_ms

    def sign(self, path: str, session: str, number: int) -> str:
        """A link to a file for one reader under one entry of the ledger; works for lifetime_s, and up to a minute more."""
        # Rounded up to the minute so that a page polled often keeps the same link and its buffered media.
        expires = str((self._now_ms() // 60_000 + 1) * 60 + self._lifetime_s)
        mac = self._mac(path, expires, session, str(number))
        return f"{path}?{urlencode({'e': expires, 'r': session, 'g': number, 's': mac})}"

    async def check(self, request: web.Request) -> Bound:
        """Raises Forbidden("link_expired" | "link_not_yours" | "session_invalid"), Unavailable."""
        query = request.query
        expires, session, number = query.get("e", ""), query.get("r", ""), query.get("g", "")
        well = _EXPIRES.fullmatch(expires) and _SESSION.fullmatch(session) and _NUMBER.fullmatch(number)
        if not well or not _same(self._mac(request.path, expires, session, number), query.get("s", "")):
            raise Forbidden("link_expired")
        if int(expires) * 1000 < self._now_ms():
            raise Forbidden("link_expired")
        if not _same(self._cookie(session), request.cookies.get(_cookie_name(session), "")):
            raise Forbidden("link_not_yours")
        if await self._cases.find_session_digest(session, self._now_ms()) is None:
            raise Forbidden("session_invalid", 401)
        return Bound(session, int(number))

    def give(self, request: web.Request, response: web.Response, session: str) -> None:
        """Set the cookie that makes this browser the reader's."""
        # What a request tells is only for a house that does not say where it is: a page's own GET carries no Origin.
        origin = request.headers.get("Origin", "")
        told = origin.startswith("https:") or request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(
            _cookie_name(session),
            self._cookie(session),
            path=PATH,
            max_age=self._lifetime_s + 120,
            httponly=True,
            samesite="Strict",
            secure=self._secure or told or request.secure,
        )

    def _mac(self, path: str, expires: str, session: str, number: str) -> str:
        text = f"reading\n{path}\n{expires}\n{session}\n{number}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _cookie(self, session: str) -> str:
        return hmac.new(self._key, f"reader\n{session}".encode(), hashlib.sha256).hexdigest()


def _cookie_name(session: str) -> str:
    return f"yunting-reader-{session[:16]}"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogateescape"))


def session_of(request: web.Request) -> str:
    """SHA-256 of the bearer that a request carries; the claim behind it is checked elsewhere."""
    bearer = request.headers.get("Authorization", "").partition(" ")[2]
    return hashlib.sha256(bearer.encode("utf-8", "surrogatepass")).hexdigest()
