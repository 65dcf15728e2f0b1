"""Cost and delay of forwarding: one publisher, N subscribers, real ICE, DTLS and SRTP over loopback UDP.

The generator and the sinks are another process; CPU is this process's own. In the same run a plain Python
loop (unprotect once, protect and send for each subscriber, nothing else) is measured under the same load:
the floor of any engine in Python. Load: bursts of 10 packets every 20 ms, 1100 bytes of VP8 each.
Run: python -m tests.bench.forwarding
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pylibsrtp import Policy, Session

from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from media.plane import MediaPlane
from media.settings import MediaSettings
from tests.media.rig import rtp, vp8_payload
from tests.peers.client import WirePeer

if TYPE_CHECKING:
    from collections.abc import Callable

SUBSCRIBERS = (1, 5, 20)
BURST, INTERVAL_S, PAYLOAD_BYTES = 10, 0.02, 1100
WARM_UP_S, MEASURED_S = 0.6, 3.0
STAMP_BYTES = 8
SO_TIMESTAMPNS = 35  # Linux; not in the socket module
KEY = bytes(range(28))  # of the floor: the cost of a key does not depend on its secrecy
PUBLISHER = PeerId("publisher")
FLOOR = "plain Python loop"


@dataclass(frozen=True)
class Figures:
    """One case. cpu_us: of the server a packet sent; delays in ms from the generator's send to the last subscriber.

    lost_percent: of the packets the subscribers should have got in the measured time.
    """

    cpu_us: float
    p50_ms: float
    p99_ms: float
    lost_percent: float


# -- the load: runs in a process of its own ----------------------------------------------------------------


class Sink:
    """Counts what all subscribers get; takes the delays of the last one's from the kernel's receive time stamps.

    So a sink that is slow to read adds nothing to the delay.
    """

    def __init__(self) -> None:
        self.measuring = False
        self.count = 0
        self.delays: list[int] = []

    def read(self, sock: socket.socket, session: Session) -> None:
        """Read all that has come on the last subscriber's socket."""
        while True:
            try:
                data, ancillary, _, _ = sock.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if not data or not 128 <= data[0] <= 191 or 192 <= data[1] <= 223:
                continue
            self.count += 1
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            sent = int.from_bytes(session.unprotect(data)[-STAMP_BYTES:], "big")
            if self.measuring:
                self.delays.append(seconds * 1_000_000_000 + nanoseconds - sent)

    def watch(self, sock: socket.socket, session: Session) -> None:
        """Read this socket, from now on, as the last subscriber's."""
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        asyncio.get_running_loop()._add_reader(sock.fileno(), self.read, sock, session)  # type: ignore[attr-defined]


class Subscriber(WirePeer):
    """A client that only counts what it gets."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(audio=False, video=False, slots=1)
        self._sink = sink

    def _media(self, data: bytes) -> None:
        self._sink.count += not 192 <= data[1] <= 223

    def watch(self) -> None:
        """Become the last subscriber: its socket is read by the sink from now on."""
        assert self._socket is not None
        assert self._rx is not None
        duplicate = socket.socket(fileno=os.dup(self._socket.get_extra_info("socket").fileno()))
        asyncio.get_running_loop()._remove_reader(self._socket.get_extra_info("socket").fileno())  # type: ignore[attr-defined]
        self._sink.watch(duplicate, self._rx)


class PlainSink(asyncio.DatagramProtocol):
    """The same for the floor, which has neither ICE nor DTLS."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        del data, addr
        self._sink.count += 1


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


async def hear() -> dict[str, Any]:
    line = await asyncio.to_thread(sys.stdin.readline)
    words: dict[str, Any] = json.loads(line)
    return words


