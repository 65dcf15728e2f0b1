"""Serves the built web client and the headers that keep it in its own house. Knows no law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

# Every screen is one document; the client's router reads the path.
_CONSOLE = ("/console", "/console/j/{token}", "/console/{token}")
SCREENS = ("/", "/j/{token}", "/arrive", "/court", "/case/{case_id}", "/verify", *_CONSOLE)

_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; "
    "style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",  # a join link is a secret
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@web.middleware
async def headers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Put the house's headers on every answer."""
    try:
        response = await handler(request)
    except web.HTTPException as exception:
        exception.headers.update(HEADERS)
        raise
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)  # an answer may be stricter
        if request.path.startswith("/assets/") and response.status < 400:  # noqa: PLR2004  HTTP's own line
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"  # names carry a hash
    return response


def add_pages(app: web.Application, built: Path) -> None:
    """Routes of the web client built into `built`. Raises FileNotFoundError if it isn't built."""
    document = built / "index.html"
    if not document.is_file():
        raise FileNotFoundError(f"{document}: the web client is not built; run 'make setup'")

    async def screen(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(document, headers={**HEADERS, "Cache-Control": "no-cache"})

    for path in SCREENS:
        app.router.add_get(path, screen)
    app.router.add_static("/assets", built / "assets", append_version=False)
    for extra in sorted(built.iterdir()):
        if extra.is_file() and extra != document and not extra.name.startswith("."):
            app.router.add_get(f"/{extra.name}", _file(extra))


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers=HEADERS)

    return serve
