"""A page is given out as pixels, to who may see it now; a document is given out to nobody."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from PIL import Image

from tests.exhibits import files
from tests.gateway.asking import get, reason
from tests.gateway.door import HEARING, OTHER_HEARING, Door
from tests.gateway.test_handing_in import send

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service

FILE_READERS = ("presiding", "judge", "clerk", "plaintiff", "plaintiff_agent", "defendant", "third_party")
OTHERS = ("witness", "expert", "interpreter", "observer")


async def status(door: Door, seat: str, path: str) -> int:
    async with aiohttp.ClientSession() as http:
        return (await get(http, door, seat, path)).status


async def offered(door: Door, content: bytes) -> str:
    code, receipt = await send(door, "plaintiff", content)
    assert code == 201, receipt
    return f"/api/hearings/{HEARING}/exhibits/{receipt['exhibit']}"


async def test_parties_and_the_court_read_the_file_and_nobody_else(door: Door) -> None:
    path = await offered(door, files.pdf(2))
    for seat in FILE_READERS:
        assert await status(door, seat, f"{path}/page/2") == 200, seat
    for seat in OTHERS:
        assert await status(door, seat, f"{path}/page/2") == 403, seat


async def test_a_page_is_a_picture_that_can_do_nothing(door: Door) -> None:
    path = await offered(door, files.pdf(1))
    async with aiohttp.ClientSession() as http:
        answer = await get(http, door, "defendant", f"{path}/page/1?w=600")
        picture = Image.open(BytesIO(await answer.read()))
    assert answer.content_type == "image/webp"
    assert (picture.format, picture.width) == ("WEBP", 640)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("page", ["0", "3", "99999"])
async def test_a_page_that_is_not_there_is_not_shown(door: Door, page: str) -> None:
    path = await offered(door, files.pdf(2))
    assert await status(door, "clerk", f"{path}/page/{page}") == 403


@pytest.mark.parametrize("tail", ["page/x", "page/-1", "page/1?w=wide", "page/1?w=123456", "page/١"])
async def test_nonsense_is_malformed(door: Door, tail: str) -> None:
    path = await offered(door, files.pdf(1))
    assert await status(door, "clerk", f"{path}/{tail}") == 400


async def test_no_way_leads_to_the_document_or_to_another_hearing(door: Door) -> None:
    path = await offered(door, files.pdf(1))
    for tail in ("", "/original.pdf", "/file", "/page/1/original.pdf"):
        assert await status(door, "presiding", path + tail) == 404
    assert await status(door, "presiding", f"{path}/link") == 403, "a document is not played"
    assert await status(door, "presiding", path.replace(HEARING, OTHER_HEARING) + "/page/1") == 404
    assert await status(door, "presiding", f"/api/hearings/{HEARING}/exhibits/x0/page/1") == 403


async def test_who_is_before_the_court_sees_the_page_that_is_shown_and_only_while_it_is(door: Door) -> None:
    path = await offered(door, files.pdf(2))
    exhibit = path.rsplit("/", 1)[1]
    presiding, _, _, _ = await door.enter("presiding", "clerk", "interpreter", "witness")
    pages = (f"{path}/page/1", f"{path}/page/2")

    async def seen(seat: str) -> list[int]:
        return [await status(door, seat, page) for page in pages]

    assert await seen("interpreter") == [403, 403]
    await presiding.do("present_exhibit", exhibit=exhibit)
    assert await seen("interpreter") == [200, 403]
    await presiding.do("turn_page", page=2, zoom=100, x=5000, y=5000)
    assert await seen("interpreter") == [403, 200]
    assert await seen("witness") == [403, 403], "isolated"
    assert await seen("observer") == [403, 403], "not here"
    await presiding.do("stop_showing")
    assert await seen("interpreter") == [403, 403]


async def test_a_video_is_played_by_the_seats_own_link_which_is_asked_again_each_time(
    door: Door, tmp_path: Path
) -> None:
    film = files.film("webm", (("video", "libvpx"),), tmp_path)
    path = await offered(door, film)
    presiding, _, _ = await door.enter("presiding", "clerk", "interpreter")
    async with aiohttp.ClientSession() as http:
        assert await reason(await get(http, door, "interpreter", f"{path}/link")) == (
            403,
            "exhibit_not_shown",
        )
        await presiding.do("present_exhibit", exhibit=path.rsplit("/", 1)[1])
        link: dict[str, Any] = await (await get(http, door, "interpreter", f"{path}/link")).json()
        assert link["duration_ms"] == pytest.approx(1000, abs=200)
        url = door.url + link["url"]
        part = await http.get(url, headers={"Range": "bytes=0-99"})
        assert (part.status, part.content_type, len(await part.read())) == (206, "video/webm", 100)
        assert part.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
        assert part.headers["Cache-Control"] == "no-store"
        whole = await http.get(url)
        assert whole.content_type == "video/webm"
        assert files.PLACE not in await whole.read()
        for forged in (url.replace("interpreter", "observer"), url[:-1] + ("0" if url[-1] != "0" else "1")):
            assert (await http.get(forged)).status == 403
        await presiding.do("stop_showing")
        assert (await http.get(url, headers={"Range": "bytes=0-99"})).status == 403


async def test_a_material_that_the_log_names_and_the_ledger_lost_is_not_found(door: Door) -> None:
    path = await offered(door, files.pdf(1))
    await door.materials.remove(path.rsplit("/", 1)[1])
    assert await status(door, "clerk", f"{path}/page/1") == 404
