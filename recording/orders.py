"""Orders and facts of the tape as messages between the server and the tape process. Pure; both ends use it."""

from __future__ import annotations

from dataclasses import asdict
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
    TapeSegment,
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
            return {"fact": "rolling", "second": fact.second}
        case TapePaused():
            return {"fact": "paused", "ground": fact.ground, "second": fact.second}
        case TapeFaulted():
            return {"fact": "faulted", "reason": fact.reason}
        case TapeProgress():
            return {"fact": "progress", **asdict(fact)}
        case TapeSegment():
            return {"fact": "segment", **asdict(fact.digest)}


def fact_of(values: Mapping[str, Any]) -> TapeFact:
    """Read a fact; KeyError, TypeError or ValueError where it is none."""
    match values["fact"]:
        case "rolling":
            return TapeRolling(bool(values["second"]))
        case "paused":
            return TapePaused(str(values["ground"]), bool(values["second"]))
        case "faulted":
            return TapeFaulted(str(values["reason"]))
        case "progress":
            hours = values["hours_left"]
            return TapeProgress(
                int(values["safe_until_ns"]),
                int(values["tape_bytes"]),
                int(values["verified_until_ns"]),
                tuple(str(warning) for warning in values["warnings"]),
                None if hours is None else float(hours),
            )
        case "segment":
            return TapeSegment(digest_of(values))
    raise ValueError("a fact of no known kind")


def digest_of(values: Mapping[str, Any]) -> SegmentDigest:
    """Read a file's digests; KeyError, TypeError or ValueError where there are none. What an older program left out is 0 or ""."""
    return SegmentDigest(
        str(values["name"]),
        int(values["size"]),
        str(values["sha256"]),
        str(values.get("sm3", "")),
        str(values.get("label", "")),
        str(values.get("kind", "")),
        int(values.get("from_ns", 0)),
        int(values.get("to_ns", 0)),
    )


def seal_values(seal: TapeSeal) -> dict[str, Any]:
    """Give a seal as JSON values."""
    return {"sha256": seal.sha256, "segments": [asdict(segment) for segment in seal.segments]}


def seal_of(values: Mapping[str, Any]) -> TapeSeal:
    """Read a seal; KeyError, TypeError or ValueError where it is none."""
    return TapeSeal(str(values["sha256"]), tuple(digest_of(segment) for segment in values["segments"]))
