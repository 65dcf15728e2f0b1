"""Merkle Tree Hash of a list (RFC 9162 §2.1.1, SHA-256). Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def root(items: Iterable[bytes]) -> str:
    """Give MTH(items) in hex; that of no items is the hash of nothing."""
    whole: list[tuple[int, bytes]] = []  # whole subtrees from left to right: (leaves, hash)
    for item in items:
        size, digest = 1, hashlib.sha256(b"\0" + item).digest()
        while whole and whole[-1][0] == size:
            left = whole.pop()[1]
            size, digest = 2 * size, hashlib.sha256(b"\1" + left + digest).digest()
        whole.append((size, digest))
    if not whole:
        return hashlib.sha256().hexdigest()
    digest = whole.pop()[1]
    while whole:  # the right ones are the smaller ones
        digest = hashlib.sha256(b"\1" + whole.pop()[1] + digest).digest()
    return digest.hex()
