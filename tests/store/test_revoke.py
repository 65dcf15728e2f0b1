"""revoke-links from a shell: one seat or all, and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from server.__main__ import main
from server.store.cases import Cases, SeatRow
from server.store.database import Database
from server.store.settings import StoreSettings
from tests.store.ledgers import sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


async def made(root: Path) -> tuple[Database, dict[str, str]]:
    database = Database(sqlite_settings(root))
    cases = Cases(database)
    await cases.create_case(case_no="1", cause="x", court="y", procedure="p", now_ms=1, case_id="c")
    seats = [SeatRow(seat, seat, "bench", seat, seat) for seat in ("clerk", "plaintiff")]
    await cases.create_hearing(
        case_id="c", public=True, procedure="p", scheduled_at=1, seats=seats, now_ms=1, hearing_id="h"
    )
    return database, {row.seat: await cases.make_link("h", row.seat, 1) for row in seats}


def run(tmp_path: Path, *words: str) -> int:
    (tmp_path / "config.yaml").write_text("storage: {root: var}", encoding="utf-8")
    return main(["revoke-links", *words, "--config", str(tmp_path / "config.yaml")])


@pytest.mark.parametrize(("words", "left"), [(("h", "clerk"), {"plaintiff"}), (("h",), set())])
def test_the_links_named_are_useless(tmp_path: Path, words: tuple[str, ...], left: set[str]) -> None:
    async def prepare() -> dict[str, str]:
        database, links = await made(tmp_path / "var")
        await database.close()
        return links

    async def working(links: dict[str, str]) -> set[str]:
        database = Database(sqlite)
        cases = Cases(database)
        found = {seat for seat, token in links.items() if await cases.redeem_link(token, 2) is not None}
        await database.close()
        return found

    links = asyncio.run(prepare())
    sqlite = StoreSettings(root=tmp_path / "var")
    assert run(tmp_path, *words) == 0
    assert asyncio.run(working(links)) == left


def test_what_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "h") == 2, "no ledger, and none is made"
    assert not (tmp_path / "var").exists()
    sqlite_settings(tmp_path / "var")
    assert run(tmp_path, "h") == 1
    assert "no such hearing" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["serve"], ["new-demo"]])
def test_a_broken_database_is_one_line_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (tmp_path / "config.yaml").write_text("storage: {root: var}", encoding="utf-8")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "yunting.db").write_bytes(b"no database" * 500)
    assert main([*words, "--config", str(tmp_path / "config.yaml")]) == 1
    said = capsys.readouterr().err
    assert "yunting: " in said
    assert "ledger" in said
    assert "Traceback" not in said
