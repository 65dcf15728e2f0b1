"""What the data plane in C tells, read as plain values."""

from __future__ import annotations

import struct

import pytest

from media.engine import native_records as records

pytestmark = pytest.mark.pure


def test_a_report_is_dated_by_when_it_came_not_by_when_it_is_fetched() -> None:
    record = struct.pack("=IIq", 2, 7, 1_500_000_000) + b"\x81\xc9\x00\x07"
    assert records.control(record) == records.Rtcp(7, 1.5, b"\x81\xc9\x00\x07")


def test_an_ear_without_room_is_named() -> None:
    assert records.control(struct.pack("=II", 5, 3)) == records.TapFull(3)


def test_what_was_sent_is_split_by_receiver() -> None:
    block = b"".join(struct.pack("=II", number, len(data)) + data for number, data in ((1, b"abc"), (0, b"")))
    assert list(records.sent(block)) == [(1, b"abc"), (0, b"")]
