"""Orders and facts of the tape as messages between the server and the tape process. Pure; both ends use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from media.ids import PeerId
from recording.facts import (
    SegmentDigest,
    TapeFact,
    TapeFaulted,
    TapeOrder,
    TapePaused,
    TapeProgress,
    TapeRolling,
    TapeSeal,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

LOST = "recorder_lost"
"""TapeFaulted.reason, TapeUnavailable.reason: there is no tape process now."""


def order_values(order: TapeOrder) -> dict[str, Any]:
    """Give an order as JSON values."""
    return {"rolling": order.rolling, "ground": order.ground, "labels": dict(order.labels)}


def order_of(values: Mapping[str, Any]) -> TapeOrder:
    """Read an order; KeyError, TypeError or ValueError where it is none."""
    labels = {PeerId(str(peer)): str(label) for peer, label in dict(values["labels"]).items()}
    ground = values["ground"]
    return TapeOrder(bool(values["rolling"]), None if ground is None else str(ground), labels)


def fact_values(fact: TapeFact) -> dict[str, Any]:
    """Give a fact as JSON values."""
    match fact:
        case TapeRolling():
            return {"fact": "rolling"}
        case TapePaused():
            return {"fact": "paused", "ground": fact.ground}
        case TapeFaulted():
            return {"fact": "faulted", "reason": fact.reason}
        case TapeProgress():
            return {"fact": "progress", "safe_until_ns": fact.safe_until_ns, "tape_bytes": fact.tape_bytes}


def fact_of(values: Mapping[str, Any]) -> TapeFact:
    """Read a fact; KeyError, TypeError or ValueError where it is none."""
    match values["fact"]:
        case "rolling":
            return TapeRolling()
        case "paused":
            return TapePaused(str(values["ground"]))
        case "faulted":
            return TapeFaulted(str(values["reason"]))
        case "progress":
            return TapeProgress(int(values["safe_until_ns"]), int(values["tape_bytes"]))
    raise ValueError("a fact of no known kind")


def seal_values(seal: TapeSeal) -> dict[str, Any]:
    """Give a seal as JSON values."""
    return {"sha256": seal.sha256, "segments": [[s.name, s.size, s.sha256] for s in seal.segments]}


def seal_of(values: Mapping[str, Any]) -> TapeSeal:
    """Read a seal; KeyError, TypeError or ValueError where it is none."""
    segments = tuple(SegmentDigest(str(n), int(size), str(sha)) for n, size, sha in values["segments"])
    return TapeSeal(str(values["sha256"]), segments)
