"""The package that the web client's tests read is one that the verifier holds for unaltered."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from recording.package import keys
from recording.package.verify import verify
from tests.recording.package.web_fixture import OUT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


def test_it_lacks_what_was_left_out_of_it_and_nothing_else(tmp_path: Path) -> None:
    fixture = json.loads(OUT.read_text(encoding="utf-8"))
    for name, content in fixture["files"].items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    report = verify(tmp_path / "package", [keys.from_file(fixture["key"].encode())])
    assert {one.reason for one in report.findings} == {"segment_missing"}
    assert report.unaltered
