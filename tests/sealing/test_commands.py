"""The commands as an operator gives them: a key, a sealed hearing, an edition of it, a check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from recording.package import keys as public_keys
from server.__main__ import main
from server.demo import cast

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sealing.rig import House

pytestmark = pytest.mark.service


def config(house: House, key: Path | None) -> Path:
    path = house.root.parent / "config.yaml"
    lines = [f"storage: {{root: {house.root}}}"]
    if key is not None:
        lines.append(f"sealing: {{court_key_file: {key}}}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_from_a_key_to_a_partys_proof(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, pub, out = tmp_path / "court.pem", tmp_path / "court.pub", tmp_path / "party.zip"
    assert main(["court-key", "new", str(key)]) == 0
    said = capsys.readouterr().out
    pub.write_text(said[: said.index("密钥")], encoding="utf-8")
    public = public_keys.from_file(pub.read_bytes())
    assert public.fingerprint in said
    assert main(["court-key", "show", str(key)]) == 0
    assert capsys.readouterr().out == said
    at = ["--config", str(config(house, key))]
    assert main(["package", cast.HELD, str(out), "--seat", "plaintiff", *at]) == 2
    assert "not_sealed" in capsys.readouterr().err
    assert main(["seal", cast.HELD, *at]) == 0
    assert main(["package", cast.HELD, str(out), "--seat", "plaintiff", *at]) == 0
    assert "2 files" in capsys.readouterr().out
    assert main(["verify", str(out), "--key", str(pub)]) == 0
    capsys.readouterr()
    assert main(["verify", str(out), "--key", str(pub), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["unaltered"], told["complete"], told["hearing"]) == (True, True, cast.HELD)
    assert main(["package", cast.HELD, str(out), "--seat", "plaintiff", *at]) == 2
    assert "is there already" in capsys.readouterr().err


def test_what_goes_wrong_is_said(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--config", str(config(house, None))]
    assert main(["seal", cast.HELD, *at]) == 2
    assert "no_key" in capsys.readouterr().err
    key = tmp_path / "court.pem"
    assert main(["court-key", "new", str(key), "--kind", "sm2"]) == 0
    assert main(["court-key", "new", str(key)]) == 2
    assert "never overwritten" in capsys.readouterr().err
    key.write_text("nonsense", encoding="utf-8")
    assert main(["court-key", "show", str(key)]) == 2
    assert main(["seal", cast.HELD, "--config", str(config(house, key))]) == 2
    assert "private key" in capsys.readouterr().err
    assert main(["verify", str(tmp_path), "--key", str(key)]) == 2
