"""The gate between a writer that may hang in the system and whoever replaces it. Any thread; never waits for a disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Replaced(Exception):  # noqa: N818  it says what happened
    """Another writer goes on; this one must touch nothing any more."""


class Gate:
    """Open while its writer is the one. What is done in it is done before it was shut, or not at all."""

    __slots__ = ("_lock", "_shut")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shut = False

    @property
    def shut(self) -> bool:
        """Whether the writer was replaced."""
        return self._shut

    def shut_after(self, last: Callable[[], None]) -> None:
        """Do the last thing and shut it."""
        with self._lock:
            last()
            self._shut = True

    def passed(self, do: Callable[[], None]) -> bool:
        """Do this if it is open; whether it was. `do` is short and touches no disk."""
        with self._lock:
            if not self._shut:
                do()
            return not self._shut

    def check(self) -> None:
        """Raise Replaced where it is shut."""
        if self._shut:
            raise Replaced
