"""The data plane in C under gcc's sanitizers: seeds for the drivers of tests/media/native, and how they are built and run.

`python -m tests.media.sanitized [cases] [seed]` runs every driver that long. Sends to loopback only, and ends by itself.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from media import rtcp
from media.engine import native_commands as commands
from media.engine import native_library as library
from media.ids import Kind
from media.native.build import CannotBuild, program
from media.negotiated import EXT_ABS_SEND_TIME, EXT_MID, EXT_TRANSPORT_CC
from media.settings import MediaSettings
from media.srtp_keys import PROFILES, SrtpKeys, SrtpProfile
from tests.media.parts import check
from tests.media.rig import (
    AV1,
    BOTH,
    EXTENSIONS,
    H264,
    OPUS,
    RED,
    VP8,
    VP9,
    Source,
    negotiated,
    red_payload,
    rtp,
    vp9_payload,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.negotiated import Negotiated

HERE = Path(__file__).parent
BUILD = HERE.parent.parent / "build" / "native"
CORPUS = HERE / "corpus"
CLEAR = SrtpProfile("CLEAR", 0, 0, 0)
DRIVERS = ("drive", "driver", "fuzz", "rings", "threads")
CLIENTS = 3
_SETTINGS, _KEYS, _SETUP, _ROUTES, _RTP, _RTCP, _COMMAND, _DATAGRAM = range(8)
_GOOD = {Kind.AUDIO: 1, Kind.VIDEO: 2}
_UP = EXTENSIONS | {5: EXT_TRANSPORT_CC}
_DOWN = {4: EXT_MID, 2: EXT_ABS_SEND_TIME, 5: EXT_TRANSPORT_CC}
_PICTURES = (VP8, VP9, H264, AV1)
_RIDS = ("q", "h", "f")
_SHARED = 1  # number of the ring that lies in shared memory
_BODY = b"what a court says and shows"
# Under a sanitizer a fault ends the program with this status; LeakSanitizer looks when it ends by itself.
ENVIRONMENT = {
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1:allocator_may_return_null=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "exitcode=99:halt_on_error=1:second_deadlock_stack=1",
}


def ssrc(client: int, kind: Kind, layer: int = 0, *, rtx: bool = False) -> int:
    """SSRC of a client's own stream."""
    return 0x10000 * (client + 1) + 0x100 * (kind is Kind.VIDEO) + 0x10 * layer + rtx


def _agreement(client: int, slots: int = 2) -> Negotiated:
    """The first has every codec and three layers, the second says its SSRCs, the third repeats without RTX."""
    agreed = negotiated(
        client + 1,
        rids=_RIDS if client == 0 else (),
        slots=slots,
        video=_PICTURES,
        down_video=_PICTURES,
        audio=(OPUS, RED),
        down_audio=(OPUS, RED) if client else (OPUS,),
        rtx=client != CLIENTS - 1,
        extensions=_UP if client != 1 else EXTENSIONS,
        slot_extensions=_DOWN if client else None,
    )
    if client != 1:
        return agreed
    sound, picture = agreed.uplinks
    return replace(
        agreed,
        uplinks=(
            replace(sound, ssrcs=(ssrc(1, Kind.AUDIO),)),
            replace(picture, ssrcs=(ssrc(1, Kind.VIDEO), ssrc(1, Kind.VIDEO, rtx=True))),
        ),
    )


def _keys(client: int, profile: SrtpProfile) -> SrtpKeys:
    size = profile.key_bytes + profile.salt_bytes
    return SrtpKeys(
        profile, bytes(range(client, client + size)), bytes(range(100 + client, 100 + client + size))
    )


def host() -> str:
    """A loopback address of this run's own, where nobody else has bound the drivers' ports."""
    number = os.getpid()
    return f"127.{100 + (number >> 16) % 100}.{number >> 8 & 0xFF}.{number & 0xFF | 1}"


def _address(client: int) -> tuple[str, int]:
    return host(), 50_000 + client


def _routes(client: int, width: int = 640) -> list[commands.RouteTo]:
    others = [one for one in range(CLIENTS) if one != client]
    return [(one, kind, slot, width) for slot, one in enumerate(others) for kind in commands.KINDS]


def _setup(profiles: list[SrtpProfile]) -> Iterator[bytes]:
    yield commands.add_tap(0, library.OWN_TAPS)
    yield commands.add_tap(1, _SHARED) + commands.name_tap(1, "tape:hearing-of-a-court")
    for client in range(CLIENTS):
        yield commands.add_peer(client, BOTH, _agreement(client)) + commands.name_peer(
            client, f"席位{client}"
        )
        yield commands.accept(client, [_address(client)])
        yield commands.link(client, _keys(client, profiles[client]), _address(client))
        yield commands.name_peer(client, f"seat-{client}") + commands.name_tap(0, "tape:hearing")


