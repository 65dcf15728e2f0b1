"""What was offered to a tape and is not proven yet: waiting, or in the hands of the writer. Any thread; touches no disk."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recording.facts import TapeFact
    from recording.gate import Gate
    from recording.stream import Entry

Key = tuple[str, str]
"""(label, kind)."""


@dataclass(slots=True)
class Item:
    """One entry of a stream. fact: to be told once the entry is on disk; None: nothing, or told."""

    key: Key
    entry: Entry
    fact: TapeFact | None = None


class Intake:
    """Two queues in one row: taken and not proven, waiting. A writer that takes over gets the first one again.

    held_max: taken and not proven; what is more is let go of, oldest first: it is synced, only not read back.
    """

    def __init__(self, held_max: int) -> None:
        self._held_max = held_max
        self._lock = threading.Lock()
        self._waiting: deque[Item] = deque()
        self._held: deque[Item] = deque()
        self._done = 0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def put(self, item: Item) -> None:
        """Take one more; never waits."""
        self._waiting.append(item)

    def take(self, gate: Gate) -> list[Item]:
        """Give all that waits to the writer of this gate, in order. Replaced."""
        taken: list[Item] = []

        def all_of_them() -> None:
            with self._lock:
                taken.extend(self._waiting.popleft() for _ in range(len(self._waiting)))
                self._held.extend(taken)

        if not gate.passed(all_of_them):
            gate.check()
        return taken

    @property
    def held(self) -> int:
        """How many are taken and not proven."""
        return len(self._held)

    @property
    def taken(self) -> int:
        """How many were ever taken: a place in the row."""
        return self._done + len(self._held)

    def proven(self, upto: int) -> None:
        """Let go of what stands before this place in the row."""
        with self._lock:
            while self._held and self._done < upto:
                self._held.popleft()
                self._done += 1

    def trim(self, synced: int) -> None:
        """Keep the row within its limit; what stands before `synced` may be let go of."""
        with self._lock:
            while len(self._held) > self._held_max and self._done < synced:
                self._held.popleft()
                self._done += 1

    def again(self) -> None:
        """Have everything that is not proven wait again, in its order."""
        with self._lock:
            self._waiting.extendleft(reversed(self._held))
            self._held.clear()
