"""A page that publishes and receives by slots, a web server for it beside a plane, and Firefox by WebDriver BiDi."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from media.ids import PeerId
from media.plane import MediaPlane
from media.settings import MediaSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from media.facts import MediaFact

FIREFOX = Path("/usr/bin/firefox-esr")
START_S = 30.0

PAGE = """<!doctype html><meta charset=utf-8><script>
const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
pc.ontrack = e => { const v = document.createElement(e.track.kind); v.autoplay = true; v.muted = true;
  v.srcObject = new MediaStream([e.track]); document.documentElement.append(v); };
async function publish() {
  const s = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 1280, height: 720}});
  pc.addTransceiver(s.getAudioTracks()[0], {direction: 'sendonly'});
  pc.addTransceiver(s.getVideoTracks()[0], {direction: 'sendonly', sendEncodings: [
    {rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000},
    {rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500000}, {rid: 'f', maxBitrate: 1200000}]});
}
async function slots(n) { for (let i = 0; i < n; i++) for (const kind of ['audio', 'video'])
  pc.addTransceiver(kind, {direction: 'recvonly'}); }
async function connect(peer) {
  await pc.setLocalDescription(await pc.createOffer());
  const r = await fetch('/offer/' + peer, {method: 'POST', body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await r.text()});
  for (let i = 0; i < 200 && pc.connectionState != 'connected'; i++) await new Promise(k => setTimeout(k, 50));
  return pc.connectionState;
}
async function stats() {
  const out = [];
  for (const v of (await pc.getStats()).values()) if (v.type == 'inbound-rtp' || v.type == 'outbound-rtp') out.push(v);
  return JSON.stringify(out);
}</script>"""


@asynccontextmanager
async def page_house(*addresses: str) -> AsyncIterator[tuple[MediaPlane, list[MediaFact], str]]:
    """A started plane that announces these addresses (none: all), its facts, and the page's address."""
    facts: list[MediaFact] = []
    plane = MediaPlane(MediaSettings(udp_port=0, announce_addresses=addresses), facts.append)
    await plane.start()

    async def offer(request: web.Request) -> web.Response:
        return web.Response(text=plane.answer(PeerId(request.match_info["peer"]), await request.text()))

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/offer/{peer}", offer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield plane, facts, f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
        await plane.close()


def inbound(stats_json: str) -> dict[tuple[str, int], dict[str, Any]]:
    """Inbound statistics by (kind, slot index) of a page that only receives: its mids are in slot order."""
    rows = [row for row in json.loads(stats_json) if row["type"] == "inbound-rtp"]
    return {(row["kind"], int(row["mid"]) // 2): row for row in rows if row.get("mid", "").isdigit()}


_PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.gmp-manager.updateEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.update.enabled": False,
    "remote.active-protocols": 1,
}


class Firefox:
    """One Firefox, spoken to in WebDriver BiDi."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(40):
            async for message in self._socket:
                reply = json.loads(message.data)
                if reply.get("id") == number:
                    assert reply["type"] != "error", reply
                    result: dict[str, Any] = reply["result"]
                    return result
        raise ConnectionError("Firefox went away")

    async def open(self, url: str) -> str:
        """Open a tab; give its context."""
        context: str = (await self.command("browsingContext.create", type="tab"))["context"]
        await self.command("browsingContext.navigate", context=context, url=url, wait="complete")
        return context

    async def run(self, context: str, expression: str) -> Any:
        """Await an expression in a tab."""
        found = await self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression}) ?? null))()",
            target={"context": context},
            awaitPromise=True,
            userActivation=True,
        )
        assert found["type"] == "success", found
        return json.loads(found["result"]["value"])


@asynccontextmanager
async def firefox() -> AsyncIterator[Firefox]:
    """Start Firefox with fake devices in a profile of its own; end it with all its processes."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in _PREFERENCES.items()]
        (Path(profile) / "user.js").write_text("\n".join(lines))
        process = await asyncio.create_subprocess_exec(
            str(FIREFOX),
            *("--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "HOME": profile},
        )
        try:
            assert process.stderr is not None
            async with asyncio.timeout(START_S):
                while b"BiDi listening on" not in (line := await process.stderr.readline()):
                    assert line, "Firefox died at start"
            async with aiohttp.ClientSession() as session:
                endpoint = line.decode().split()[-1] + "/session"
                async with session.ws_connect(endpoint, max_msg_size=0) as socket:
                    fox = Firefox(socket)
                    await fox.command("session.new", capabilities={})
                    yield fox
                    await fox.command("browser.close")
            async with asyncio.timeout(10):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
