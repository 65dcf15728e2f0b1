"""What is no package, what must not be opened, and the verifier as a command and as a file of its own."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from recording.package import archive, forms
from recording.package.archive import Refused
from recording.package.cli import main
from recording.package.source import NothingThere
from recording.package.verify import verify
from tests.recording.package import parcels
from tests.recording.package.parcels import KEY
from tools import verifier

if TYPE_CHECKING:
    from pathlib import Path

    from recording.package.report import Report

pytestmark = pytest.mark.service


def reasons(report: Report) -> set[str]:
    return {one.reason for one in report.findings}


def zipped(package: Path, path: Path) -> Path:
    names = sorted(str(p.relative_to(package)) for p in package.rglob("*") if p.is_file())
    with path.open("wb") as out:
        archive.write(out, [(n, lambda n=n: (package / n).open("rb")) for n in names])  # type: ignore[misc]
    return path


# --- nonsense, and what must not be opened ---


def test_nothing_and_no_package(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hello", encoding="utf-8")
    for name in ("empty", "text", "nowhere"):
        with pytest.raises(NothingThere):
            verify(tmp_path / name, [KEY])


def test_links_are_refused_wherever_they_lead(twin: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (twin / "copies" / "link.webm").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused, match="not a plain file"):
        verify(twin, [KEY])
    (twin / "copies" / "link.webm").unlink()
    (twin / "more").symlink_to(tmp_path)
    with pytest.raises(Refused, match="not a plain file"):
        verify(twin, [KEY])


def test_a_pipe_is_refused_and_not_waited_for(twin: Path) -> None:
    os.mkfifo(twin / "copies" / "pipe.webm")
    with pytest.raises(Refused):
        verify(twin, [KEY])


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil"])
def test_an_archive_that_would_write_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        info = zipfile.ZipInfo("x")
        info.filename = name
        made.writestr(info, b"x")
    with pytest.raises(Refused, match="name"):
        verify(path, [KEY])


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(forms.MANIFEST, b"0" * 50_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(Refused, match="compressed"):
        verify(path, [KEY])


def test_an_archive_with_a_link_in_it_is_refused(twin: Path, tmp_path: Path) -> None:
    data = bytearray(zipped(twin, tmp_path / "a.zip").read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 38 : at + 42] = ((stat.S_IFLNK | 0o777) << 16).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(Refused, match="not a plain file"):
        verify(tmp_path / "a.zip", [KEY])


def test_an_archive_of_another_program_is_not_the_courts(twin: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        for path in sorted(twin.rglob("*")):
            if path.is_file():
                made.write(path, path.relative_to(twin))
    assert reasons(verify(tmp_path / "a.zip", [KEY])) == {"archive_damaged"}


def test_files_larger_than_any_package_has_are_refused(twin: Path) -> None:
    (twin / forms.MANIFEST).unlink()
    with (twin / forms.MANIFEST).open("wb") as file:
        file.truncate(forms.MANIFEST_BYTES_MAX + 1)
    with pytest.raises(Refused, match="larger"):
        verify(twin, [KEY])


# --- the command, and the file of its own ---


def run(*arguments: object) -> tuple[int, str, str]:
    """Run the single file with nothing installed and nothing else in sight."""
    command = [sys.executable, "-I", "-S", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alone") / "verify.pyz"
    verifier.make(path)
    return path


@pytest.fixture
def pub(tmp_path: Path) -> Path:
    path = tmp_path / "court.pub"
    path.write_bytes(KEY.pem)
    return path


def test_the_single_file_is_the_same_every_time(alone: Path, tmp_path: Path) -> None:
    verifier.make(tmp_path / "again.pyz")
    assert alone.read_bytes() == (tmp_path / "again.pyz").read_bytes()


def test_the_single_file_needs_nothing_installed(alone: Path, pub: Path, twin: Path) -> None:
    status, out, _ = run(alone, twin, "--key", pub)
    assert status == 0, out
    assert "✓ 未被改动 unaltered" in out
    assert "✓ 完整 complete" in out
    name = "tape/defendant-audio-0003.ytape"
    data = (twin / name).read_bytes()
    parcels.put(twin / name, data[:-500] + b"x" + data[-499:])
    status, out, _ = run(alone, twin, "--key", pub)
    assert status == 1
    line = next(line for line in out.splitlines() if name in line)
    assert "00:00:07" in line
    assert "seat defendant" in line
    status, out, _ = run(alone, twin, "--key", pub, "--json")
    found = json.loads(out)
    assert (status, found["unaltered"], found["findings"][0]["file"]) == (1, False, name)
    assert found["findings"][0]["seat"] == "defendant"


def test_nonsense_ends_with_2(alone: Path, pub: Path, tmp_path: Path, package: Path) -> None:
    (tmp_path / "nothing").mkdir()
    for arguments in (
        (tmp_path / "nothing", "--key", pub),
        (package, "--key", package / forms.MANIFEST),
        (package, "--key", tmp_path / "nowhere"),
        (package,),
        (),
    ):
        status, out, error = run(alone, *arguments)
        assert (status, out) == (2, ""), arguments
        assert error
        assert "Traceback" not in error


def test_the_command_of_the_server_is_the_same(
    package: Path, pub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(package), "--key", str(pub)]) == 0
    assert "未被改动 unaltered" in capsys.readouterr().out
