"""A page is drawn once for all, and what is kept is bounded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from server.exhibits.apart import Worker
from server.exhibits.drawn import WIDTHS, Drawn, width_for
from server.exhibits.settings import ExhibitSettings
from server.exhibits.worker import Broken

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


class Counted(Worker):
    """Draws a text of ten bytes and counts."""

    def __init__(self) -> None:
        super().__init__(ExhibitSettings())
        self.drawn: list[tuple[int, int]] = []

    async def draw(self, path: Path, kind: str, page: int, width: int, out: Path) -> None:  # noqa: ARG002
        await asyncio.sleep(0.01)
        if page == 13:
            raise Broken("broken")
        self.drawn.append((page, width))
        out.write_bytes(f"{page:10}".encode())


@pytest.mark.parametrize(("asked", "given"), [(0, 320), (320, 320), (321, 640), (99999, WIDTHS[-1])])
def test_few_widths_are_drawn(asked: int, given: int) -> None:
    assert width_for(asked) == given


async def test_all_who_turn_to_a_page_at_once_cost_one_drawing(tmp_path: Path) -> None:
    worker = Counted()
    drawn = Drawn(tmp_path / "drawn", worker, 1000)
    found = await asyncio.gather(*(drawn.page(tmp_path / "o", "x1", "pdf", 1, 320) for _ in range(20)))
    assert set(found) == {b"         1"}
    assert worker.drawn == [(1, 320)]
    again = Drawn(tmp_path / "drawn", worker, 1000)
    assert await again.page(tmp_path / "o", "x1", "pdf", 1, 320) == found[0]
    assert worker.drawn == [(1, 320)], "kept over a restart"


async def test_the_longest_unused_page_goes_first(tmp_path: Path) -> None:
    worker = Counted()
    drawn = Drawn(tmp_path / "drawn", worker, 25)
    for page in (1, 2, 1, 3):
        await drawn.page(tmp_path / "o", "x1", "pdf", page, 320)
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["x1-1-320.webp", "x1-3-320.webp"]


async def test_what_cannot_be_drawn_leaves_nothing_behind(tmp_path: Path) -> None:
    drawn = Drawn(tmp_path / "drawn", Counted(), 1000)
    with pytest.raises(Broken):
        await drawn.page(tmp_path / "o", "x1", "pdf", 13, 320)
    assert list((tmp_path / "drawn").iterdir()) == []
    assert drawn._drawing == {}


async def test_a_half_drawn_page_of_a_dead_process_is_cleared_and_a_lost_one_drawn_again(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "drawn"
    folder.mkdir()
    (folder / ".dead.webp").write_bytes(b"half")
    worker = Counted()
    drawn = Drawn(folder, worker, 1000)
    await drawn.page(tmp_path / "o", "x1", "pdf", 1, 320)
    (folder / "x1-1-320.webp").unlink()
    await drawn.page(tmp_path / "o", "x1", "pdf", 1, 320)
    assert [path.name for path in folder.iterdir()] == ["x1-1-320.webp"]
    assert worker.drawn == [(1, 320), (1, 320)]
