"""The C2PA manifest in an MP4 (C2PA specification 2, ISO 22144): the file itself says from which hearing and log it was made.

For readers that know C2PA and not our packages; what a court goes by is the package's own manifest. Opt-in: it needs a key with
a certificate of its own. Asks nobody on the network, and never changes the file it is given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.sealing.keys import BadKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from server.sealing.settings import SealingSettings

_FORM = "video/mp4"
_FACTS = "org.yunting.hearing"  # label of the assertion that is ours
_CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture"
_ES256, _ED25519 = "es256", "ed25519"


class NotSigned(OSError):  # noqa: N818  says what is wrong
    """The file could not be given a C2PA manifest; why, for the operator."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A key with the certificates that vouch for it, the key's own first; both PEM. kind: "es256" or "ed25519"."""

    kind: str
    certificates: bytes
    key: bytes = field(repr=False)


def load(settings: SealingSettings) -> Credential | None:
    """Read what is configured; None if nothing is. BadKey: no key of a known kind, or not its certificate; OSError."""
    keys, chain = settings.c2pa_key_file, settings.c2pa_certificates_file
    if keys is None or chain is None:
        if keys is not None or chain is not None:
            raise BadKey(f"{keys or chain}: C2PA needs the key and its certificates, both")
        return None
    pem, certificates = keys.read_bytes(), chain.read_bytes()
    try:
        key = serialization.load_pem_private_key(pem, None)
        own = x509.load_pem_x509_certificates(certificates)[0]
    except (ValueError, TypeError) as error:
        raise BadKey(f"{keys}: {error}") from None
    if isinstance(key, Ed25519PrivateKey):
        kind = _ED25519
    elif isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        kind = _ES256
    else:
        raise BadKey(f"{keys}: expected a key of Ed25519 or ECDSA P-256")
    if _spki(key.public_key()) != _spki(own.public_key()):
        raise BadKey(f"{chain}: its first certificate is of another key")
    return Credential(kind, certificates, pem)


def sign(source: Path, out: Path, credential: Credential, title: str, facts: Mapping[str, str]) -> int:
    """Write source with a C2PA manifest in it to out, which is not there yet; its bytes. NotSigned, OSError. Blocks.

    facts: strings about the hearing that the manifest states; they are readable by whoever has the file.
    """
    import c2pa  # noqa: PLC0415  23 MB of code that few courts want

    told = {
        "claim_generator_info": [{"name": "Yunting"}],
        "title": title,
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": _CAPTURED}]},
            },
            {"label": _FACTS, "data": dict(facts)},
        ],
    }
    info = c2pa.C2paSignerInfo(
        alg=credential.kind.encode(),
        sign_cert=credential.certificates,
        private_key=credential.key,
        ta_url=None,  # the package has the timestamp
    )
    try:
        with (
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(told)) as builder,
            source.open("rb") as plain,
            out.open("x+b") as signed,
        ):
            builder.sign(signer, _FORM, plain, signed)
    except c2pa.C2paError as error:
        out.unlink(missing_ok=True)
        raise NotSigned(str(error)) from None
    return out.stat().st_size


def _spki(key: Any) -> bytes:
    der: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return der