def _restored() -> Iterator[bytes]:
    """What makes everybody hear everybody again, whatever the commands before have done."""
    for client in range(CLIENTS):
        yield commands.permit(client, BOTH)
        yield commands.move(client, _address(client)) + commands.accept(client, [_address(client)])
        yield commands.budget(client, None)
        yield commands.feed(client, _routes(client))
    wanted: list[commands.RouteTo] = [(0, Kind.AUDIO, 0, 0), (1, Kind.VIDEO, 0, 0)]
    yield commands.add_tap(0, library.OWN_TAPS) + commands.feed_tap(0, wanted)
    yield commands.feed_tap(1, [*wanted, *_routes(0)])


def _changes() -> Iterator[bytes]:
    """Commands of a hearing in progress."""
    for client in range(CLIENTS):
        yield commands.permit(client, frozenset({Kind.AUDIO}))
        yield commands.permit(client, BOTH)
        yield commands.feed(client, _routes(client, 200))
        yield commands.feed(client, _routes(client)[:2])
        yield commands.feed(client, [(client, Kind.VIDEO, 0, 9000), (2, Kind.VIDEO, 1, 0)])
        yield commands.budget(client, 300_000)
        yield commands.move(client, ("2001:db8::7", 9))
        yield commands.accept(client, [_address(client), ("2001:db8::7", 9)])
        yield commands.extend(client, _agreement(client, 3))
    yield commands.feed_tap(0, _routes(1, 5000))
    yield commands.feed_tap(1, _routes(2)[:1])
    yield commands.name_peer(1, "x" * 255) + commands.name_tap(1, "")
    yield commands.name_peer(1, "x" * 255) + commands.name_tap(0, "")
    yield commands.remove_tap(0)


def _endings() -> Iterator[bytes]:
    """Commands after which somebody is gone; only for a driver that sets up anew."""
    yield commands.remove_peer(0)
    yield commands.remove_peer(2) + commands.remove_peer(2)
    yield commands.add_peer(1, frozenset(), _agreement(0, 12))
    yield commands.add_tap(4095, library.OWN_TAPS) + commands.feed_tap(4095, _routes(2))


def _media(client: int) -> Iterator[tuple[int, bytes]]:
    """RTP of a client with what is good of it: single packets, the driver lets them go on."""
    sound = Source(f"c{client}", Kind.AUDIO, ssrc(client, Kind.AUDIO))
    yield _GOOD[Kind.AUDIO], _longer(sound.sound())
    yield 0, sound.sound(level=None)
    elements = {1: b"\x94", 4: b"0", 5: b"\x00\x09"}
    for payload in (red_payload(_BODY, b"before", b"long before"), red_payload(b"x"), b"\x6f"):
        yield 0, rtp(RED.number, 1, 960, ssrc(client, Kind.AUDIO), payload, extensions=elements)
    yield 0, rtp(OPUS.number, 1, 960, ssrc(client, Kind.AUDIO), _BODY, extensions=elements, padding=7)
    for layer, rid in enumerate(_RIDS if client == 0 else ("",)):
        number = ssrc(client, Kind.VIDEO, layer)
        for codec in _PICTURES:
            source = Source(f"c{client}", Kind.VIDEO, number, rid, codec=codec.codec)
            key = _longer(source.frame(1, key=True)[0])
            yield (_GOOD[Kind.VIDEO] if codec is VP8 else 0), key
            for packet in (*source.frame(2), *source.frame(1, key=True, wide=False)):
                yield 0, packet
            assert codec.rtx is not None
            repair = {4: b"1", 11: rid.encode()} if rid else {4: b"1"}
            yield 0, rtp(codec.rtx, 1, 1, number + 1, b"\0\0" + key[-60:], extensions=repair)
        flexible = b"\xf8\x81\x05\x21\x03\x05" + _BODY  # VP9: flexible mode, references, layer indices
        yield 0, rtp(VP9.number, 1, 1, number, flexible, marker=True, extensions={4: b"1"})
        whole = vp9_payload(_BODY, start=True, end=True, key=True, picture=9, tl0=3)
        yield 0, rtp(VP9.number, 1, 1, number, whole, extensions={4: b"1", 5: b"\0\1"})
        yield 0, rtp(H264.number, 1, 1, number, b"\x78\0\4\x67\1\2\3\0\2\x68\xce" + _BODY)
        yield 0, rtp(H264.number, 1, 1, number, b"\x7c\x85" + _BODY)
        yield 0, rtp(VP8.number, 1, 1, number, b"\x90\xf0\x81\2\3\x50\x2e\0\x9d\1\x2a\x80\2\x68\1" + _BODY)
    # Two-byte elements (RFC 8285 §4.3).
    block = b"\x04\x010\x01\x01\x94\x05\x02\x00\x07"
    head = struct.pack("!BBHII", 0x90, OPUS.number, 1, 1, ssrc(client, Kind.AUDIO))
    yield 0, head + struct.pack("!HH", 0x1000, 3) + block.ljust(12, b"\0") + _BODY
    yield 0, struct.pack("!BBHIIII", 0x82, OPUS.number, 1, 1, ssrc(client, Kind.AUDIO), 7, 8) + _BODY


