"""console-link from a shell: a link that works, or the end of all of a court's, and nothing else."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from server.__main__ import main
from server.store.cases import Cases
from server.store.database import Database
from server.store.officers import Officers
from server.store.settings import StoreSettings
from tests.store.ledgers import sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path

    from server.store.officers import Officer

pytestmark = pytest.mark.service

COURT = "广州市天河区人民法院"


def run(tmp_path: Path, *words: str) -> int:
    (tmp_path / "config.yaml").write_text("storage: {root: var}", encoding="utf-8")
    return main(["console-link", *words, "--config", str(tmp_path / "config.yaml")])


async def redeemed(tmp_path: Path, token: str) -> Officer | None:
    database = Database(StoreSettings(root=tmp_path / "var"))
    found = await Officers(database).redeem(token, time.time_ns() // 1_000_000)
    await database.close()
    return found[1] if found else None


def test_a_link_is_printed_and_works_until_it_is_revoked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite_settings(tmp_path / "var")
    assert run(tmp_path, "--court", COURT, "--name", "何工") == 0
    told = capsys.readouterr()
    address, _, token = told.out.strip().rpartition("/")
    assert address == "http://localhost:8080/console/j"
    assert "no case of this court yet" in told.err
    officer = asyncio.run(redeemed(tmp_path, token))
    assert officer is not None
    assert (officer.court, officer.name) == (COURT, "何工")
    assert run(tmp_path, "--court", COURT, "--revoke") == 0
    assert capsys.readouterr().out == f"{COURT}: console links ended: 1\n"
    assert asyncio.run(redeemed(tmp_path, token)) is None


def test_a_court_that_has_cases_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def enter() -> None:
        database = Database(sqlite_settings(tmp_path / "var"))
        await Cases(database).create_case(case_no="1", cause="x", court=COURT, procedure="p", now_ms=1)
        await database.close()

    asyncio.run(enter())
    assert run(tmp_path, "--court", COURT) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("words", [("--court", ""), ("--court", "x" * 201), ("--court", "x", "--name", "")])
def test_a_name_that_is_none_makes_no_link(tmp_path: Path, words: tuple[str, ...]) -> None:
    sqlite_settings(tmp_path / "var")
    assert run(tmp_path, *words) == 1


def test_without_a_ledger_there_is_nothing_to_make_it_in(tmp_path: Path) -> None:
    assert run(tmp_path, "--court", COURT) == 2
    assert not (tmp_path / "var").exists()
