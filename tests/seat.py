"""A seat's client without a browser: the WebSocket of PROTOCOL.md and, on demand, a WirePeer. It can misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.peers.client import WirePeer
from tests.peers.offers import read_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.house import House


class SeatClient:
    """One seat in a running house. `view` is the last view, `captions` every caption, `messages` all messages."""

    def __init__(self, house: House, seat: str) -> None:
        self.house = house
        self.seat = seat
        self.session = ""
        self.view: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        self.seq = 0
        self.resume: str | None = None
        self.connection = ""
        self.captions: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.peer: WirePeer | None = None
        self.slots = 0
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._ids = itertools.count(1)
        self._changed = asyncio.Event()
        self._sequence = 0
        self._timestamp = 0

    # --- life ---

    async def join(self) -> None:
        """Redeem the join link."""
        self._http = aiohttp.ClientSession(headers={"Origin": self.house.url})
        async with self._http.post(
            f"{self.house.url}/api/join", json={"token": self.house.links[self.seat]}
        ) as answer:
            assert answer.status == 200, await answer.text()
            self.session = (await answer.json())["session"]

    async def enter(self, *, resume: bool = False) -> None:
        """Open the WebSocket and take the seat; returns when the first view is there."""
        if not self.session:
            await self.join()
        assert self._http is not None
        self._socket = await self._http.ws_connect(f"{self.house.url}/ws")
        hello: dict[str, Any] = {"type": "hello", "v": 1, "session": self.session, "lang": "zh-CN"}
        if resume and self.resume:
            hello["resume"] = self.resume
        await self._socket.send_json(hello)
        self.view = {}
        self._reader = asyncio.get_running_loop().create_task(self._live(self._socket))
        await self.until(lambda: bool(self.view) or bool(self.bye()))

    def bye(self) -> str:
        """Why the server ended this tab, or ""."""
        return next((m["reason"] for m in self.messages if m["type"] == "bye"), "")

    async def get(self, path: str) -> tuple[int, Any]:
        """GET with this seat's bearer."""
        assert self._http is not None
        async with self._http.get(
            f"{self.house.url}{path}", headers={"Authorization": f"Bearer {self.session}"}
        ) as answer:
            if answer.content_type == "application/json":
                return answer.status, await answer.json()
            return answer.status, await answer.read()

    async def cut(self) -> None:
        """Lose the WebSocket without a goodbye; media goes on."""
        assert self._socket is not None
        transport = self._socket._writer.transport
        assert transport is not None
        transport.abort()
        await self._end_reader()

    async def close(self) -> None:
        """End everything of this client."""
        if self.peer is not None:
            self.peer.close()
        if self._socket is not None:
            with contextlib.suppress(ConnectionError):
                await self._socket.close()
        await self._end_reader()
        if self._http is not None:
            await self._http.close()

    async def _end_reader(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None

    # --- talking ---

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message as it is."""
        assert self._socket is not None
        await self._socket.send_json(message)

    async def send_text(self, text: str) -> None:
        """Send any text."""
        assert self._socket is not None
        await self._socket.send_str(text)

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message with an id and wait for its answer."""
        number = f"q{next(self._ids)}"
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        await self.send({**message, "id": number})
        return await asyncio.wait_for(future, 15)

    async def do(self, name: str, **args: Any) -> dict[str, Any]:
        """Give a command that must take effect."""
        answer = await self.ask({"type": "command", "name": name, "args": args})
        assert answer["type"] == "done", answer
        return answer

    async def refused(self, name: str, **args: Any) -> str:
        """Give a command that must be refused; its reason."""
        answer = await self.ask({"type": "command", "name": name, "args": args})
        assert answer["type"] == "refused", answer
        return str(answer["reason"])

    async def prepare(self) -> None:
        """What every participant does before being let in: devices, discipline, consent and place where asked."""
        await self.do("report_device", camera="ok", microphone="ok", speaker="ok", network="good")
        await self.do("acknowledge_discipline", version=self.view["discipline_version"])
        if "consent" in self.view["may"]:
            await self.do("consent", agrees=True)
        if "declare_place" in self.view["may"]:
            await self.do("declare_place", place="home", quiet=True)

    async def check_in(self) -> None:
        """What the clerk or the bench does before the court opens: roll, identities, barred cases, the discipline read."""
        await self.do("call_roll")
        await self.do("check_suitability", barred=[])
        await self.do("record_point", item="identity_checked")
        if any(stage["key"] == "discipline" for stage in self.view["stages"]):
            await self.do("go_to_stage", stage="discipline")
            await self.do("record_point", item="discipline_read")

    def card(self, seat: str) -> dict[str, Any]:
        """A seat's card in the last view."""
        return next(card for card in self.view["seats"] if card["seat"] == seat)

    async def until(self, condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Wait until a condition on what was received holds."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._changed.clear()
                if condition():
                    return
                await self._changed.wait()

    # --- media ---

    async def connect_media(self, **wishes: Any) -> WirePeer:
        """Offer and connect a WirePeer."""
        peer = WirePeer(slots=self.slots or 12, **wishes)
        answer = await self.ask({"type": "offer", "sdp": peer.offer()})
        assert answer["type"] == "answer", answer
        port = read_answer(answer["sdp"]).candidates[0][1]  # of its worker, where there are some
        await peer.connect(answer["sdp"], server=("127.0.0.1", port))
        self.peer = peer
        return peer

    async def speak(self, packets: list[bytes], *, level: int = -20, ssrc: int | None = None) -> None:
        """Send 20 ms Opus packets in real time."""
        assert self.peer is not None
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for index, payload in enumerate(packets):
            self.send_sound(payload, level=level, ssrc=ssrc)
            await asyncio.sleep(max(0.0, begun + (index + 1) * 0.02 - loop.time()))

    def send_sound(self, payload: bytes, *, level: int = -20, ssrc: int | None = None) -> None:
        """Send one Opus packet of 20 ms; RTP time goes on with the clock, as a microphone's does."""
        assert self.peer is not None
        now = int(asyncio.get_running_loop().time() * 50) * 960
        self._sequence += 1
        self._timestamp = max(self._timestamp + 960, now)
        self.peer.send_rtp("audio", payload, self._sequence, self._timestamp, ssrc=ssrc, level=level)

    # --- listening ---

    async def _live(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async with asyncio.TaskGroup() as group:
            pinging = group.create_task(self._ping(socket))
            await self._read(socket)
            pinging.cancel()

    async def _ping(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await asyncio.sleep(5)
            with contextlib.suppress(ConnectionError):
                await socket.send_json({"type": "ping", "t": 0})

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            self._take(message.json())

    def _take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        kind = message["type"]
        if kind == "view":
            assert message["seq"] > self.seq, "a view went back in time"
            self.seq, self.view, self.last = message["seq"], message["view"], message
        elif kind == "welcome":
            self.seq = 0  # the views of each line are numbered from 1
            self.resume, self.connection, self.slots = (
                message["resume"],
                message["connection"],
                message["slots"],
            )
        elif kind == "caption":
            self.captions.append(message)
        answered = self._answers.pop(str(message.get("id")), None)
        if answered is not None and not answered.done():
            answered.set_result(message)
        self._changed.set()


def line_packets(folder: Path, file: str) -> list[bytes]:
    """The Opus packets of one scripted line."""
    from tests.peers.speech import opus_packets  # noqa: PLC0415  av is heavy

    return [packet.payload for packet in opus_packets(folder / file)]
