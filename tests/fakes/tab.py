"""A tab that keeps everything it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from server.courtroom.outputs import ByeOut, Output, Tab, ViewOut

if TYPE_CHECKING:
    from server.hearing.ids import ConnectionId, SeatId

T = TypeVar("T")


class FakeTab(Tab):
    """Implements server.courtroom.outputs.Tab."""

    def __init__(self, seat: SeatId, connection: ConnectionId) -> None:
        self._seat = seat
        self._connection = connection
        self.told: list[Output] = []

    @property
    def seat(self) -> SeatId:
        return self._seat

    @property
    def connection(self) -> ConnectionId:
        return self._connection

    def send(self, output: Output) -> None:
        self.told.append(output)

    def all(self, kind: type[T]) -> list[T]:
        """Everything of one kind that it was told."""
        return [output for output in self.told if isinstance(output, kind)]

    @property
    def last(self) -> ViewOut:
        """The last view."""
        return self.all(ViewOut)[-1]

    @property
    def bye(self) -> str:
        """Why it was ended, or ""."""
        return next((output.reason for output in self.told if isinstance(output, ByeOut)), "")
