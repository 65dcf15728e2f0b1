"""Timestamps: asked of a real authority on loopback, refused where they are not for this manifest, and never waited for."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from recording.package import forms
from recording.package.verify import verify
from server.demo import cast
from server.sealing.settings import SealingSettings
from server.sealing.stamp import NoTimestamp, ask, question, read_answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.sealing.rig import House

pytestmark = pytest.mark.service

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no openssl here to be the authority"
)

_CONFIG = """
[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
[dn]
CN = Test authority
[ext]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = this
[this]
serial = {folder}/serial
signer_cert = {folder}/cert.pem
signer_key = {folder}/key.pem
certs = {folder}/cert.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
"""


def openssl(*arguments: object) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Authority:
    """An authority for timestamps, by openssl."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.asked: list[bytes] = []
        (folder / "conf").write_text(_CONFIG.format(folder=folder), encoding="utf-8")
        (folder / "serial").write_text("01\n", encoding="utf-8")
        openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem"),
            *("-out", folder / "cert.pem", "-days", "2", "-config", folder / "conf"),
        )

    def answer(self, asked: bytes) -> bytes:
        self.asked.append(asked)
        (self.folder / "query").write_bytes(asked)
        openssl(
            *("ts", "-reply", "-queryfile", self.folder / "query", "-out", self.folder / "reply"),
            *("-config", self.folder / "conf", "-section", "this"),
        )
        return (self.folder / "reply").read_bytes()


@asynccontextmanager
async def serving(answer: Callable[[bytes], bytes], status: int = 200) -> AsyncIterator[SealingSettings]:
    async def handle(request: web.Request) -> web.Response:
        assert request.content_type == "application/timestamp-query"
        return web.Response(body=answer(await request.read()), status=status)

    app = web.Application()
    app.router.add_post("/tsa", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        yield SealingSettings(
            timestamp_url=f"http://127.0.0.1:{port}/tsa",
            timestamp_retry_interval_s=0.01,
            timestamp_bytes_max=16_384,
        )
    finally:
        await runner.cleanup()


@needs_openssl
async def test_a_package_is_stamped_and_other_programs_believe_the_stamp(
    house: House, tmp_path: Path
) -> None:
    authority, key = Authority(tmp_path / "tsa"), house.key()
    async with serving(authority.answer) as settings:
        package = await house.sealer(settings).seal(cast.HELD)
    report = verify(package, [key])
    assert report.findings == []
    assert any(english.startswith("timestamp 20") for _, english in report.notes)
    told = json.loads((package / forms.TIMESTAMP).read_bytes())
    (tmp_path / "token").write_bytes(base64.b64decode(told["token"]))
    said = openssl(
        *("ts", "-verify", "-in", tmp_path / "token", "-token_in", "-data", package / forms.MANIFEST),
        *("-CAfile", tmp_path / "tsa" / "cert.pem"),
    )
    assert b"Verification: OK" in said


@needs_openssl
async def test_a_package_without_a_stamp_gets_one_later(house: House, tmp_path: Path) -> None:
    authority, key = Authority(tmp_path / "tsa"), house.key()
    away = SealingSettings(timestamp_url="http://127.0.0.1:9/", timestamp_timeout_s=0.5)
    package = await house.sealer(away).seal(cast.HELD)
    assert not (package / forms.TIMESTAMP).exists()
    failures = iter([b"", b"nonsense"])
    async with serving(lambda asked: next(failures, None) or authority.answer(asked)) as settings:
        running = asyncio.ensure_future(house.sealer(settings).run())
        while not (package / forms.TIMESTAMP).exists():
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert verify(package, [key]).findings == []
    assert len(authority.asked) == 1


@needs_openssl
async def test_an_answer_to_another_question_is_none(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    nonce = b"\x41" * 8
    answer = authority.answer(question(b"message", nonce))
    assert read_answer(answer, b"message", nonce).at.endswith("Z")
    for message, asked in ((b"another", nonce), (b"message", b"\x42" * 8)):
        with pytest.raises(NoTimestamp, match="another"):
            read_answer(answer, message, asked)
    for at in range(0, len(answer), 5):
        with pytest.raises(NoTimestamp):
            read_answer(answer[:at], b"message", nonce)


async def test_an_answer_that_refuses_is_none() -> None:
    rejection = bytes.fromhex("30053003020102")
    with pytest.raises(NoTimestamp, match="refused"):
        read_answer(rejection, b"", b"\x41" * 8)


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [(b"", 200, "nonsense"), (b"x" * 20_000, 200, "nonsense"), (b"", 503, "http_503")],
)
async def test_nonsense_and_too_much_are_no_answers(body: bytes, status: int, reason: str) -> None:
    async with serving(lambda _: body, status) as settings:
        with pytest.raises(NoTimestamp, match=reason):
            await ask(settings, b"message")


async def test_an_authority_that_never_answers_costs_the_timeout_alone() -> None:
    gone = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = SealingSettings(timestamp_url=f"http://127.0.0.1:{port}/", timestamp_timeout_s=0.2)
    with pytest.raises(NoTimestamp, match="unreachable"):
        await ask(settings, b"message")
    gone.set()
    server.close()
    await server.wait_closed()
