"""Origins as browsers spell them (RFC 6454). Pure; decides about no request."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def is_origin(text: str) -> bool:
    """Whether this is how a browser spells an Origin (RFC 6454 §6.2): no path, no capital, no default port."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    default = {"http": 80, "https": 443}
    spelled = f"{parts.scheme}://{parts.hostname or ''}{'' if port is None else f':{port}'}"
    if ":" in (parts.hostname or ""):
        spelled = spelled.replace(parts.hostname or "", f"[{parts.hostname}]")
    return (
        parts.scheme in default
        and bool(parts.hostname)
        and port != default[parts.scheme]
        and spelled == text
        and text.isascii()
    )


def faults(listed: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Tell which of the configured origins are none: key, and what was expected in Chinese and English."""
    for origin in listed:
        if not is_origin(origin):
            yield (
                "http.public_origins",
                f"应形如 https://court.example，实为 {origin!r}",
                f"expected scheme, host and port only, as in https://court.example, found {origin!r}",
            )
