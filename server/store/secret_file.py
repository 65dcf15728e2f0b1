"""Files that hold a secret of this machine: made once, whole or not at all. Never logs what they hold."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PRIVATE = 0o600


class BrokenSecret(OSError):  # noqa: N818  says what is wrong
    """The file holds something else than what was made here; a sentence for the operator, with the file's name."""


def write_private(path: Path, content: bytes) -> None:
    """Put content at path, for this account's eyes only: after a power cut the old file is there or the new one, whole.

    Raises OSError. The folder must exist.
    """
    half = path.with_name(f".{path.name}.new")
    half.unlink(missing_ok=True)  # of a process that was killed; O_EXCL then gives the mode for certain
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load_or_make(path: Path, size: int) -> bytes:
    """Give the secret of `size` random bytes kept at path, making it (and its folder) at the first time.

    An empty file is what a power cut left of a first start: it is made again. One of another length was not made here:
    to replace it would silently end what it is the key of. Raises BrokenSecret then; OSError where it can't be read or
    written.
    """
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        secret = b""
    if not secret:
        path.parent.mkdir(parents=True, exist_ok=True)
        secret = secrets.token_bytes(size)
        write_private(path, secret)
    if len(secret) != size:
        raise BrokenSecret(
            f"{path} should hold {size} bytes and holds {len(secret)}; restore it, or remove it to have a new one made"
        )
    return secret
