"""Origins as browsers spell them (RFC 6454). Pure; decides about no request."""

from __future__ import annotations

from urllib.parse import urlsplit


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
