"""Captured offers of browsers (tests/data/sdp): one audio and one simulcast video uplink, one slot pair."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "data" / "sdp"


def read(name: str) -> str:
    """Give an offer, line ends as the browser wrote them."""
    return (FOLDER / f"{name}.sdp").read_bytes().decode()
