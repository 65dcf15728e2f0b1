"""An S3 server of the test's own on loopback: moto over real HTTP, and what a test does behind its back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
from yarl import URL

from server.archive import sigv4
from server.archive.s3 import S3Remote
from server.archive.settings import ArchiveSettings

if TYPE_CHECKING:
    from pathlib import Path

ACCESS, SECRET = "access-of-a-test", "secret-of-a-test"
ACCOUNT = "123456789012"  # moto's only one


def now_ms() -> int:
    """Unix milliseconds: an S3 server takes no signature of another day."""
    return time.time_ns() // 1_000_000


@dataclass
class S3Server:
    """One server; buckets are made by the test."""

    url: str

    async def call(self, method: str, path: tuple[str, ...], query: dict[str, str] | None = None, body: bytes = b"",
                   more: dict[str, str] | None = None) -> tuple[int, bytes]:  # fmt: skip
        """A signed request, as any tool would send it: status and answer."""
        status, answer, _ = await self._send(method, path, query or {}, body, more or {})
        return status, answer

    async def head(self, path: tuple[str, ...], query: dict[str, str]) -> dict[str, str]:
        """What the headers of an object's version say."""
        return (await self._send("HEAD", path, query, b"", {}))[2]

    async def _send(
        self, method: str, path: tuple[str, ...], query: dict[str, str], body: bytes, more: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        keys = sigv4.Keys(ACCESS, SECRET, "us-east-1")
        host = self.url.removeprefix("http://")
        target = sigv4.path_of(*path)
        headers = sigv4.signed(keys, method, target, query, {"Host": host, **more}, body, at)
        url = URL(f"{self.url}{target}?{sigv4.query_of(query)}", encoded=True)
        async with (
            aiohttp.ClientSession() as client,
            client.request(method, url, headers=headers, data=body or None) as answer,
        ):
            told = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, await answer.read(), told

    async def make(self, bucket: str, *, lock: bool) -> None:
        """A bucket, with object lock (and versions) or without either."""
        more = {"x-amz-bucket-object-lock-enabled": "true"} if lock else {}
        status, answer = await self.call("PUT", (bucket,), more=more)
        assert status == 200, answer

    def corrupt(self, bucket: str, key: str) -> None:
        """One byte of the newest version changes, as on a disk that errs."""
        stored: Any = s3_backends[ACCOUNT]["aws"].buckets[bucket].keys[key]
        data = bytearray(stored.value)
        data[len(data) // 2] ^= 1
        stored.value = bytes(data)

    def keys(self, bucket: str) -> list[str]:
        """Every object's key."""
        return sorted(s3_backends[ACCOUNT]["aws"].buckets[bucket].keys)

    def settings(self, bucket: str, **changes: Any) -> ArchiveSettings:
        """A configuration for one of its buckets."""
        fields: dict[str, Any] = {
            "endpoint": self.url,
            "bucket": bucket,
            "part_bytes_max": 5 << 20,
            "connect_timeout_s": 10.0,
            "read_timeout_s": 60.0,
            "tries": 2,
        }
        return ArchiveSettings(**(fields | changes))

    def remote(self, settings: ArchiveSettings) -> S3Remote:
        """The house's own client of it."""
        return S3Remote(settings, ACCESS, SECRET, now_ms)


def start() -> tuple[S3Server, ThreadedMotoServer]:
    """Start one on a free port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return S3Server(f"http://{host}:{port}"), server


def key_files(folder: Path) -> tuple[Path, Path]:
    """Its keys as files."""
    access, secret = folder / "s3.access", folder / "s3.secret"
    access.write_text(ACCESS, encoding="utf-8")
    secret.write_text(SECRET + "\n", encoding="utf-8")
    return access, secret
