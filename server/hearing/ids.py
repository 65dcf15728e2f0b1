"""Names used by the law. Pure."""

from __future__ import annotations

from typing import NewType

HearingId = NewType("HearingId", str)
SeatId = NewType("SeatId", str)
PersonId = NewType("PersonId", str)
ConnectionId = NewType("ConnectionId", str)
Instant = NewType("Instant", int)
"""Milliseconds since the Unix epoch, UTC. Always handed in, never read here."""
