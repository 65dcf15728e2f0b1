"""What the door's tests ask by HTTP and WebSocket, in one place."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp

from server.store.results import Artefact, UtteranceRow
from tests.fakes.clock import NOON
from tests.gateway.door import CASE, HEARING, Door

if TYPE_CHECKING:
    from tests.seat import SeatClient

Http = aiohttp.ClientSession
COPY = b"0123456789" * 20
ROUTES = (f"/api/cases/{CASE}", f"/api/hearings/{HEARING}/record", f"/api/hearings/{HEARING}/transcript.txt")


async def reason(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.json())["reason"]


async def join(http: Http, door: Door, body: Any, **headers: str) -> aiohttp.ClientResponse:
    kept = {"Origin": door.url} | headers
    if isinstance(body, bytes):
        return await http.post(f"{door.url}/api/join", data=body, headers=kept)
    return await http.post(f"{door.url}/api/join", json=body, headers=kept)


async def get(http: Http, door: Door, seat: str, path: str) -> aiohttp.ClientResponse:
    bearer = await door.bearer(seat)
    return await http.get(f"{door.url}{path}", headers={"Authorization": f"Bearer {bearer}"})


async def finished(door: Door) -> None:
    """A viewing copy and a line of transcript are there."""
    folder = door.copies(HEARING)
    folder.mkdir(parents=True)
    (folder / "plaintiff.webm").write_bytes(COPY)
    (folder.parent / "secret.webm").write_bytes(b"not yours")
    await door.results.save_artefact(
        Artefact(HEARING, "copy", "plaintiff", f"hearings/{HEARING}/copies/plaintiff.webm",
                 {"kind": "av", "duration_ms": 200}, "ab" * 32, NOON)
    )  # fmt: skip
    await door.results.replace_utterances(
        HEARING, [UtteranceRow("u1", "plaintiff", NOON + 1000, NOON + 2000, "请求判令被告付款", 0.9)]
    )


PLAY = {"action": "play", "thing": "all", "purpose": "read_file"}
TRANSCRIPT = {"action": "copy", "thing": "transcript", "purpose": "check_minutes"}


async def begin(
    http: Http, door: Door, bearer: str, wish: dict[str, str], hearing: str = HEARING
) -> aiohttp.ClientResponse:
    """State a purpose for reading."""
    headers = {"Authorization": f"Bearer {bearer}", "Origin": door.url}
    return await http.post(f"{door.url}/api/hearings/{hearing}/readings", json=wish, headers=headers)


async def link(http: Http, door: Door, seat: str = "clerk") -> str:
    """A signed link to the copy, given to this seat with the cookie that belongs to it."""
    await finished(door)
    bearer = await door.bearer(seat)
    number = (await (await begin(http, door, bearer, PLAY)).json())["reading"]
    answer = await http.get(
        f"{door.url}/api/hearings/{HEARING}/record?reading={number}",
        headers={"Authorization": f"Bearer {bearer}"},
    )
    (copy,) = (await answer.json())["copies"]
    return f"{door.url}{copy['url']}"


async def transcript(http: Http, door: Door, seat: str) -> aiohttp.ClientResponse:
    """The transcript as a text, under a stated purpose."""
    bearer = await door.bearer(seat)
    number = (await (await begin(http, door, bearer, TRANSCRIPT)).json())["reading"]
    path = f"/api/hearings/{HEARING}/transcript.txt?reading={number}"
    return await http.get(f"{door.url}{path}", headers={"Authorization": f"Bearer {bearer}"})


async def told(socket: aiohttp.ClientWebSocketResponse) -> tuple[list[dict[str, Any]], int | None]:
    """Everything until the server closes, and the close code."""
    messages: list[dict[str, Any]] = []
    async with asyncio.timeout(15):
        while True:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                return messages, socket.close_code
            messages.append(json.loads(message.data))


def hello(session: str, **changes: Any) -> dict[str, Any]:
    return {"type": "hello", "v": 1, "session": session, "lang": "zh-CN"} | changes


def deaf(client: SeatClient) -> None:
    """The client reads nothing more; what is sent to it fills the sockets' own buffers and then waits."""
    assert client._reader is not None
    assert client._socket is not None
    client._reader.cancel()
    transport = client._socket._writer.transport
    assert transport is not None
    transport.pause_reading()
