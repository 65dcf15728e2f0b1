"""POST /api/hearings/{hearing}/exhibits: a material is handed in, checked, kept as it is, and entered into the hearing.

The file is named by the server, known by its first bytes, opened in a process apart only, and its SHA-256 stands in the log.
Whether the seat may hand in is for the law; a name or a title never gets into a log line.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from server.courtroom.ports import Unavailable
from server.exhibits.apart import Busy
from server.exhibits.forms import HEAD_BYTES, form_of
from server.exhibits.worker import Broken
from server.gateway.answers import answer
from server.gateway.errors import Forbidden, Malformed
from server.gateway.rates import SEATS_MAX, KeyedBuckets, seat_key
from server.hearing.commands_exhibits import OfferExhibit
from server.hearing.decide_exhibits import check_offer
from server.hearing.events import Actor
from server.hearing.ids import HearingId, SeatId
from server.hearing.refusals import Refused
from server.hearing.state import seat_of
from server.hearing.state_exhibits import TITLE_MAX
from server.store.materials import Material

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aiohttp import web

    from server.courtroom.registry import Registry
    from server.courtroom.room import Courtroom
    from server.exhibits.apart import Checked, Worker
    from server.exhibits.forms import Form
    from server.exhibits.settings import ExhibitSettings
    from server.gateway.auth import Auth
    from server.store.cases import Claim
    from server.store.materials import Materials

log = logging.getLogger(__name__)


def original_of(folder: Path, material: str, form: str) -> Path:
    """The material as it was handed in. Never given out."""
    return folder / material / f"original{form}"


def played_of(folder: Path, material: str, form: str) -> Path:
    """The video or sound as it is given out."""
    return folder / material / f"played{form}"


class HandingIn:
    """Takes materials. folders: where those of a hearing are kept."""

    def __init__(
        self,
        *,
        auth: Auth,
        registry: Registry,
        materials: Materials,
        worker: Worker,
        settings: ExhibitSettings,
        folders: Callable[[str], Path],
    ) -> None:
        self._auth = auth
        self._registry = registry
        self._materials = materials
        self._worker = worker
        self._settings = settings
        self._folders = folders
        self._asked = KeyedBuckets.a_minute(settings.uploads_per_minute_max, SEATS_MAX, auth.monotonic)
        self._coming: set[str] = set()  # seats that are sending one

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_post("/api/hearings/{hearing}/exhibits", self.hand_in)

    async def hand_in(self, request: web.Request) -> web.Response:
        """?title=…, the file as the body -> the receipt 收据 (CPL 69)."""
        self._auth.check_origin(request)
        claim = await self._auth.own_claim_of(request)
        title = _title(request.query.get("title", ""))
        room = await self._registry.room(HearingId(claim.hearing_id))
        check_offer(room.state, seat_of(room.state, SeatId(claim.seat))[0])
        with self._place(seat_key(claim.hearing_id, claim.seat)):
            return answer(await self._take(request, claim, title, room), 201)

    @contextmanager
    def _place(self, key: str) -> Iterator[None]:
        """One at a time for a seat, few for all. Raises Forbidden("busy"), Unavailable("busy")."""
        if key in self._coming or not self._asked.take(key):
            raise Forbidden("busy", 429)
        if len(self._coming) >= self._settings.uploads_at_once_max:
            raise Unavailable("busy")
        self._coming.add(key)
        try:
            yield
        finally:
            self._coming.discard(key)

    async def _take(self, request: web.Request, claim: Claim, title: str, room: Courtroom) -> dict[str, Any]:
        folder = self._folders(claim.hearing_id)
        draft = folder / f".{secrets.token_hex(8)}"
        await asyncio.to_thread(_begin, folder, draft, self._settings.upload_timeout_s)
        try:
            form, size, digest = await self._receive(request, draft)
            checked = await self._check(draft, form)
            material = Material(
                id=f"x{secrets.token_hex(8)}",
                hearing_id=claim.hearing_id,
                seat=claim.seat,
                title=title,
                form=form.suffix,
                pages=checked.pages,
                duration_ms=checked.duration_ms,
                size=size,
                sha256=digest,
                created_at=self._auth.now_ms(),
            )
            await asyncio.to_thread(_keep, draft, folder / material.id)
        finally:
            await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
        await self._enter(material, form, room)
        return {
            "exhibit": material.id,
            "kind": form.kind,
            "pages": material.pages,
            "size": size,
            "sha256": digest,
            "received_at": material.created_at,
        }

    async def _receive(self, request: web.Request, draft: Path) -> tuple[Form, int, str]:
        """Write the body down as it comes: its form, its size and its SHA-256. Raises Malformed, Unavailable."""
        incoming = draft / "incoming"
        with incoming.open("xb") as file:
            try:
                async with asyncio.timeout(self._settings.upload_timeout_s):
                    form, size, digest = await self._stream(request, file)
            except (TimeoutError, ConnectionError):
                raise Malformed("upload_broken") from None
            await asyncio.to_thread(_sync, file)
        incoming.rename(original_of(draft, "", form.suffix))
        return form, size, digest

    async def _stream(self, request: web.Request, file: BinaryIO) -> tuple[Form, int, str]:
        digest, head, size = hashlib.sha256(), b"", 0
        form: Form | None = None
        while True:
            async with asyncio.timeout(self._settings.upload_stall_timeout_s):
                chunk = await request.content.readany()
            head = (head + chunk)[:HEAD_BYTES] if form is None else head
            if form is None and (len(head) == HEAD_BYTES or not chunk):
                form = form_of(head)
                if form is None:
                    raise Malformed("material_form")
                await self._check_room_on_disk(request, file, form)
            size += len(chunk)
            if form is not None and size > self._settings.bytes_max(form.kind):
                raise Malformed("material_too_large")
            if not chunk:
                break
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        if request.content_length not in {None, size}:
            raise Malformed("upload_broken")
        assert form is not None  # noqa: S101  known since the first chunks
        return form, size, digest.hexdigest()

    async def _check_room_on_disk(self, request: web.Request, file: BinaryIO, form: Form) -> None:
        """The tape and the ledger come first. Raises Malformed, Unavailable("disk_full")."""
        most = self._settings.bytes_max(form.kind)
        announced = request.content_length if request.content_length is not None else most
        if announced > most:
            raise Malformed("material_too_large")
        free = (await asyncio.to_thread(shutil.disk_usage, os.path.dirname(file.name))).free  # noqa: PTH120
        # a video or sound is written a second time as it is given out
        if free - 2 * announced < self._settings.free_bytes_min:
            raise Unavailable("disk_full")

    async def _check(self, draft: Path, form: Form) -> Checked:
        original, played = original_of(draft, "", form.suffix), played_of(draft, "", form.suffix)
        try:
            return await self._worker.check(original, form, played)
        except Broken as broken:
            raise Malformed(broken.reason) from None
        except Busy:
            raise Unavailable("busy") from None

    async def _enter(self, material: Material, form: Form, room: Courtroom) -> None:
        """Into the ledger and into the hearing; what does not get there is not kept."""
        command = OfferExhibit(
            material.id, material.title, form.kind, material.pages, material.sha256, material.size
        )
        try:
            await self._materials.add(material)
            await room.ask(command, Actor(seat=SeatId(material.seat), connection=None))
        except (Refused, Unavailable):
            await self._materials.remove(material.id)
            folder = self._folders(material.hearing_id) / material.id
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise
        log.info("hearing %s: a material of %d bytes was handed in", material.hearing_id, material.size)


def _title(text: str) -> str:
    text = text.strip()
    plain = all(char.isprintable() and not "\ud800" <= char <= "\udfff" for char in text)
    if not (0 < len(text) <= TITLE_MAX and plain):
        raise Malformed("material_title")
    return text


def _begin(folder: Path, draft: Path, old_s: float) -> None:
    """Make the draft's folder; those of a process that died are cleared away."""
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.glob(".*"):
        if time.time_ns() - other.stat().st_mtime_ns > 2 * old_s * 1e9:
            shutil.rmtree(other, ignore_errors=True)
    draft.mkdir()


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _keep(draft: Path, final: Path) -> None:
    """What the log will name must be on the disk before."""
    _sync_folder(draft)
    draft.rename(final)
    _sync_folder(final.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
