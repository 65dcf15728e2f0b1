"""Makes web/core/sealed/fixture.json: a small package as the web client's tests read it. `python -m tests.recording.package.web_fixture`.

The tape's salts are random, so it is made anew only when the format changes; test_web_fixture.py holds it to the verifier.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import tempfile
from pathlib import Path

from recording.package import archive
from tests.recording.package import parcels

OUT = Path(__file__).resolve().parents[3] / "web" / "core" / "sealed" / "fixture.json"
_KEPT = ("tape-marks-", "plaintiff-audio-0001", "tape.json")


def make(out: Path = OUT) -> None:
    """Seal a package with one segment of sound, and write it as text."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        asyncio.run(parcels.tape(root / "tape"))
        for path in (root / "tape").iterdir():
            if not path.name.startswith(_KEPT):
                path.unlink()
        package = parcels.Parcel(root / "tape").sealed(root / "package")
        files = {
            str(path.relative_to(package)): base64.b64encode(path.read_bytes()).decode()
            for path in sorted(package.rglob("*"))
            if path.is_file()
        }
        whole = io.BytesIO()
        archive.write(whole, [(name, lambda name=name: (package / name).open("rb")) for name in files])  # type: ignore[misc]
    out.with_name("fixture.zip.b64").write_bytes(base64.encodebytes(whole.getvalue()))
    value = {"key": parcels.KEY.pem.decode(), "files": files}
    out.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make()
