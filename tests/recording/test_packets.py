"""The tape's format: what is whole and true is read, nothing else ever is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.packets import (
    RECORD_BYTES,
    Record,
    RecordType,
    Report,
    TapeDamagedError,
    TapeHeader,
    decode_report,
    encode_header,
    encode_record,
    encode_report,
    scan,
)

pytestmark = pytest.mark.pure

HEADER = TapeHeader("h-1", "原告", "audio", "opus", 48000, 1_790_000_000_000_000_000)
SALT = b"saltsalt"

records = st.builds(
    Record,
    type=st.sampled_from(RecordType),
    arrival_ns=st.integers(0, (1 << 64) - 1),
    payload=st.binary(max_size=300) | st.just(b"\0" * 80),
    source=st.integers(0, 65535),
    start=st.integers(0, 65535),
    end=st.integers(0, 65535),
    media_ticks=st.integers(0, (1 << 32) - 1),
    keyframe=st.booleans(),
    marker=st.booleans(),
    level_db=st.none() | st.integers(-127, 0),
)


def written(items: list[Record], salt: bytes = SALT) -> tuple[bytes, list[int]]:
    """A file and where each record ends."""
    data = encode_header(HEADER, salt)
    ends = []
    for item in items:
        data += encode_record(item, salt)
        ends.append(len(data))
    return data, ends


@given(st.lists(records, max_size=8))
def test_what_was_written_is_read(items: list[Record]) -> None:
    data, _ = written(items)
    walk = scan(data)
    assert list(walk) == items
    assert walk.good_length == len(data)
    assert walk.header == HEADER


@settings(max_examples=150)
@given(st.lists(records, min_size=1, max_size=6), st.data())
def test_every_prefix_gives_its_whole_records(items: list[Record], draw: st.DataObject) -> None:
    data, ends = written(items)
    start = len(encode_header(HEADER, SALT))
    cut = draw.draw(st.integers(start, len(data)))
    zeros = draw.draw(st.integers(0, 100))
    walk = scan(data[:cut] + b"\0" * zeros)
    whole = [item for item, end in zip(items, ends, strict=True) if end <= cut]
    got = list(walk)
    # Zeros behind a cut may restore the very bytes that were cut off; what is read is true all the same.
    assert got[: len(whole)] == whole
    assert got == items[: len(got)]
    if not zeros:
        assert len(got) == len(whole)
        assert walk.good_length == max([start, *(end for end in ends if end <= cut)])


@settings(max_examples=300)
@given(st.lists(records, min_size=1, max_size=6), st.data())
def test_one_changed_byte_never_gives_an_untrue_record(items: list[Record], draw: st.DataObject) -> None:
    data, ends = written(items)
    start = len(encode_header(HEADER, SALT))
    at = draw.draw(st.integers(start, len(data) - 1))
    flip = draw.draw(st.integers(1, 255))
    walk = scan(data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :])
    hurt = next(n for n, end in enumerate(ends) if at < end)
    assert list(walk) == items[:hurt]
    resumed = walk.resume_after_damage()
    if hurt + 1 < len(items):
        assert resumed == ends[hurt]
        assert list(walk) == items[hurt + 1 :]
    else:
        assert resumed is None


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_header_is_refused(at: int, flip: int) -> None:
    data = encode_header(HEADER, SALT)
    at %= len(data)
    with pytest.raises(TapeDamagedError):
        scan(data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :])


def test_every_cut_header_is_refused() -> None:
    data = encode_header(HEADER, SALT)
    for cut in range(len(data)):
        with pytest.raises(TapeDamagedError):
            scan(data[:cut])


def test_a_record_inside_a_payload_never_passes_for_one_of_the_file() -> None:
    """A sender can put any bytes into a packet, a well-formed record of another file too."""
    forged = encode_record(Record(RecordType.PACKET, 1, b"forged"), b"\0" * 8)
    data, ends = written([Record(RecordType.PACKET, 5, forged), Record(RecordType.PACKET, 6, b"true")])
    broken = bytearray(data)
    broken[ends[0] - len(forged) - 1] ^= 1
    walk = scan(bytes(broken))
    assert list(walk) == []
    assert walk.resume_after_damage() == ends[0]
    assert [record.payload for record in walk] == [b"true"]


def test_a_hole_of_zeros_is_stepped_over() -> None:
    items = [Record(RecordType.PACKET, n, bytes([n]) * 400) for n in range(1, 9)]
    data, ends = written(items)
    walk = scan(data[: ends[1]] + b"\0" * (ends[4] - ends[1]) + data[ends[4] :])
    assert list(walk) == items[:2]
    assert walk.resume_after_damage() == ends[4]
    assert list(walk) == items[5:]


@given(st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 32) - 1))
def test_reports_round_trip(ssrc: int, ntp: int, ticks: int) -> None:
    assert decode_report(encode_report(Report(ssrc, ntp, ticks))) == Report(ssrc, ntp, ticks)


def test_sizes_are_checked() -> None:
    with pytest.raises(ValueError, match="payload"):
        encode_record(Record(RecordType.PACKET, 1, bytes(65536)), SALT)
    with pytest.raises(ValueError, match="salt"):
        encode_header(HEADER, b"short")
    with pytest.raises(ValueError, match="report"):
        decode_report(b"123")


@given(st.lists(records, max_size=8), st.data())
def test_the_brief_walk_finds_the_same_records(items: list[Record], draw: st.DataObject) -> None:
    data, _ = written(items)
    damaged = draw.draw(st.booleans())
    if items and damaged:
        at = draw.draw(st.integers(len(written([])[0]), len(data) - 1))
        data = data[:at] + bytes([data[at] ^ draw.draw(st.integers(1, 255))]) + data[at + 1 :]
    whole, brief = scan(data), scan(data)
    found = [(record.type, record.arrival_ns, record.payload) for record in whole]
    same = [(kind, arrival, data[start + RECORD_BYTES : end]) for start, end, kind, arrival in brief.brief()]
    assert same == found
    assert brief.good_length == whole.good_length
    assert brief.resume_after_damage() == whole.resume_after_damage()
