"""Who is asking: join links, bearers, Origin, signed media links. Denies by default; says no more than it must.

Times: Unix milliseconds. Never logs a token.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from server.gateway.errors import Forbidden
from server.gateway.rates import KeyedBuckets
from server.gateway.reader_links import ReaderLinks

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from server.gateway.settings import GatewaySettings
    from server.store.cases import Cases, Claim

_KEYS_MAX = 4096
_DIGITS_MAX = 12  # of a Unix time in seconds, for ages to come


class Auth:
    """Turns what a request carries into a claim to a seat."""

    def __init__(
        self,
        *,
        cases: Cases,
        settings: GatewaySettings,
        public_origins: tuple[str, ...],
        link_key: bytes,
        now_ms: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        self._cases = cases
        self._origins = frozenset(public_origins)
        self._link_key = link_key
        self._lifetime_s = settings.link_lifetime_s
        self._joins = KeyedBuckets.a_minute(settings.joins_per_minute_max, _KEYS_MAX, monotonic)
        self._reads = KeyedBuckets(
            settings.reads_per_second_max, settings.reads_burst_max, _KEYS_MAX, monotonic
        )
        self.links = ReaderLinks(
            cases=cases,
            key=link_key,
            lifetime_s=settings.link_lifetime_s,
            secure=bool(public_origins) and all(one.startswith("https:") for one in public_origins),
            now_ms=now_ms,
        )
        self.now_ms = now_ms
        self.monotonic = monotonic

    def check_origin(self, request: web.Request) -> None:
        """Exact Origin: one of the configured ones, or the very host that was asked. Raises Forbidden("origin")."""
        # Both schemes: a TLS proxy in front speaks plain HTTP to us and hands the Host on.
        own = {f"http://{request.host}", f"https://{request.host}"} if request.host else frozenset()
        if request.headers.get("Origin", "") not in (self._origins or own):
            raise Forbidden("origin")

    async def join(self, token: str, address: str) -> str:
        """A bearer for a join link. Raises Forbidden("link_invalid" | "too_many_attempts").

        Behind a proxy everybody has one address: only links that are none count against it, and a good one always
        works. Guessing one of 256 bits is hopeless with or without a limit.
        """
        if not self._reads.take(bucket_key(token)):
            raise Forbidden("too_many_attempts", 429)  # each redemption writes
        redeemed = await self._cases.redeem_link(token, self.now_ms())
        if redeemed is None:
            if not self._joins.take(address):
                raise Forbidden("too_many_attempts", 429)
            raise Forbidden("link_invalid", 404)
        return redeemed[0]

    async def claim(self, bearer: str) -> Claim:
        """The seat a bearer stands for. Raises Forbidden("session_invalid")."""
        claim = await self._cases.find_session(bearer, self.now_ms())
        if claim is None:
            raise Forbidden("session_invalid", 401)
        return claim

    async def claim_of(self, request: web.Request) -> Claim:
        """The claim of an HTTP request's Authorization header. Raises Forbidden("session_invalid" | "busy")."""
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not bearer:
            raise Forbidden("session_invalid", 401)
        if not self._reads.take(bucket_key(bearer)):
            raise Forbidden("busy", 429)
        return await self.claim(bearer)

    async def own_claim_of(self, request: web.Request) -> Claim:
        """The claim, where the path names its own hearing. Raises Forbidden("not_found") and as `claim_of`."""
        claim = await self.claim_of(request)
        if request.match_info["hearing"] != claim.hearing_id:
            raise Forbidden("not_found", 404)
        return claim

    def sign(self, path: str) -> str:
        """A link to a media file that works for `link_lifetime_s` (no bearer fits into <video src>)."""
        # Rounded up to the minute so that a page polled often keeps the same link and its buffered media.
        expires = (self.now_ms() // 60_000 + 1) * 60 + self._lifetime_s
        return f"{path}?{urlencode({'e': expires, 's': self._mac(path, expires)})}"

    def check_signed(self, path: str, expires: str, mac: str) -> None:
        """Raises Forbidden("link_expired") unless the link is one of ours and still fresh."""
        if not expires.isascii() or not expires.isdigit() or len(expires) > _DIGITS_MAX:
            raise Forbidden("link_expired")
        genuine = hmac.compare_digest(
            self._mac(path, int(expires)).encode(), mac.encode("utf-8", "surrogateescape")
        )
        if not genuine or int(expires) * 1000 < self.now_ms():
            raise Forbidden("link_expired")

    def _mac(self, path: str, expires: int) -> str:
        return hmac.new(self._link_key, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def bucket_key(secret: str) -> str:
    """A bucket's key: of one length whatever was sent, and no secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
