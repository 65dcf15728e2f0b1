"""Series of line figures kept in memory, as a disk would keep them: they outlast a house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.courtroom.ports import LineBook

if TYPE_CHECKING:
    from server.courtroom.line_log import LineStep
    from server.hearing.ids import HearingId


class MemoryLines(LineBook):
    """Implements server.courtroom.ports.LineBook."""

    def __init__(self) -> None:
        self.kept: dict[str, list[LineStep]] = {}

    def note(self, hearing: HearingId, step: LineStep) -> None:
        self.kept.setdefault(str(hearing), []).append(step)

    async def newest(self, hearing: HearingId) -> list[LineStep]:
        return self.kept.get(str(hearing), [])[-120:]

    async def whole(self, hearing: HearingId) -> list[LineStep]:
        return list(self.kept.get(str(hearing), []))
