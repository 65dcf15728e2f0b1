"""The browser's types are made from the schema, and the schema from the wire's definitions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.gateway import schema

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"


def node() -> str:
    """The Node that the project's own environment carries, else the machine's."""
    return shutil.which("node", path=str(Path(sys.prefix) / "bin")) or shutil.which("node") or ""


@pytest.mark.skipif(not (WEB / "node_modules").is_dir(), reason="the web client's packages are not installed")
def test_the_committed_types_are_what_the_generator_makes() -> None:
    done = subprocess.run(
        [node(), "tools/wire.mjs", "--check"],
        cwd=WEB,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_schema_is_written_where_it_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "wire.json"
    monkeypatch.setattr("sys.argv", ["schema", str(target)])
    schema.main()
    assert target.read_text(encoding="utf-8") == schema.document()
