"""RemoteStore on S3-compatible object storage: obstore moves the bytes, signed requests of our own speak of object lock.

obstore cannot send the headers of object lock (its attributes are those of content), so a version is locked after it was
written: PutObjectRetention and PutObjectLegalHold, each over its Content-MD5, which S3 asks for there. Library errors
become RemoteFailed here. Deletes nothing, ever.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store
from yarl import URL

from server.archive import sigv4
from server.archive.remote import Found, RemoteFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from pathlib import Path

    from server.archive.settings import ArchiveSettings

_BLOCK = 1 << 20
_OK = {200, 204}
_MISSING = 404
_DENIED = {401, 403}
_XML = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'  # of the S3 API's answers and questions


class Pace:
    """Holds a stream to so many bytes a second on average: disk and line belong to the hearings that are on."""

    def __init__(self, bytes_per_second: int) -> None:
        self._rate = bytes_per_second
        self._free_at = 0.0

    async def spend(self, size: int) -> None:
        """Wait until these bytes would have had their time."""
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + size / self._rate
        await asyncio.sleep(self._free_at - now)


class S3Remote:
    """One bucket. now_ms: the wall clock, for signatures carry the time."""

    def __init__(
        self, settings: ArchiveSettings, access: str, secret: str, now_ms: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._keys = sigv4.Keys(access, secret, settings.region)
        self._endpoint = settings.endpoint.rstrip("/")
        self._store = S3Store(
            settings.bucket,
            endpoint=self._endpoint,
            region=settings.region,
            access_key_id=access,
            secret_access_key=secret,
            virtual_hosted_style_request=False,
            client_options={
                # config.py lets plain http through to this machine alone
                "allow_http": self._endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=settings.connect_timeout_s),
                "read_timeout": timedelta(seconds=settings.read_timeout_s),
                "timeout": timedelta(days=1),  # of a whole file: the two above notice a dead line
            },
            retry_config={
                "max_retries": settings.tries - 1,
                "retry_timeout": timedelta(seconds=settings.read_timeout_s * settings.tries),
            },
        )
        self._pace = Pace(settings.bytes_per_second_max)
        self._http: aiohttp.ClientSession | None = None

    async def put(self, key: str, path: Path) -> str:
        """See RemoteStore. Larger files go in parts: an upload that is killed leaves no object."""
        size = (
            await asyncio.to_thread(path.stat)
        ).st_size  # a file that is not here is not the storage's fault
        with _border():
            result = await obstore.put_async(
                self._store,
                key,
                path if size <= self._settings.part_bytes_max else self._paced(path),
                chunk_size=self._settings.part_bytes_max,
                max_concurrency=self._settings.parts_at_once_max,
            )
        return result["version"] or ""

    async def _paced(self, path: Path) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(path.open, "rb") as file:
            while block := await asyncio.to_thread(file.read, _BLOCK):
                yield block
                await self._pace.spend(len(block))

    async def read(self, key: str, version: str) -> AsyncIterator[bytes]:
        """See RemoteStore."""
        with _border():
            options: dict[str, Any] = {"version": version} if version else {}
            answer = await obstore.get_async(self._store, key, options=options)  # type: ignore[arg-type]
            async for block in answer.stream(min_chunk_size=_BLOCK):
                yield bytes(block)
                await self._pace.spend(len(block))

    async def find(self, key: str) -> Found | None:
        """See RemoteStore."""
        with _border():
            try:
                meta = await obstore.head_async(self._store, key)
            except (NotFoundError, FileNotFoundError):
                return None
        return Found(key, meta["size"], meta["version"] or "")

    async def names(self, under: str) -> list[Found]:
        """See RemoteStore."""
        found = []
        with _border():
            async for page in obstore.list(self._store, f"{under}/"):
                found += [Found(one["path"], one["size"], one["version"] or "") for one in page]
        return found

    # --- object lock ---

    async def locks(self) -> bool:
        """See RemoteStore (GetObjectLockConfiguration)."""
        try:
            answer = await self._ask("GET", "", {"object-lock": ""})
        except RemoteFailed as failure:
            if failure.reason == "missing":
                return False
            raise
        return b"<ObjectLockEnabled>Enabled</ObjectLockEnabled>" in answer

    async def lock(self, key: str, version: str, until_ms: int) -> None:
        """See RemoteStore (PutObjectRetention)."""
        until = datetime.fromtimestamp(until_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        mode = self._settings.lock.upper()
        body = (
            f"<Retention {_XML}><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>"
        ).encode()
        await self._ask("PUT", key, {"retention": "", **_version(version)}, body)

    async def hold(self, key: str, version: str, *, on: bool) -> None:
        """See RemoteStore (PutObjectLegalHold)."""
        body = f"<LegalHold {_XML}><Status>{'ON' if on else 'OFF'}</Status></LegalHold>".encode()
        await self._ask("PUT", key, {"legal-hold": "", **_version(version)}, body)

    async def _ask(self, method: str, key: str, query: Mapping[str, str], body: bytes = b"") -> bytes:
        """One signed request about the bucket, or an object of it. RemoteFailed."""
        host = urlsplit(self._endpoint).netloc
        path = sigv4.path_of(self._settings.bucket, *([key] if key else []))
        at = datetime.fromtimestamp(self._now_ms() // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {"Host": host}
        if body:
            headers["Content-MD5"] = base64.b64encode(
                hashlib.md5(body, usedforsecurity=False).digest()
            ).decode()
        sent = sigv4.signed(self._keys, method, path, query, headers, body, at)
        url = URL(f"{self._endpoint}{path}?{sigv4.query_of(query)}", encoded=True)
        try:
            async with self._client().request(method, url, headers=sent, data=body or None) as response:
                status, answer = response.status, b""
                async for block in response.content.iter_any():
                    answer += block
                    if len(answer) > self._settings.answer_bytes_max:
                        raise RemoteFailed("refused")
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise RemoteFailed("unreachable") from None
        if status in _OK:
            return answer
        if status == _MISSING:
            raise RemoteFailed("missing")
        raise RemoteFailed("denied" if status in _DENIED else "refused")

    def _client(self) -> aiohttp.ClientSession:
        if self._http is None:
            settings = self._settings
            timeout = aiohttp.ClientTimeout(
                total=settings.read_timeout_s, sock_connect=settings.connect_timeout_s
            )
            self._http = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)
        return self._http

    async def close(self) -> None:
        """See RemoteStore."""
        if self._http is not None:
            await self._http.close()


def _version(version: str) -> dict[str, str]:
    return {"versionId": version} if version else {}


@contextmanager
def _border() -> Iterator[None]:
    """Errors of the library become ours; those of the disk pass."""
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError):
        raise RemoteFailed("denied") from None
    except (NotFoundError, FileNotFoundError):
        raise RemoteFailed("missing") from None
    except BaseError:
        raise RemoteFailed("unreachable") from None
