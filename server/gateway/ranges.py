"""Pieces of a file by HTTP Range (RFC 9110 §14). A piece is never longer than a limit, whatever was asked for.

Browsers ask for "all from here" and leave the connection hanging; with six connections a host, seven long copies
would stop each other. A short answer makes them ask again.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")
_TYPES = {
    ".webm": "video/webm",
    ".mp4": "video/mp4",
    ".mkv": "video/x-matroska",
    ".vtt": "text/vtt",
    ".jpg": "image/jpeg",
    ".json": "application/json",
}


def piece(header: str, size: int, limit: int) -> tuple[int, int] | None:
    """First and last byte to send for a Range header, None for one that can't be satisfied.

    Several ranges at once are not served as such: the first is.
    """
    match = _RANGE.match(header.split(",", 1)[0].strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        begin, end = max(0, size - int(last)), size - 1
        if int(last) == 0:
            return None
    else:
        begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if begin >= size or end < begin:
        return None
    return begin, min(end, begin + limit - 1)


async def send_range(
    request: web.Request,
    path: Path,
    limit: int,
    more: Mapping[str, str] | None = None,
    content_type: str = "",
) -> web.StreamResponse:
    """Answer a request for a file: whole without Range, else 206 with a piece, or 416. more: headers; before ours.

    content_type: of a file whose name does not tell.
    """
    headers = {"Cache-Control": "private, max-age=3600", "Accept-Ranges": "bytes", **(more or {})}
    asked = request.headers.get("Range")
    if asked is None or not asked.startswith("bytes="):
        whole = web.FileResponse(path, headers=headers)
        if content_type:
            whole.content_type = content_type
        return whole
    size = (await asyncio.to_thread(path.stat)).st_size
    wanted = piece(asked, size, limit)
    if wanted is None:
        return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    first, last = wanted
    body = await asyncio.to_thread(_read, path, first, last - first + 1)
    return web.Response(
        status=206,
        body=body,
        content_type=content_type or _TYPES.get(path.suffix, "application/octet-stream"),
        headers={**headers, "Content-Range": f"bytes {first}-{last}/{size}"},
    )


def _read(path: Path, first: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(first)
        return file.read(length)
