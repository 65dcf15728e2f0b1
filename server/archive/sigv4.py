"""Signs requests to S3-compatible storage (AWS Signature Version 4, in a header). Pure: bytes and a time in, headers out.

For the few requests about object lock, which the client library does not know. Their bodies are short, so the signature
covers them. Never logs a key.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs, and for which region."""

    access: str
    secret: str = field(repr=False)
    region: str


def path_of(*parts: str) -> str:
    """The path of a URL with these parts, in the one spelling that is signed: each byte but A-Z a-z 0-9 - . _ ~ / escaped."""
    return "/" + "/".join(quote(part, safe="/-._~") for part in parts)


def query_of(query: Mapping[str, str]) -> str:
    """The query of a URL in the one spelling that is signed: sorted, everything escaped."""
    return "&".join(f"{quote(key, safe='-._~')}={quote(query[key], safe='-._~')}" for key in sorted(query))


def signed(
    keys: Keys,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    at: str,
) -> dict[str, str]:
    """All headers of a request, the signature among them. path: of path_of; at: "YYYYMMDDTHHMMSSZ"; headers: Host too."""
    digest = hashlib.sha256(body).hexdigest()
    sent = {**headers, "x-amz-content-sha256": digest, "x-amz-date": at}
    lower = {name.lower(): " ".join(value.split()) for name, value in sent.items()}
    names = ";".join(sorted(lower))
    lines = "".join(f"{name}:{lower[name]}\n" for name in sorted(lower))
    request = "\n".join((method, path, query_of(query), lines, names, digest))
    scope = f"{at[:8]}/{keys.region}/s3/aws4_request"
    text = "\n".join((_ALGORITHM, at, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={keys.access}/{scope}"
    return {
        **sent,
        "Authorization": f"{_ALGORITHM} {credential},SignedHeaders={names},Signature={signature}",
    }
