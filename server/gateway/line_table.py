"""The series of a hearing's line figures as a file for people: CSV. Who may have it was asked before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from server.courtroom.line_log import csv
from server.hearing.ids import HearingId

if TYPE_CHECKING:
    from server.courtroom.ports import LineBook


async def line_table(lines: LineBook, hearing: str) -> web.Response:
    """The answer; a hearing of which nothing is kept has a table with a head only."""
    steps = await lines.whole(HearingId(hearing))
    return web.Response(
        text=await asyncio.to_thread(csv, steps),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="lines-{hearing}.csv"',
        },
    )
