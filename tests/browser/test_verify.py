"""The page that checks a sealed package: chosen or dropped, in both languages, without the network, and told where it was changed."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from server.app import BUILT
from server.gateway import pages
from tests.browser.stage import CHROMIUM, axe
from tests.recording.package.web_fixture import OUT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

FIXTURE = json.loads(OUT.read_text(encoding="utf-8"))
ARCHIVE = base64.b64decode(OUT.with_name("fixture.zip.b64").read_text(encoding="utf-8"))


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """The built pages alone, as the door serves them: no ledger, no hearing."""
    app = web.Application(middlewares=[pages.headers])
    pages.add_pages(app, BUILT)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def page(address: str) -> AsyncIterator[Page]:
    """The page, loaded; from then on without any network."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{address}/verify?lang=en")
        await page.get_by_test_id("verify-page").wait_for()
        await context.set_offline(True)
        yield page
        await browser.close()


async def choose(page: Page, test_id: str, files: Any) -> None:
    await page.get_by_test_id(test_id).set_input_files(files)


def archive(data: bytes) -> dict[str, Any]:
    return {"name": "package.zip", "mimeType": "application/zip", "buffer": data}


async def verdicts(page: Page) -> tuple[str | None, str | None]:
    await page.get_by_test_id("verify-run").click()
    await page.get_by_test_id("verify-result").wait_for()
    one, other = (page.get_by_test_id(f"verify-{what}") for what in ("unaltered", "complete"))
    return await one.get_attribute("data-verdict"), await other.get_attribute("data-verdict")


async def test_a_zip_is_checked_without_a_network(page: Page) -> None:
    await choose(page, "verify-zip", archive(ARCHIVE))
    await page.get_by_test_id("verify-pem").fill(FIXTURE["key"])
    await page.get_by_test_id("verify-fingerprint").wait_for()
    assert await verdicts(page) == ("yes", "yes")
    assert await axe(page) == []


async def test_a_changed_second_is_told_with_its_seat(page: Page) -> None:
    copy = base64.b64decode(FIXTURE["files"]["copies/plaintiff.webm"])
    at = ARCHIVE.index(copy) + 9_000
    await choose(page, "verify-zip", archive(ARCHIVE[:at] + b"x" + ARCHIVE[at + 1 :]))
    await page.get_by_test_id("verify-pem").fill(FIXTURE["key"])
    assert await verdicts(page) == ("no", "yes")
    told = await page.get_by_test_id("verify-result").inner_text()
    for words in ("copies/plaintiff.webm", "00:00:02", "seat plaintiff", "Its content was changed"):
        assert words in told
    assert await axe(page) == []


async def test_a_folder_is_checked_and_what_is_gone_is_missed(page: Page, tmp_path: Path) -> None:
    for name, content in FIXTURE["files"].items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    (tmp_path / "court.pub").write_text(FIXTURE["key"], encoding="utf-8")
    await choose(page, "verify-folder", tmp_path / "package")
    await choose(page, "verify-key", tmp_path / "court.pub")
    await page.get_by_test_id("verify-fingerprint").wait_for()
    assert await verdicts(page) == ("yes", "yes")
    (tmp_path / "package" / "transcript" / "final.jsonl").unlink()
    await choose(page, "verify-folder", tmp_path / "package")
    assert await verdicts(page) == ("yes", "no")
    assert "transcript/final.jsonl" in await page.get_by_test_id("verify-result").inner_text()


async def test_what_is_no_package_is_said_so(page: Page) -> None:
    await choose(page, "verify-zip", archive(b"hello, I am no archive of any kind"))
    await page.get_by_test_id("verify-trouble").wait_for()
    assert await page.get_by_test_id("verify-run").is_disabled()
