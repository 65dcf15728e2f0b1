"""Every form is checked and drawn in a process apart, within its limits, and comes out without what it says of its maker."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING

import av
import pytest
from PIL import Image

from server.exhibits.apart import Busy, Checked, Worker
from server.exhibits.forms import FORMS, HEAD_BYTES, form_of
from server.exhibits.settings import ExhibitSettings
from server.exhibits.worker import Broken
from tests.exhibits import files

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


async def check(tmp: Path, content: bytes, **settings: int) -> Checked:
    form = form_of(content[:HEAD_BYTES])
    assert form is not None
    path = tmp / "original"
    path.write_bytes(content)
    return await Worker(ExhibitSettings(**settings)).check(path, form, tmp / f"played{form.suffix}")


async def drawn(tmp: Path, content: bytes, kind: str, page: int = 1, width: int = 320) -> Image.Image:
    (tmp / "original").write_bytes(content)
    await Worker(ExhibitSettings()).draw(tmp / "original", kind, page, width, tmp / "page.webp")
    return Image.open(BytesIO((tmp / "page.webp").read_bytes()))


async def test_a_pdf_is_counted_and_each_page_is_its_own_picture(tmp_path: Path) -> None:
    content = files.pdf(3)
    assert await check(tmp_path, content) == Checked(3, 0)
    pages = [await drawn(tmp_path, content, "pdf", number) for number in (1, 2)]
    assert [picture.format for picture in pages] == ["WEBP", "WEBP"]
    assert all(abs(picture.width - 320) <= 1 for picture in pages)
    assert pages[0].tobytes() != pages[1].tobytes()


async def test_a_photograph_is_upright_and_says_nothing_of_where_it_was_taken(tmp_path: Path) -> None:
    content = files.photo()
    assert files.PLACE in content
    assert await check(tmp_path, content) == Checked(1, 0)
    picture = await drawn(tmp_path, content, "image", width=1280)
    assert picture.height > picture.width, "turned as its metadata asks"
    assert not picture.getexif()
    assert files.PLACE not in (tmp_path / "page.webp").read_bytes()


@pytest.mark.parametrize(
    ("container", "codecs", "suffix"),
    [
        ("mp4", (("video", "libx264"), ("audio", "aac")), ".mp4"),
        ("webm", (("video", "libvpx"), ("audio", "libopus")), ".webm"),
        ("mp3", (("audio", "libmp3lame"),), ".mp3"),
        ("ogg", (("audio", "libopus"),), ".ogg"),
        ("wav", (("audio", "pcm_s16le"),), ".wav"),
        ("ipod", (("audio", "aac"),), ".m4a"),
    ],
)
async def test_what_plays_is_opened_and_written_anew(
    tmp_path: Path, container: str, codecs: tuple[tuple[str, str], ...], suffix: str
) -> None:
    content = files.film(container, codecs, tmp_path)
    found = await check(tmp_path, content)
    assert found.pages == 1
    assert 800 <= found.duration_ms <= 1300
    played = (tmp_path / f"played{suffix}").read_bytes()
    assert files.PLACE not in played
    assert form_of(played[:HEAD_BYTES]) is not None
    with av.open(BytesIO(played), "r") as opened:
        assert len(opened.streams) == len(codecs)
        assert next(iter(opened.decode(opened.streams[0]))) is not None


@pytest.mark.parametrize("suffix", [form.suffix for form in FORMS.values()])
async def test_a_file_that_only_begins_well_is_broken(tmp_path: Path, suffix: str) -> None:
    head = {
        ".pdf": b"%PDF-1.7\n",
        ".png": b"\x89PNG\r\n\x1a\n",
        ".jpg": b"\xff\xd8\xff\xe0",
        ".webp": b"RIFF\0\0\0\0WEBPVP8 ",
        ".mp4": b"\0\0\0\x20ftypisom",
        ".webm": b"\x1a\x45\xdf\xa3",
        ".m4a": b"\0\0\0\x20ftypM4A ",
        ".mp3": b"ID3\x04",
        ".ogg": b"OggS\0",
        ".wav": b"RIFF\0\0\0\0WAVEfmt ",
    }[suffix]
    with pytest.raises(Broken) as caught:
        await check(tmp_path, head + b"#EXTM3U\nfile:///etc/passwd\n" * 100)
    assert caught.value.reason == "broken"


async def test_a_bomb_of_pixels_is_not_unfolded(tmp_path: Path) -> None:
    content = files.bomb()
    assert len(content) < 1_000_000
    with pytest.raises(Broken) as caught:
        await check(tmp_path, content)
    assert caught.value.reason == "too_many_pixels"


async def test_too_many_pages_are_not_taken(tmp_path: Path) -> None:
    with pytest.raises(Broken) as caught:
        await check(tmp_path, files.pdf(3), pages_max=2)
    assert caught.value.reason == "too_many_pages"


async def test_who_needs_more_memory_than_there_is_ends_alone(tmp_path: Path) -> None:
    content = files.bomb(9_000)
    with pytest.raises(Broken):
        await check(tmp_path, content, memory_bytes_max=64 << 20)
    assert (await check(tmp_path, content)).pages == 1


async def test_who_takes_too_long_ends_and_so_many_wait_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "original"
    path.write_bytes(files.pdf(1))
    hasty = Worker(ExhibitSettings(draw_timeout_s=0.001))
    with pytest.raises(Broken):
        await hasty.draw(path, "pdf", 1, 320, tmp_path / "page.webp")
    worker = Worker(ExhibitSettings(drawings_at_once_max=1, drawings_waiting_max=1))
    first = asyncio.ensure_future(worker.draw(path, "pdf", 1, 320, tmp_path / "page.webp"))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await worker.draw(path, "pdf", 1, 640, tmp_path / "other.webp")
    await first
    await worker.draw(path, "pdf", 1, 640, tmp_path / "other.webp")