def _longer(packet: bytes) -> bytes:
    """Room at the end for the mark that the driver looks for."""
    return packet + bytes(16)


def _said(client: int) -> Iterator[bytes]:
    """RTCP of a client: about its own streams, and about what it gets from us."""
    own, mine = (
        ssrc(client, Kind.VIDEO),
        [1000 * (client + 1) + 10 * slot + n for slot in (0, 1) for n in (1, 2)],
    )
    block = rtcp.build_report_block(rtcp.ReportBlock(mine[1], 12, 3, 70_000, 9, 1, 2))
    report = rtcp.build_sender_report(rtcp.SenderReport(own, 0xEC000000 << 32, 90_000, 5, 500))
    yield report + rtcp.build_cname(own, "c")
    yield rtcp.build_sender_report(
        rtcp.SenderReport(ssrc(client, Kind.AUDIO), 0xEC000001 << 32, 4, 5, 6)
    ) + rtcp.build_cname(own, "c" * 30)
    yield rtcp.build_receiver_report([block, block], own)
    yield rtcp.build_receiver_report([], own) + rtcp.build_nack(mine[1], [1, 2, 5, 30, 31], own)
    for line in (mine[1], mine[3], mine[0]):
        yield rtcp.build_nack(line, list(range(40)), own)
    yield rtcp.build_pli(mine[1], own) + rtcp.build_pli(mine[3], own)
    yield struct.pack("!BBHIIIBBH", 0x84, 206, 4, own, 0, mine[1], 1, 0, 0)  # FIR
    yield rtcp.build_remb(500_000, mine, own)
    feedback = struct.pack("!IIHHIHBB", own, mine[1], 1, 2, 0x00000100, 0x2002, 4, 4)
    yield struct.pack("!BBH", 0x8F, 205, len(feedback) // 4) + feedback
    yield struct.pack("!BBHI", 0x81, 203, 1, own)  # BYE
    yield struct.pack("!BBHI4s", 0x80, 204, 2, own, b"name")  # APP
    yield struct.pack("!BBHI4B", 0xA0, 201, 2, own, 0, 0, 0, 4)  # padded


def write_seeds(path: Path, profiles: list[SrtpProfile], *, endings: bool = False) -> Path:
    """Write the file that driver.c reads. profiles: one a client, or CLEAR thrice. endings: commands that end peers."""
    settings = library.settings_of(
        MediaSettings(ring_bytes=1 << 16, history_packets=128), clear=profiles[0] is CLEAR
    )
    rows: list[tuple[int, int, int, bytes]] = [(_SETTINGS, 0, 0, bytes(settings))]
    rows += [(_SETUP, 0, 0, one) for one in _setup(profiles)]
    rows += [(_ROUTES, 0, 0, one) for one in _restored()]
    rows += [(_COMMAND, 0, 0, one) for one in (*_changes(), *(_endings() if endings else ()))]
    for client in range(CLIENTS):
        keys = _keys(client, profiles[client])
        rows.append((_KEYS, client, keys.profile.number, keys.receive + keys.send))
        rows += [(_RTP, client, good, packet) for good, packet in _media(client)]
        rows += [(_RTCP, client, 0, packet) for packet in _said(client)]
    rows += [
        (_DATAGRAM, 0, 0, one) for one in (check(), check(nominate=False), b"\x16\xfe\xfd" + bytes(60), b"\0")
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"".join(struct.pack("!BBBI", kind, peer, mark, len(data)) + data for kind, peer, mark, data in rows)
    )
    return path


def drivers(sanitizer: str) -> Path:
    """Build the program of all drivers. CannotBuild."""
    folder = HERE / "native"
    return program(tuple(folder / f"{name}.c" for name in DRIVERS), sanitizer, BUILD)


def run(sanitizer: str, *words: str, case: Path | None = None, limit_s: float = 1800.0) -> str:
    """Run a driver; gives what it printed. case: where it keeps what went in last, should it fall. AssertionError."""
    path = drivers(sanitizer)
    environment = os.environ | ENVIRONMENT | ({"YUNTING_CASE": str(case)} if case else {})
    done = subprocess.run(
        [str(path), *words], env=environment, check=False, capture_output=True, text=True, timeout=limit_s
    )
    assert done.returncode == 0, (
        f"{path.name} {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr[-6000:]}"
    )
    return done.stdout


_PAST = struct.Struct("=BB2xiq2048s")
_ENTRY = struct.Struct("!BBqI")


def last_entries(case: Path) -> list[bytes]:
    """What went in last before a driver fell, oldest first, as entries of a case that `replay` takes."""
    raw = case.read_bytes()
    (count,) = struct.unpack_from("=I", raw)
    room = (len(raw) - 8) // _PAST.size
    found = []
    for number in range(max(0, count - room), count):
        kind, peer, size, now, data = _PAST.unpack_from(raw, 8 + number % room * _PAST.size)
        found.append(_ENTRY.pack(kind, peer, now, size) + data[:size])
    return found


def shrink(seeds: Path, entries: list[bytes], scratch: Path, sign: str) -> list[bytes]:
    """The fewest entries that still make the driver fall with this in what it says; none if it does not.

    By halves: Zeller's delta debugging, in its simple form.
    """

    def falls(some: list[bytes]) -> bool:
        scratch.write_bytes(b"".join(some))
        try:
            replay(seeds, scratch)
        except AssertionError as error:
            return sign in str(error)
        return False

    if not falls(entries):
        return []
    step = len(entries) // 2
    while step:
        at = 0
        while at < len(entries):
            less = entries[:at] + entries[at + step :]
            if falls(less):
                entries = less
            else:
                at += step
        step //= 2
    return entries


def replay(seeds: Path, case: Path) -> str:
    """Play a kept case; the session must stand after it."""
    return run("asan", "fuzz", str(seeds), "replay", str(case))


def packets(seeds: Path, cases: int, seed: int) -> str:
    """Mutated packets at a session that stands; everything it has to say."""
    return run("asan", "fuzz", str(seeds), "packets", str(cases), str(seed), case=BUILD / "packets.case")


def command_queue(seeds: Path, cases: int, seed: int) -> str:
    """Mutated commands among packets."""
    return run("asan", "fuzz", str(seeds), "commands", str(cases), str(seed), case=BUILD / "commands.case")


def threads(seeds: Path, sanitizer: str, seconds: float, datagrams: int, seed: int) -> str:
    """The data thread on a real socket, every function of its face called from other threads at the same time."""
    words = (host(), str(seconds), str(datagrams), str(seed))
    return run(sanitizer, "threads", str(seeds), *words)


def rings(cases: int, seed: int) -> str:
    """Rings against a plain queue."""
    return run("asan", "rings", str(cases), str(seed))


def every_seed_file(folder: Path) -> dict[str, Path]:
    """Seeds without protection, for depth, and with each protection, for the surface."""
    return {
        "clear": write_seeds(folder / "clear.seeds", [CLEAR] * CLIENTS),
        "srtp": write_seeds(folder / "srtp.seeds", list(PROFILES)),
        "commands": write_seeds(folder / "commands.seeds", [CLEAR] * CLIENTS, endings=True),
    }


def main(cases: int = 1_000_000, seed: int = 1) -> None:
    """Run every driver for so many cases, each kind with seeds of its own."""
    seeds = every_seed_file(BUILD)
    print("a session without protection\n" + packets(seeds["clear"], cases, seed), flush=True)
    print("a session with SRTP\n" + packets(seeds["srtp"], cases, seed), flush=True)
    print("the command queue\n" + command_queue(seeds["commands"], cases // 4, seed), flush=True)
    print("rings: " + rings(cases, seed), flush=True)
    print("the port\n" + threads(seeds["srtp"], "asan", cases / 100_000, cases, seed), flush=True)
    print(
        "the port, threads watched\n" + threads(seeds["srtp"], "tsan", cases / 20_000, cases // 10, seed),
        flush=True,
    )


if __name__ == "__main__":
    try:
        main(*(int(word) for word in sys.argv[1:3]))
    except CannotBuild as reason:
        sys.exit(f"no C compiler with sanitizers: {reason}")
