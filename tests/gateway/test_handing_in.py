"""Who may hand in what, and what comes of it: a file as it was, a row, an entry of the log; or nothing at all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
import pytest

from server.exhibits.settings import ExhibitSettings
from tests.exhibits import files
from tests.gateway.asking import reason
from tests.gateway.door import HEARING, OTHER_HEARING, Door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.service


async def send(
    door: Door, seat: str, content: Any, title: str = "合同", **more: Any
) -> tuple[int, dict[str, Any]]:
    bearer = await door.bearer(seat)
    headers = {"Authorization": f"Bearer {bearer}", "Origin": door.url, **more.pop("headers", {})}
    url = f"{door.url}/api/hearings/{more.pop('hearing', HEARING)}/exhibits?title={quote(title)}"
    async with aiohttp.ClientSession() as http, http.post(url, data=content, headers=headers) as answer:
        return answer.status, await answer.json()


def kept(door: Door) -> list[Path]:
    folder = door.exhibits(HEARING)
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


async def test_a_material_is_kept_as_it_was_and_stands_in_the_log_with_its_digest(door: Door) -> None:
    content = files.pdf(2)
    status, receipt = await send(door, "plaintiff", content, "证据一 合同")
    assert status == 201
    assert receipt["sha256"] == hashlib.sha256(content).hexdigest()
    assert (receipt["kind"], receipt["pages"], receipt["size"]) == ("pdf", 2, len(content))
    (original,) = kept(door)
    assert original.read_bytes() == content
    assert original.name == "original.pdf", "named by the server, whatever it was called"
    entry = (await door.log.read(HEARING))[-1]
    assert (entry.kind, entry.actor_seat) == ("exhibit_offered", "plaintiff")
    assert entry.body["title"] == "证据一 合同"
    assert entry.body["sha256"] == receipt["sha256"]
    material = await door.materials.find(HEARING, receipt["exhibit"])
    assert material is not None
    assert material.seat == "plaintiff"


@pytest.mark.parametrize(
    "seat", ["plaintiff", "plaintiff_agent", "defendant", "third_party", "clerk", "presiding"]
)
async def test_parties_agents_and_the_court_hand_in(door: Door, seat: str) -> None:
    assert (await send(door, seat, files.photo()))[0] == 201


@pytest.mark.parametrize("seat", ["witness", "expert", "interpreter", "observer"])
async def test_nobody_else_does(door: Door, seat: str) -> None:
    status, said = await send(door, seat, files.photo())
    assert (status, said["reason"], said["rule"]) == (403, "no_materials_from_seat", "CPL 68")
    assert kept(door) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html><script>alert(1)</script>" * 9, "material_form"),
        (b"", "material_form"),
        (b"%PDF-1.4 but nothing more" * 9, "broken"),
        (files.bomb(), "too_many_pixels"),
    ],
)
async def test_what_is_no_good_leaves_nothing_behind(door: Door, content: bytes, why: str) -> None:
    before = await door.kinds()
    status, said = await send(door, "plaintiff", content)
    assert (status, said["reason"]) == (400, why)
    assert said["message"]
    assert kept(door) == []
    assert await door.kinds() == before


@pytest.mark.parametrize("title", ["", "  ", "长" * 121, "a\u0007b"])
async def test_a_title_is_needed_and_short(door: Door, title: str) -> None:
    assert (await send(door, "plaintiff", files.photo(), title))[1]["reason"] == "material_title"


async def test_a_file_too_large_is_refused_whether_it_says_so_or_not(door: Door) -> None:
    content = files.photo() + bytes(600_000)

    async def pieces() -> AsyncIterator[bytes]:
        yield content[:300_000]
        yield content[300_000:]

    object.__setattr__(door.exhibit_settings, "image_bytes_max", 400_000)
    for body in (content, pieces()):
        status, said = await send(door, "plaintiff", body)
        assert (status, said["reason"]) == (413, "material_too_large")
    assert kept(door) == []


async def test_the_tape_comes_first_on_the_disk(door: Door) -> None:
    object.__setattr__(door.exhibit_settings, "free_bytes_min", 1 << 60)
    status, said = await send(door, "plaintiff", files.photo())
    assert (status, said["reason"]) == (503, "disk_full")
    assert kept(door) == []


async def test_a_ledger_that_is_away_keeps_no_file(door: Door) -> None:
    await send(door, "plaintiff", files.photo())
    door.log.broken = True
    status, said = await send(door, "plaintiff", files.photo())
    assert (status, said["reason"]) == (503, "ledger")
    assert len(kept(door)) == 1


async def test_a_foreign_page_and_another_hearing_are_refused(door: Door) -> None:
    bad = {"Origin": "https://evil.example"}
    assert (await send(door, "plaintiff", files.photo(), headers=bad))[1]["reason"] == "origin"
    assert (await send(door, "plaintiff", files.photo(), hearing=OTHER_HEARING))[1]["reason"] == "not_found"
    async with aiohttp.ClientSession() as http:
        url = f"{door.url}/api/hearings/{HEARING}/exhibits?title=x"
        answer = await http.post(url, data=b"x", headers={"Origin": door.url})
        assert await reason(answer) == (401, "session_invalid")


async def test_a_seat_hands_in_so_many_a_minute(door: Door) -> None:
    said = [(await send(door, "plaintiff", b"<html>" * 20))[1]["reason"] for _ in range(8)]
    assert said.count("busy") == 8 - ExhibitSettings().uploads_per_minute_max
