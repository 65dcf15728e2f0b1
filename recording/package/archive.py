"""The package as one .zip: nothing compressed, no dates, one spelling. Writes it, and reads only what it would have written.

So every byte of the archive is either a byte of a file, which the manifest covers, or one that follows from the files: a
changed, added or moved byte has no place to hide. Any program unpacks it (APPNOTE.TXT 6.3.9; zip64 where it must be).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recording.package import forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_EXTRA = struct.Struct("<HHQQ")  # of zip64, in a local header
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_END = struct.Struct("<IHHHHIIH")
_LOCAL_SIGN, _CENTRAL_SIGN = 0x04034B50, 0x02014B50
_END64_SIGN, _LOCATOR_SIGN, _END_SIGN = 0x06064B50, 0x07064B50, 0x06054B50
_UTF8 = 0x0800
_ENCRYPTED = 1
_DATE = 0x0021  # 1980-01-01: an archive of the same files is the same archive
_MODE = 0o100644 << 16
_UNIX = 3 << 8
_PLAIN, _ZIP64 = 20, 45
_TOP16, _TOP32 = 0xFFFF, 0xFFFFFFFF
_BLOCK = 1 << 22


class Damaged(ValueError):  # noqa: N818  says what is wrong
    """Not the archive that was written. place: the file whose frame it is, or what of the archive."""

    def __init__(self, place: str) -> None:
        super().__init__(f"the archive is not as it was written: {place}")
        self.place = place


class Refused(ValueError):  # noqa: N818  says what is wrong
    """Something that no package holds: a name that leaves the folder, a link, compression. Nothing of it is read."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive. start: of its bytes; crc: CRC-32 as its frame has it."""

    name: str
    size: int
    crc: int
    header: int
    start: int


def _local(name: str, size: int, crc: int) -> bytes:
    text = name.encode()
    big = size >= _TOP32
    extra = _EXTRA.pack(1, 16, size, size) if big else b""
    shown = _TOP32 if big else size
    head = (
        _LOCAL_SIGN,
        _ZIP64 if big else _PLAIN,
        _UTF8,
        0,
        0,
        _DATE,
        crc,
        shown,
        shown,
        len(text),
        len(extra),
    )
    return _LOCAL.pack(*head) + text + extra


def _central(member: Member) -> bytes:
    text = member.name.encode()
    big, far = member.size >= _TOP32, member.header >= _TOP32
    numbers = [member.size] * 2 * big + [member.header] * far
    extra = struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    needed = _ZIP64 if numbers else _PLAIN
    shown = _TOP32 if big else member.size
    head = (
        *(_CENTRAL_SIGN, _UNIX | needed, needed, _UTF8, 0, 0, _DATE, member.crc, shown, shown),
        *(len(text), len(extra), 0, 0, 0, _MODE, _TOP32 if far else member.header),
    )
    return _CENTRAL.pack(*head) + text + extra


def _end(count: int, start: int, size: int) -> bytes:
    longer = b""
    if count >= _TOP16 or start >= _TOP32 or size >= _TOP32:
        whole = _END64.pack(
            _END64_SIGN, _END64.size - 12, _UNIX | _ZIP64, _ZIP64, 0, 0, count, count, size, start
        )
        longer = whole + _LOCATOR.pack(_LOCATOR_SIGN, 0, start + size, 1)
    shown = min(count, _TOP16)
    return longer + _END.pack(_END_SIGN, 0, 0, shown, shown, min(size, _TOP32), min(start, _TOP32), 0)


def write(out: BinaryIO, files: Iterable[tuple[str, Callable[[], BinaryIO]]]) -> None:
    """Write an archive of (name, how to open it), sorted by name. Reads each file twice. OSError."""
    at, members = 0, []
    for name, opened in sorted(files, key=lambda one: one[0].encode()):
        with opened() as file:
            size = crc = 0
            while block := file.read(_BLOCK):
                size, crc = size + len(block), zlib.crc32(block, crc)
            header = _local(name, size, crc)
            out.write(header)
            members.append(Member(name, size, crc, at, at + len(header)))
            at += len(header) + size
            file.seek(0)
            while block := file.read(_BLOCK):
                out.write(block)
    central = b"".join(map(_central, members))
    out.write(central + _end(len(members), at, len(central)))


def begins(data: bytes) -> bool:
    """Whether these first bytes are an archive's."""
    return data[:2] == b"PK"


def members(file: BinaryIO, size: int) -> list[Member]:
    """Read an archive of so many bytes: its files in order. Damaged, Refused, OSError."""
    found: list[Member] = []
    at = 0
    while True:
        member = _member(file, at, size, found)
        if member is None:
            break
        if found and member.name.encode() <= found[-1].name.encode():
            raise Damaged(member.name)
        found.append(member)
        if len(found) > forms.FILES_MAX:
            raise Refused("more files than a package may have")
        at = member.start + member.size
    _check_end(file, found, at, size)
    return found


def _member(file: BinaryIO, at: int, size: int, before: list[Member]) -> Member | None:
    """Read the file whose frame is at `at`, or nothing where the list of contents begins."""
    place = before[-1].name if before else "start"
    file.seek(at)
    head = file.read(_LOCAL.size)
    if before and head[:4] == struct.pack("<I", _CENTRAL_SIGN):
        return None
    if len(head) < _LOCAL.size or head[:4] != struct.pack("<I", _LOCAL_SIGN):
        raise Damaged(f"after {place}" if before else place)
    _, _, flags, method, _, _, crc, _, length, name_bytes, extra_bytes = _LOCAL.unpack(head)
    if name_bytes > forms.NAME_BYTES_MAX:
        raise Refused("a name longer than any in a package")
    rest = file.read(name_bytes + extra_bytes)
    try:
        name = rest[:name_bytes].decode()
    except UnicodeDecodeError:
        raise Damaged(f"after {place}" if before else place) from None
    if not forms.is_safe(name):
        raise Refused(f"a name that no package has: {name!r}")
    if method or flags & _ENCRYPTED:
        raise Refused(f"compressed or encrypted: {name}")
    if length == _TOP32 and extra_bytes == _EXTRA.size:
        length = struct.unpack_from("<Q", rest, name_bytes + 4)[0]
    start = at + len(head) + len(rest)
    if start + length > size or head + rest != _local(name, length, crc):
        raise Damaged(name)
    return Member(name, length, crc, at, start)


def _check_end(file: BinaryIO, found: list[Member], at: int, size: int) -> None:
    file.seek(at)
    begin = at
    for member in found:
        expected = _central(member)
        entry = file.read(len(expected))
        if entry != expected:
            if len(entry) >= _CENTRAL.size and _CENTRAL.unpack_from(entry)[-2] >> 28 not in {0, 0o10}:
                raise Refused(f"not a plain file: {member.name}")
            raise Damaged(f"list of contents: {member.name}")
        begin += len(expected)
    end = _end(len(found), at, begin - at)
    if file.read(len(end) + 1) != end or begin + len(end) != size:
        raise Damaged("end")
