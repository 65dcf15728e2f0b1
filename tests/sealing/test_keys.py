"""Keys of the court: made once, private, usable by other programs, and refused where they are none."""

from __future__ import annotations

import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from recording.package import curves, keys
from server.sealing.keys import BadKey, load, make, signers
from server.sealing.settings import SealingSettings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service

KINDS = (keys.ED25519, keys.P256, keys.SM2)
OPENSSL = shutil.which("openssl")


@pytest.mark.parametrize("kind", KINDS)
def test_a_made_key_is_private_and_signs(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "keys" / "court.pem"
    public = make(path, kind)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    signer = load(path)
    assert signer.public == public
    assert public.kind == kind
    signature = signer.sign(b"message")
    assert public.holds(b"message", signature)
    assert not public.holds(b"another", signature)
    with pytest.raises(FileExistsError):
        make(path, kind)
    assert load(path).public == public


def test_a_signer_does_not_show_its_secret(tmp_path: Path) -> None:
    make(tmp_path / "k", keys.SM2)
    signer = load(tmp_path / "k")
    assert "function" not in repr(signer)
    assert "sign=" not in repr(signer)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> bytes:
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "k"
    make(path, keys.SM2)
    good = path.read_bytes()
    wrong = [
        b"",
        b"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
        pem(rsa.generate_private_key(65537, 2048)),
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ec.generate_private_key(ec.SECP256R1()), b"password"),
        good.replace(b"MIGHAgEA", b"MIGHAgEB"),
        good[:100] + (b"A" if good[100:101] != b"A" else b"B") + good[101:],
    ]
    for data in wrong:
        path.write_bytes(data)
        with pytest.raises(BadKey, match="k: "):
            load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere")


def test_the_configured_keys_are_the_courts_own_first(tmp_path: Path) -> None:
    court, other = tmp_path / "court.pem", tmp_path / "sm2.pem"
    made = [make(court, keys.P256), make(other, keys.SM2)]
    settings = SealingSettings(court_key_file=court, sm2_key_file=other)
    assert [signer.public for signer in signers(settings)] == made
    assert signers(SealingSettings()) == []


@pytest.mark.skipif(OPENSSL is None, reason="no openssl here to compare with")
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_reads_the_keys_and_holds_the_signatures(tmp_path: Path, kind: str) -> None:
    """Whoever distrusts our verifier checks the manifest's signature with a program that everybody has."""
    secret, public = tmp_path / "court.pem", tmp_path / "court.pub"
    signature, message = tmp_path / "signature", tmp_path / "message"
    public.write_bytes(make(secret, kind).pem)
    message.write_bytes(b"manifest" * 9)
    raw = load(secret).sign(message.read_bytes())
    signature.write_bytes(raw if kind == keys.ED25519 else _der(raw))

    def openssl(*arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert openssl("pkey", "-in", str(secret), "-pubout").split() == public.read_text().split()
    extra = {
        keys.ED25519: [],
        keys.P256: ["-digest", "sha256"],
        keys.SM2: ["-digest", "sm3", "-pkeyopt", f"distid:{curves.SM2_ID.decode()}"],
    }[kind]
    told = openssl(
        *("pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin", "-in", str(message)),
        *("-sigfile", str(signature), *extra),
    )
    assert "Verified Successfully" in told


def _der(raw: bytes) -> bytes:
    """ECDSA-Sig-Value of r‖s (RFC 5480 app. A)."""
    body = b""
    for part in (raw[:32], raw[32:]):
        number = part.lstrip(b"\0")
        number = b"\0" + number if number[0] & 0x80 else number
        body += bytes((2, len(number))) + number
    return bytes((0x30, len(body))) + body
