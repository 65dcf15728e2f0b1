"""Firefox by WebDriver BiDi, without a driver program: enough to open a page, run a script and take a picture."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROGRAM = "firefox-esr"
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "media.gmp-manager.updateEnabled": False,
    "app.update.enabled": False,
    "remote.active-protocols": 1,
    "intl.accept_languages": "zh-CN, zh",
}


class FirefoxTab:
    """One tab. Scripts are bodies of async functions and give JSON values."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.get_running_loop().create_task(self._read())
        self._tab = ""

    async def open(self) -> None:
        """Start the session and a tab."""
        await self.command("session.new", capabilities={})
        self._tab = (await self.command("browsingContext.create", type="tab"))["context"]

    async def go(self, url: str) -> None:
        """Load a page."""
        await self.command("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    async def run(self, body: str) -> Any:
        """Run a script in the page."""
        result = await self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await (async () => {{ {body} }})() ?? null))()",
            target={"context": self._tab},
            awaitPromise=True,
            userActivation=True,
        )
        assert result["type"] == "success", result.get("exceptionDetails", {}).get("text")
        return json.loads(result["result"]["value"])

    async def press(self, test_id: str, timeout_s: float = 20) -> None:
        """Wait for an element with this test id that is enabled, and click it."""
        async with asyncio.timeout(timeout_s):
            while not await self.run(
                f"""const e = document.querySelector('[data-testid="{test_id}"]');
                if (!e || e.disabled || !e.checkVisibility()) return false; e.click(); return true;"""
            ):
                await asyncio.sleep(0.1)

    async def picture(self, path: Path) -> None:
        """Keep a picture of the page."""
        shot = await self.command("browsingContext.captureScreenshot", context=self._tab)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    async def command(self, method: str, **parameters: Any) -> Any:
        """One BiDi command."""
        number = next(self._ids)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await asyncio.wait_for(future, 40)
        assert answer["type"] == "success", answer
        return answer["result"]

    async def _read(self) -> None:
        async for message in self._socket:
            answer = json.loads(message.data)
            future = self._waiting.pop(answer.get("id", 0), None)
            if future is not None and not future.done():
                future.set_result(answer)


@contextlib.asynccontextmanager
async def firefox(**preferences: Any) -> AsyncIterator[FirefoxTab]:
    """A headless Firefox with fake devices and its own profile."""
    with tempfile.TemporaryDirectory() as profile:
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in {**PREFERENCES, **preferences}.items()
        ]
        (Path(profile) / "user.js").write_text("\n".join(lines), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env={**os.environ, "HOME": profile},
        )  # fmt: skip
        assert process.stderr is not None
        try:
            address = await asyncio.wait_for(_address(process.stderr), 60)
            drain = asyncio.get_running_loop().create_task(_drain(process.stderr))
            async with aiohttp.ClientSession() as http:
                socket = await http.ws_connect(f"{address}/session", max_msg_size=0)
                tab = FirefoxTab(socket)
                await tab.open()
                yield tab
            drain.cancel()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _address(stream: asyncio.StreamReader) -> str:
    while line := await stream.readline():
        text = line.decode()
        if "WebDriver BiDi listening on" in text:
            return text.split()[-1]
    raise RuntimeError("Firefox ended before it listened")


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.readline():
        pass
