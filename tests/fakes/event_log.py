"""An event log in memory. Passes tests/contracts/test_event_log.py; keeps nothing across a restart."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from server.courtroom.ports import Entry, NewEntry, SeqConflict, Unavailable, Verdict
from server.store.chain import GENESIS, Stored, Walk, canonical, link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MemoryEventLog:
    """Implements server.courtroom.ports.EventLog. Set `broken` to have every append fail as a lost disk would."""

    def __init__(self) -> None:
        self.streams: defaultdict[str, list[Entry]] = defaultdict(list)
        self.broken = False

    async def append(self, stream: str, expected_seq: int, entries: Sequence[NewEntry]) -> int:
        return (await self.append_all({stream: (expected_seq, entries)}))[stream]

    async def append_all(self, parts: Mapping[str, tuple[int, Sequence[NewEntry]]]) -> Mapping[str, int]:
        if self.broken:
            raise Unavailable("ledger")
        for stream, (expected_seq, _) in parts.items():
            if len(self.streams[stream]) != expected_seq:
                raise SeqConflict(f"{stream} is at {len(self.streams[stream])}, not at {expected_seq}")
        for stream, (_, entries) in parts.items():
            held = self.streams[stream]
            held.extend(link(stream, len(held), held[-1].hash if held else GENESIS, entries))
        return {stream: len(self.streams[stream]) for stream in parts}

    async def read(self, stream: str, after_seq: int = 0) -> list[Entry]:
        found = [entry for entry in self.streams[stream] if entry.seq > after_seq]
        return [replace(entry, body=json.loads(canonical(entry.body))) for entry in found]

    async def verify(self, stream: str) -> Verdict:
        walk = Walk(stream)
        walk.take(
            Stored(
                seq=entry.seq,
                at_ms=entry.at_ms,
                actor_seat=entry.actor_seat,
                actor_connection=entry.actor_connection,
                kind=entry.kind,
                version=entry.version,
                body=canonical(entry.body),
                prev_hash=entry.prev_hash,
                hash=entry.hash,
            )
            for entry in self.streams[stream]
        )
        return walk.verdict()
