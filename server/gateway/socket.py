"""One WebSocket a tab: hello, commands in, views out. Bounded both ways; decides nothing about the law.

A bad message is answered and forgotten; it never ends the tab, and never touches anybody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, WSMsgType, web

from media.addresses import is_candidate
from media.sdp import SdpError, continued
from server.courtroom.outputs import ByeOut
from server.courtroom.ports import Unavailable
from server.gateway import wire
from server.gateway.attendance import Attendance, Held, Strangers, end_of_line
from server.gateway.errors import Forbidden, Malformed
from server.gateway.frames import id_of, parse, problem, say_bye, say_problem, version_of
from server.gateway.outbox import Outbox, SocketTab
from server.gateway.rates import SEATS_MAX, KeyedBuckets, seat_key
from server.hearing import refusals
from server.hearing.commands import Arrive, Depart, Leave, LeaveCause
from server.hearing.events import Actor
from server.hearing.ids import ConnectionId, HearingId, SeatId
from server.hearing.names import MalformedCommand, parse_command
from server.hearing.refusals import Refused
from server.hearing.state import connection_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from server.courtroom.registry import Registry
    from server.courtroom.room import Courtroom
    from server.courtroom.tasks import Tasks
    from server.gateway.auth import Auth
    from server.gateway.errors import Lang
    from server.gateway.relays import Relays
    from server.gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

_GOODBYE_S = 1.0  # for the last words to a tab before its line is cut
_POINTER = re.compile(r'\s*\{\s*"type"\s*:\s*"pointer"')  # before parsing: there are many of them


class Sockets:
    """Serves /ws."""

    def __init__(
        self,
        *,
        auth: Auth,
        registry: Registry,
        settings: GatewaySettings,
        tasks: Tasks,
        grace_s: float,
        slots: int,
        relays: Relays,
    ) -> None:
        self._auth = auth
        self._registry = registry
        self._settings = settings
        self._tasks = tasks
        self._grace_s = grace_s
        self._slots = slots
        self._relays = relays
        self._open: set[web.WebSocketResponse] = set()
        self._known: set[web.WebSocketResponse] = set()  # those of the open that said a valid hello
        self._strangers = Strangers(settings.sockets_unknown_max)
        self._seats = Attendance()
        # By seat, not by socket: a new socket is no new allowance.
        self._hellos = KeyedBuckets(
            settings.hellos_per_second_max, settings.hellos_burst_max, SEATS_MAX, auth.monotonic
        )
        rate = settings.commands_per_second_max
        self._commands = KeyedBuckets(rate, 2 * rate, SEATS_MAX, auth.monotonic)
        pace = settings.pointers_per_second_max
        self._pointers = KeyedBuckets(pace, pace, SEATS_MAX, auth.monotonic)
        self._none_open = asyncio.Event()
        self._closing = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """GET /ws. Refuses a foreign Origin before anything else is read."""
        self._auth.check_origin(request)
        if self._full:
            raise Forbidden("too_many_sockets", 503)
        # Browsers answer its pings without script: a tab in the background, its timers asleep, is no lost one.
        socket = web.WebSocketResponse(
            max_msg_size=self._settings.message_bytes_max,
            compress=False,
            heartbeat=self._settings.heartbeat_s,
        )
        try:
            await socket.prepare(request)
        except ConnectionError:
            log.info("a socket broke off before it stood")
            return web.Response(status=400)  # nobody is left to read it
        self._open.add(socket)
        self._none_open.clear()
        self._strangers.came(socket, lambda: _abort(request))
        try:
            await self._serve(socket, lambda: _cut(request))
        except ConnectionError:
            log.info("a socket broke off")
        except Exception:  # our bug: too late for an HTTP answer, and nobody else may be touched
            log.exception("a socket broke")
            await say_problem(socket, "internal", "zh-CN", error="unavailable")
        finally:
            if socket.close_code == WSCloseCode.ABNORMAL_CLOSURE:
                _abort(request)  # what could not be sent is not waited for
            self._strangers.gone(socket)
            self._known.discard(socket)
            self._open.discard(socket)
            if not self._open:
                self._none_open.set()
        return socket

    @property
    def _full(self) -> bool:
        return len(self._known) >= self._settings.sockets_max

    async def close(self) -> None:
        """Close every socket; the clients come back by themselves. From now on no end of one is an absence."""
        self._closing = True
        if self._open:  # most are being told why, and close by themselves
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._none_open.wait()
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._open))

    # --- one socket ---

    async def _serve(self, socket: web.WebSocketResponse, cut: Callable[[], object]) -> None:
        lang: Lang = "zh-CN"
        try:
            hello = await self._hello(socket)
            claim = await self._auth.claim(hello.session)
            lang = hello.lang
            self._know(socket, seat_key(claim.hearing_id, claim.seat))
            room = await self._registry.room(HearingId(claim.hearing_id))
            outbox = Outbox(self._settings.outbox_messages_max, cut)
            tab, secret, resumed = await self._sit(room, SeatId(claim.seat), hello, outbox)
        except Malformed as malformed:
            await say_problem(socket, malformed.reason, lang)
            return
        except Forbidden as forbidden:
            await say_bye(socket, forbidden.reason, lang)
            return
        except Unavailable as unavailable:
            error = "busy" if unavailable.reason == "busy" else "unavailable"
            await say_problem(socket, unavailable.reason, lang, error=error)
            return
        except Refused as refused:
            await say_bye(socket, refused.reason.value, lang, refusals.sentence(refused.reason, lang))
            return
        outbox.put(
            wire.Welcome(
                v=wire.PROTOCOL_VERSION,
                seat=tab.seat,
                connection=tab.connection,
                resume=secret,
                server_time=int(self._auth.now_ms()),
                slots=self._slots,
                resumed=resumed,
            )
        )
        self._tell_relays(tab, outbox)
        await self._attend(socket, room, tab, outbox)

    def _tell_relays(self, tab: SocketTab, outbox: Outbox) -> None:
        told = self._relays.due(tab)
        if told is not None:
            outbox.put(told)

    def _know(self, socket: web.WebSocketResponse, key: str) -> None:
        """A socket has shown a valid bearer. Raises Unavailable("busy" | "too_many_sockets")."""
        if not self._hellos.take(key):
            raise Unavailable("busy")
        if self._full:
            raise Unavailable("too_many_sockets")
        self._strangers.gone(socket)
        self._known.add(socket)

    async def _attend(
        self, socket: web.WebSocketResponse, room: Courtroom, tab: SocketTab, outbox: Outbox
    ) -> None:
        """Serve a tab until its line is gone or it is dismissed."""
        writer = self._tasks.start(self._write(socket, outbox, tab), "socket writer")
        try:
            room.attach(tab)
            await self._read(socket, room, tab, outbox)
        finally:
            room.detach(tab)
            await self._after(socket, room, tab)
            if tab.dismissed:  # its last words are on their way
                await asyncio.wait({writer}, timeout=_GOODBYE_S)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer

    async def _hello(self, socket: web.WebSocketResponse) -> wire.Hello:
        try:
            async with asyncio.timeout(self._settings.hello_timeout_s):
                message = await socket.receive()
        except TimeoutError:
            raise Malformed("hello_expected") from None
        if message.type is not WSMsgType.TEXT:
            raise Malformed("hello_expected")
        if version_of(message.data) != wire.PROTOCOL_VERSION:
            raise Malformed("version")
        hello = parse(message.data)
        if not isinstance(hello, wire.Hello):
            raise Malformed("hello_expected")
        return hello

    async def _sit(
        self, room: Courtroom, seat: SeatId, hello: wire.Hello, outbox: Outbox
    ) -> tuple[SocketTab, str, bool]:
        """Take the seat: the same connection when the resume secret fits, else a new arrival.

        Raises Forbidden("superseded"): a client that was away while another one took the seat does not throw that
        one out by coming back by itself; asked by its user it says hello without a secret.
        """
        offered = hello.resume or ""
        held = self._seats.fitting(room.hearing, seat, offered)
        if held is not None and room.is_current(seat, held.connection):
            held.tab.send(ByeOut("superseded"))
            held.revive(SocketTab(seat, held.connection, outbox, hello.lang))
            return held.tab, held.secret, True
        if self._seats.shuts_out(connection_of(room.state, seat), offered):
            raise Forbidden("superseded")
        connection = ConnectionId(secrets.token_urlsafe(12))
        tab = SocketTab(seat, connection, outbox, hello.lang)
        self._registry.seated(connection, room)
        try:
            await room.ask(Arrive(connection), Actor(seat=seat, connection=connection))
        except (Refused, Unavailable):
            self._registry.unseated(connection)
            raise
        secret = secrets.token_urlsafe(24)
        self._seats[connection] = Held(connection, seat, room.hearing, secret, offered, tab)
        return tab, secret, False

    async def _read(
        self, socket: web.WebSocketResponse, room: Courtroom, tab: SocketTab, outbox: Outbox
    ) -> None:
        key = seat_key(room.hearing, tab.seat)
        while not tab.dismissed:
            try:
                async with asyncio.timeout(self._settings.stall_timeout_s):
                    await outbox.calm()
            except TimeoutError:
                tab.send(ByeOut("too_slow"))
                outbox.cut()
                return
            message = await socket.receive()
            if tab.dismissed or message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            text = message.data if message.type is WSMsgType.TEXT else None
            if text is not None and _POINTER.match(text):
                # it follows a hand: too many are left out, and none is told "busy"
                if self._pointers.take(key):
                    await self._one(text, room, tab, outbox)
            elif not self._commands.take(key):
                outbox.put(problem(id_of(text), "busy", "busy", tab.lang))
            elif text is None:
                outbox.put(problem(None, "malformed", "not_json", tab.lang))
            else:
                await self._one(text, room, tab, outbox)

    async def _one(self, text: str, room: Courtroom, tab: SocketTab, outbox: Outbox) -> None:
        """Answer one message; whatever is wrong with it is said to its sender alone."""
        asked = id_of(text)
        try:
            await self._obey(parse(text), room, tab, outbox)
        except Refused as refused:
            said = refusals.sentence(refused.reason, tab.lang)
            outbox.put(
                wire.Refused(id=asked or "", reason=refused.reason.value, rule=refused.rule, message=said)
            )
        except Malformed as malformed:
            outbox.put(problem(asked, "malformed", malformed.reason, tab.lang))
        except MalformedCommand:
            outbox.put(problem(asked, "malformed", "bad_command", tab.lang))
        except SdpError as error:
            log.info("connection %s: offer refused: %s", tab.connection, error.reason)
            outbox.put(problem(asked, "malformed", "bad_offer", tab.lang))
        except Unavailable as unavailable:
            error_name = "busy" if unavailable.reason == "busy" else "unavailable"
            outbox.put(problem(asked, error_name, unavailable.reason, tab.lang))
        except Exception:  # our bug: the sender is told, the tab and everybody else go on
            log.exception("connection %s: a message broke", tab.connection)
            outbox.put(problem(asked, "unavailable", "internal", tab.lang))

    async def _obey(self, message: BaseModel, room: Courtroom, tab: SocketTab, outbox: Outbox) -> None:
        match message:
            case wire.CommandMessage():
                command = parse_command(message.name, message.args)
                await room.ask(command, Actor(seat=tab.seat, connection=tab.connection))
                if isinstance(command, Leave):
                    self._forget(tab.connection)  # its answer is the bye
                else:
                    outbox.put(wire.Done(id=message.id, seq=room.shown(tab)))
            case wire.Offer():
                sdp = room.answer(tab, message.sdp, message.source)
                outbox.put(wire.Answer(id=message.id, sdp=sdp, continued=continued(sdp)))
            case wire.Candidate():
                if not is_candidate(message.candidate):
                    raise Malformed("bad_candidate")
            case wire.Tiles():
                room.show(tab, message.widths)
            case wire.Point():
                room.point(tab, message.x, message.y)
            case wire.Ping():
                outbox.put(wire.Pong(t=message.t, server_time=int(self._auth.now_ms())))
                self._tell_relays(tab, outbox)
            case _:
                raise Malformed("bad_message")

    async def _write(self, socket: web.WebSocketResponse, outbox: Outbox, tab: SocketTab) -> None:
        """Send what waits, until the tab is dismissed or its line is gone."""
        try:
            while True:
                for message in await outbox.take():
                    await socket.send_str(message.model_dump_json())
                if outbox.overflowed:
                    log.warning("connection %s is too slow", tab.connection)
                    await say_bye(socket, "too_slow", tab.lang)
                    return
                if tab.dismissed:
                    await socket.close(code=WSCloseCode.OK)
                    return
        except (ConnectionError, RuntimeError):
            return  # the reader sees the same end

    async def _after(self, socket: web.WebSocketResponse, room: Courtroom, tab: SocketTab) -> None:
        """The socket is gone: at once an absence if the page said so, else after a moment's grace."""
        connection = tab.connection
        if not room.is_current(tab.seat, connection):
            self._forget(connection)
            return
        held = self._seats.get(connection)
        if self._closing or held is None or held.tab is not tab:
            return  # the house closes, or another socket has taken the connection over
        room.care.line_ended(connection, end_of_line(socket.close_code, socket.exception()))
        if socket.close_code == WSCloseCode.GOING_AWAY:
            await self._depart(room, tab, LeaveCause.PAGE_CLOSED)
            return

        def give_up() -> None:
            self._forget(connection)  # now, not in the task: who comes back in between is a new arrival
            self._tasks.start(self._depart(room, tab, LeaveCause.CONNECTION_LOST), "departure")

        held.timer = asyncio.get_running_loop().call_later(self._grace_s, give_up)

    async def _depart(self, room: Courtroom, tab: SocketTab, cause: LeaveCause) -> None:
        self._forget(tab.connection)
        room.end_media(tab.connection)
        while room.is_current(tab.seat, tab.connection):
            try:
                await room.ask(Depart(tab.connection, cause), Actor(seat=tab.seat, connection=tab.connection))
            except Unavailable:  # a seat must not seem to be there because the ledger was away
                await asyncio.sleep(_GOODBYE_S)

    def _forget(self, connection: ConnectionId) -> None:
        held = self._seats.pop(connection, None)
        if held is not None:
            held.stop()
        self._registry.unseated(connection)


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _cut(request: web.Request) -> None:
    """A moment for a last word, then the line of a tab that does not read is cut."""
    if request.transport is not None:
        asyncio.get_running_loop().call_later(_GOODBYE_S, request.transport.abort)