async def generate(
    send: Callable[[bytes], object], ssrc: int, extensions: dict[int, bytes], sink: Sink
) -> None:
    """Send the load for the warm-up and the measured time; tell the server when each begins and ends."""
    body = bytes(PAYLOAD_BYTES - 7 - STAMP_BYTES)
    sequence = sent = 0
    due = time.monotonic()
    rounds = int((WARM_UP_S + MEASURED_S) / INTERVAL_S)
    warm = int(WARM_UP_S / INTERVAL_S)
    for number in range(rounds):
        # A generator that is late does not catch up: a burst of bursts would be another load.
        due = max(due + INTERVAL_S, time.monotonic())
        await asyncio.sleep(due - time.monotonic())
        if number == warm:
            sink.measuring = True
            say(event="begin")
        for index in range(BURST):
            sequence += 1
            sent += 1
            stamp = time.time_ns().to_bytes(STAMP_BYTES, "big")
            payload = vp8_payload(body + stamp, start=index == 0, key=index == 0, picture=number, tl0=number)
            send(
                rtp(
                    96,
                    sequence,
                    number * 1800,
                    ssrc,
                    payload,
                    marker=index == BURST - 1,
                    extensions=extensions,
                )
            )
    before = -1
    while sink.count != before:  # what is still on its way
        before = sink.count
        await asyncio.sleep(0.1)
    delays = sorted(sink.delays) or [0]
    say(
        event="end",
        sent=sent,
        received=sink.count,
        p50_ms=delays[len(delays) // 2] / 1e6,
        p99_ms=delays[len(delays) * 99 // 100] / 1e6,
    )


async def load_plane(count: int) -> None:
    sink = Sink()
    publisher = WirePeer(audio=False, slots=0)
    clients = [Subscriber(sink) for _ in range(count)]
    for name, client in (
        (PUBLISHER, publisher),
        *((f"s{number}", one) for number, one in enumerate(clients)),
    ):
        say(peer=name, offer=client.offer())
        await client.connect((await hear())["answer"])
    for client in clients:
        assert client._socket is not None
        deepen(client._socket.get_extra_info("socket"))
    clients[-1].watch()
    mid = next(number for number, uri in extmaps(publisher.offer()) if uri.endswith("sdes:mid"))
    extensions = {mid: publisher.mids["video"].encode()}
    await generate(publisher.send_packet, publisher.ssrcs["video", ""], extensions, sink)
    for client in (publisher, *clients):
        client.close()


def deepen(sock: socket.socket) -> None:
    """Give a sink room for the bursts it is too slow for: its loss is not the server's."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)


def extmaps(offer: str) -> list[tuple[int, str]]:
    """Header extensions of an offer: number, URI."""
    rows = [
        line.removeprefix("a=extmap:").split() for line in offer.splitlines() if line.startswith("a=extmap:")
    ]
    return [(int(row[0].split("/")[0]), row[1]) for row in rows]


async def load_floor(count: int) -> None:
    sink = Sink()
    loop = asyncio.get_running_loop()
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for sock in sockets:
        deepen(sock)
        sock.setblocking(False)
        sock.bind(("127.0.0.1", 0))
    for sock in sockets[:-1]:
        await loop.create_datagram_endpoint(partial(PlainSink, sink), sock=sock)
    sink.watch(sockets[-1], plain_session(Policy.SSRC_ANY_INBOUND))
    say(sinks=[sock.getsockname()[1] for sock in sockets])
    server = ("127.0.0.1", (await hear())["port"])
    session = plain_session(Policy.SSRC_ANY_OUTBOUND)
    await generate(lambda packet: sockets[-1].sendto(session.protect(packet), server), 5, {}, sink)


# -- the servers: in this process --------------------------------------------------------------------------


def plain_session(direction: int) -> Session:
    return Session(Policy(key=KEY, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM))


def plain_loop(sock: socket.socket, sinks: list[tuple[str, int]], done: list[int]) -> None:
    """Forward until an empty datagram comes; done[0] counts."""
    receive = plain_session(Policy.SSRC_ANY_INBOUND).unprotect
    sends = [(plain_session(Policy.SSRC_ANY_OUTBOUND).protect, sink) for sink in sinks]
    while data := sock.recvfrom(2048)[0]:
        packet = receive(data)
        for protect, sink in sends:
            sock.sendto(protect(packet), sink)
        done[0] += len(sends)


class Load:
    """The other process, spoken to in lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, mode: str, count: int) -> Load:
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.bench.forwarding",
                mode,
                str(count),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        )

    async def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        words: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return words

    def say(self, **words: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")

    async def figures(self, count: int, forwarded: Callable[[], int]) -> Figures:
        """Wait for the measured time to begin and end. count: subscribers; forwarded: packets so far."""
        await self.hear()
        before, packets = time.process_time(), forwarded()
        end = await self.hear()
        spent, packets = time.process_time() - before, forwarded() - packets
        await self._process.wait()
        lost = 100 * (1 - end["received"] / (end["sent"] * count))
        return Figures(spent * 1e6 / max(1, packets), end["p50_ms"], end["p99_ms"], lost)


async def measure_plane(count: int) -> Figures:
    plane = MediaPlane(MediaSettings(udp_port=0, bind_host="127.0.0.1"), lambda _: None)
    await plane.start()
    wanted = (Subscription(PUBLISHER, audio=False, video=True, width_px=1280),)
    names = [PeerId(f"s{number}") for number in range(count)]
    plane.apply("bench", RoutePlan({PUBLISHER: frozenset({Kind.VIDEO})}, dict.fromkeys(names, wanted)))
    load = await Load.start("plane", count)
    for _ in range(count + 1):
        words = await load.hear()
        load.say(answer=plane.answer(PeerId(words["peer"]), words["offer"]))
    try:
        return await load.figures(count, lambda: int(plane.stats()["totals"].get("packets_out", 0)))
    finally:
        await plane.close()


async def measure_floor(count: int) -> Figures:
    load = await Load.start("floor", count)
    sinks = [("127.0.0.1", port) for port in (await load.hear())["sinks"]]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        sock.bind(("127.0.0.1", 0))
        done = [0]
        thread = threading.Thread(target=plain_loop, args=(sock, sinks, done))
        thread.start()
        load.say(port=sock.getsockname()[1])
        try:
            return await load.figures(count, lambda: done[0])
        finally:
            sock.sendto(b"", sock.getsockname())
            await asyncio.to_thread(thread.join)


def rows_of(count: int, plane: Figures, floor: Figures) -> list[dict[str, Any]]:
    def row(name: str, value: float, unit: str, other: float) -> dict[str, Any]:
        return {
            "name": f"forwarding.{name}.1_to_{count}",
            "value": round(value, 3),
            "unit": unit,
            "compared_with": f"{FLOOR}, same run: {other:.3f} {unit}",
            "ratio": round(value / other, 3) if other else None,
        }

    return [
        row("cpu_per_packet", plane.cpu_us, "us", floor.cpu_us),
        row("packets_per_core", 1e6 / plane.cpu_us, "packets/s", 1e6 / floor.cpu_us),
        row("latency_p50", plane.p50_ms, "ms", floor.p50_ms),
        row("latency_p99", plane.p99_ms, "ms", floor.p99_ms),
        row("lost", plane.lost_percent, "%", floor.lost_percent),
    ]


async def run() -> list[dict[str, Any]]:
    """Measure every case, engine and floor in turn; about half a minute."""
    rows: list[dict[str, Any]] = []
    for count in SUBSCRIBERS:
        rows += rows_of(count, await measure_plane(count), await measure_floor(count))
    return rows


def main() -> None:
    if len(sys.argv) > 1:
        loads = {"plane": load_plane, "floor": load_floor}
        asyncio.run(loads[sys.argv[1]](int(sys.argv[2])))
        return
    for row in asyncio.run(run()):
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
