"""The C2PA manifest in an MP4: another program's reader takes it, and a changed byte is found."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import av
import c2pa
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from recording.package.verify import verify
from server.demo import cast
from server.sealing import provenance
from server.sealing.keys import BadKey
from server.sealing.provenance import NotSigned
from server.sealing.settings import SealingSettings
from tests.sealing.test_composite import composer, session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sealing.rig import House

pytestmark = pytest.mark.service

FACTS = {"hearing": "h-1", "log_head": "ab" * 32}
Key = Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, text),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Court"),
        ]
    )


def _certificate(key: Any, of: str, by: Key, *, root: bool) -> x509.Certificate:
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(of))
        .issuer_name(_name("Root"))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2125, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.BasicConstraints(root, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not root, key_cert_sign=root, crl_sign=root, **usage),
            critical=True,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if not root:
        made = made.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
    return made.sign(by, hashes.SHA256() if isinstance(by, ec.EllipticCurvePrivateKey) else None)


def _files(folder: Path, key: Key, *, of: Key | None = None) -> SealingSettings:
    """A key with a chain of two certificates. of: the key that the first one is really of."""
    root = ec.generate_private_key(ec.SECP256R1())
    chain = (
        _certificate((of or key).public_key(), "Recording", root, root=False),
        _certificate(root.public_key(), "Root", root, root=True),
    )
    pem = serialization.Encoding.PEM
    (folder / "chain.pem").write_bytes(b"".join(one.public_bytes(pem) for one in chain))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return SealingSettings(c2pa_key_file=folder / "key.pem", c2pa_certificates_file=folder / "chain.pem")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A second of H.264 in MP4."""
    path = tmp_path / "plain.mp4"
    made: Any = av.open(str(path), "w", format="mp4")
    with made as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((240, 320, 3), number * 20, np.uint8))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _read(data: bytes) -> tuple[str, dict[str, Any], set[str]]:
    """What C2PA's own reader says: the state, our facts, and what is wrong."""
    told = json.loads(c2pa.Reader("video/mp4", io.BytesIO(data)).json())
    active = told["manifests"][told["active_manifest"]]
    facts = {one["label"]: one["data"] for one in active["assertions"]}
    return told["validation_state"], facts, {one["code"] for one in told.get("validation_status", [])}


@pytest.mark.parametrize(
    "make", [Ed25519PrivateKey.generate, lambda: ec.generate_private_key(ec.SECP256R1())]
)
def test_c2pas_own_reader_takes_it_and_sees_a_changed_byte(tmp_path: Path, film: Path, make: Any) -> None:
    credential = provenance.load(_files(tmp_path, make()))
    assert credential is not None
    before, out = film.read_bytes(), tmp_path / "signed.mp4"
    provenance.sign(film, out, credential, "h-1", FACTS)
    assert film.read_bytes() == before
    state, facts, wrong = _read(out.read_bytes())
    assert (state, facts["org.yunting.hearing"]) == ("Valid", FACTS)
    assert facts["c2pa.actions.v2"]["actions"][0]["digitalSourceType"].endswith("compositeCapture")
    assert wrong == {"signingCredential.untrusted"}, "the root is ours, which no reader knows"
    changed = bytearray(out.read_bytes())
    changed[-40] ^= 1
    state, _, wrong = _read(bytes(changed))
    assert (state, "assertion.bmffHash.mismatch" in wrong) == ("Invalid", True)


def test_the_pictures_are_the_same(tmp_path: Path, film: Path) -> None:
    credential = provenance.load(_files(tmp_path, Ed25519PrivateKey.generate()))
    assert credential is not None
    provenance.sign(film, tmp_path / "signed.mp4", credential, "h-1", FACTS)
    packets = []
    for path in (film, tmp_path / "signed.mp4"):
        opened: Any = av.open(str(path))
        with opened as container:
            packets.append([bytes(packet) for packet in container.demux(video=0)])
    assert packets[0] == packets[1]


def test_nothing_is_there_unless_asked_for() -> None:
    assert provenance.load(SealingSettings()) is None


def test_what_does_not_fit_is_said_at_once(tmp_path: Path) -> None:
    good = _files(tmp_path, Ed25519PrivateKey.generate())
    with pytest.raises(BadKey, match="both"):
        provenance.load(SealingSettings(c2pa_key_file=good.c2pa_key_file))
    with pytest.raises(BadKey, match="another key"):
        provenance.load(_files(tmp_path, Ed25519PrivateKey.generate(), of=Ed25519PrivateKey.generate()))
    with pytest.raises(BadKey, match="P-256"):
        provenance.load(_files(tmp_path, ec.generate_private_key(ec.SECP384R1())))
    (tmp_path / "key.pem").write_bytes(b"no key")
    with pytest.raises(BadKey):
        provenance.load(good)


def test_what_is_no_mp4_gets_none_and_leaves_nothing(tmp_path: Path) -> None:
    credential = provenance.load(_files(tmp_path, Ed25519PrivateKey.generate()))
    assert credential is not None
    (tmp_path / "no.mp4").write_bytes(b"not a film at all" * 100)
    with pytest.raises(NotSigned):
        provenance.sign(tmp_path / "no.mp4", tmp_path / "out.mp4", credential, "h-1", FACTS)
    assert not (tmp_path / "out.mp4").exists()


async def test_the_composite_of_a_sealed_hearing_names_its_hearing_and_its_log(
    house: House, tmp_path: Path
) -> None:
    assert await composer(house).compose(cast.HELD, await session(house), lambda _share: None) == ""
    published = (house.folders.copies(cast.HELD) / "~composite.mp4").read_bytes()
    key = house.key()
    package = await house.sealer(_files(tmp_path, Ed25519PrivateKey.generate())).seal(cast.HELD)
    signed = (package / "copies" / "~composite.mp4").read_bytes()
    state, facts, _ = _read(signed)
    verdict = await house.events.verify(cast.HELD)
    told = facts["org.yunting.hearing"]
    assert (state, told["hearing"], told["log_head"]) == ("Valid", cast.HELD, verdict.head)
    assert verify(package, [key]).findings == []
    assert {path.name[0] for path in (package / "copies").iterdir()} & {"."} == set(), "nothing half made"
    assert (house.folders.copies(cast.HELD) / "~composite.mp4").read_bytes() == published, "rebuilt the same"


async def test_a_composite_that_takes_none_is_sealed_without(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert await composer(house).compose(cast.HELD, await session(house), lambda _share: None) == ""
    (house.folders.copies(cast.HELD) / "~composite.mp4").write_bytes(b"no film")
    house.key()
    package = await house.sealer(_files(tmp_path, Ed25519PrivateKey.generate())).seal(cast.HELD)
    assert (package / "copies" / "~composite.mp4").read_bytes() == b"no film"
    assert "no C2PA manifest" in caplog.text
