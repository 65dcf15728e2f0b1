"""A door before an S3 server: passes everything on, and holds up the upload of one file until it is opened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from typing import Self


class Gate:
    """url: of the door. puts: keys of the uploads that were passed on; stalled: one is held up now."""

    def __init__(self, behind: str, stall: str) -> None:
        self._behind = behind
        self._stall = stall
        self._open = asyncio.Event()
        self.stalled = asyncio.Event()
        self.puts: list[str] = []
        self.url = ""

    def open(self) -> None:
        """Hold up nothing any more."""
        self._open.set()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._client = aiohttp.ClientSession(auto_decompress=False)
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open.set()
        await self._runner.cleanup()
        await self._client.close()

    async def _pass(self, request: web.Request) -> web.Response:
        upload = request.method == "PUT" and not request.query
        if upload and request.path.endswith(self._stall) and not self._open.is_set():
            self.stalled.set()
            await self._open.wait()
        body = await request.read()
        if upload:
            self.puts.append(request.path)
        # the signature is over the name of the door: the server behind does not ask
        url = URL(f"{self._behind}{request.raw_path}", encoded=True)
        async with self._client.request(request.method, url, headers=request.headers, data=body) as answer:
            headers = {
                k: v
                for k, v in answer.headers.items()
                if k.lower() not in {"content-length", "transfer-encoding"}
            }
            data = await answer.read()
            if request.method == "HEAD":
                headers["Content-Length"] = answer.headers.get("Content-Length", "0")
            return web.Response(status=answer.status, headers=headers, body=data)
