"""A small sealed package of a made-up hearing with a real tape: two people, a recess, several segments, a court's own entry."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media.ids import PeerId
from recording.facts import TapeOrder
from recording.package import forms, keys, log
from recording.package.build import Described, build
from recording.package.verify import signature_row
from recording.recorder import Recorder
from tests.recording.desks import SETTINGS
from tests.recording.senders import SECOND, T0, Sender, by_arrival

if TYPE_CHECKING:
    from pathlib import Path

    from media.taps import TapPacket
    from recording.package.keys import PublicKey

HEARING = "h-1"
OPENED_MS = T0 // 1_000_000
CLOSED_MS = OPENED_MS + 8_000
RECESS = (3_000, 5_500)  # longer than what needs no explanation
LABELS = {PeerId("p1"): "plaintiff", PeerId("p2"): "defendant"}
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def public(secret: Ed25519PrivateKey) -> PublicKey:
    return keys.from_spki(
        secret.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


KEY = public(SECRET)

Moment = tuple[int, str, str | None, dict[str, Any]]

MOMENTS: tuple[Moment, ...] = (
    (-60_000, "hearing_scheduled", None, {"seats": ["plaintiff", "defendant"]}),
    (-30_000, "seat_arrived", "plaintiff", {"seat": "plaintiff"}),
    (-20_000, "seat_arrived", "defendant", {"seat": "defendant"}),
    (-10_000, "message_sent", "defendant", {"text": "听不见"}),
    (0, "court_opened", "presiding", {}),
    (1, "tape_reported", None, {"state": "rolling", "reason": ""}),
    (2_000, "floor_granted", "presiding", {"seat": "plaintiff"}),
    (RECESS[0], "court_recessed", "presiding", {}),
    (RECESS[0] + 1, "tape_reported", None, {"state": "paused", "reason": "recess"}),
    (RECESS[1], "court_resumed", "presiding", {}),
    (RECESS[1] + 1, "tape_reported", None, {"state": "rolling", "reason": ""}),
    (7_000, "floor_granted", "presiding", {"seat": "defendant"}),
    (8_000, "court_closed", "presiding", {}),
)
WITHHELD = (4,)


def entries(moments: tuple[Moment, ...] = MOMENTS) -> list[dict[str, Any]]:
    """The log, as a chain."""
    found: list[dict[str, Any]] = []
    prev = forms.GENESIS
    for seq, (at, kind, seat, body) in enumerate(moments, start=1):
        entry: dict[str, Any] = {
            "seq": seq,
            "at": OPENED_MS + at,
            "actor": {"seat": seat, "connection": None},
            "kind": kind,
            "version": 1,
            "body": body,
            "prev": prev,
        }
        prev = entry["hash"] = log.digest_of(HEARING, entry)
        found.append(entry)
    return found


def packets() -> list[TapPacket]:
    one, other = Sender("p1", ssrc=0x100), Sender("p2", ssrc=0x200)
    parts = [
        sender.tone(440, start, seconds) for sender in (one, other) for start, seconds in ((0, 3), (6, 2))
    ]
    return by_arrival(*parts, one.film(0, 1))


async def tape(directory: Path, hearing: str = HEARING) -> None:
    """The tape: rolling, a recess, rolling, closed; a new file every 1.5 s."""
    recorder = Recorder(replace(SETTINGS, segment_s=1.5), directory, hearing, lambda _fact: None)
    await recorder.start()
    orders = [
        (0, TapeOrder(True, None, LABELS)),
        (RECESS[0], TapeOrder(False, "recess", LABELS)),
        (RECESS[1], TapeOrder(True, None, LABELS)),
    ]
    for packet in packets():
        while orders and T0 + orders[0][0] * 1_000_000 <= packet.arrival_ns:
            at, what = orders.pop(0)
            recorder.announce(what, T0 + at * 1_000_000)
            recorder.settle()
        if packet.arrival_ns < T0 + 8 * SECOND:
            assert recorder.offer(packet)
    await recorder.close()


@dataclass
class Parcel:
    """What goes into a package; each part can be changed before it is sealed."""

    tape: Path
    moments: tuple[Moment, ...] = MOMENTS
    withheld: tuple[int, ...] = WITHHELD
    hearing: str = HEARING
    closed_ms: int = CLOSED_MS
    copy: bytes = bytes(range(256)) * 64
    changes: dict[str, Any] = field(default_factory=dict)  # of Described

    def sealed(self, folder: Path) -> Path:
        """Lay the package out in a folder that is not there yet, and seal it."""
        (folder / "log").mkdir(parents=True)
        shutil.copytree(self.tape, folder / "tape", ignore=shutil.ignore_patterns("*.lock"))
        found = entries(self.moments)
        for name, chosen in (
            (forms.LOG, [log.stub_of(e) if e["seq"] in self.withheld else e for e in found]),
            (forms.LOG_COURT, [e for e in found if e["seq"] in self.withheld]),
        ):
            (folder / name).write_bytes(b"".join(map(log.line_of, chosen)))
        (folder / "copies").mkdir()
        (folder / "copies" / "plaintiff.webm").write_bytes(self.copy)
        self._words(folder)
        described = self.described(found)
        seal(folder, build(folder, replace(described, **self.changes)))
        return folder

    def described(self, found: list[dict[str, Any]]) -> Described:
        rows = [(e["at"] - OPENED_MS, e["actor"]["seat"] or "") for e in found]
        return Described(
            hearing=self.hearing,
            case={"court": "c", "number": "1", "cause": "c", "procedure": "p"},
            seats=[{"seat": seat, "role": seat, "side": seat} for seat in LABELS.values()],
            opened_ms=OPENED_MS,
            closed_ms=self.closed_ms,
            sealed_ms=CLOSED_MS + 1_000,
            keys=[{"id": KEY.id, "spki": KEY.spki.hex()}],
            log={
                "stream": self.hearing,
                "entries": len(found),
                "head": found[-1]["hash"],
                "withheld": list(self.withheld),
            },
            hashes=[e["hash"] for e in found],
            transcript=forms.sha256(b"plaintiff\t%d\thello" % (OPENED_MS + 1_000)),
            seat_of_copy={"copies/plaintiff.webm": "plaintiff"},
            seconds={"copies/plaintiff.webm": [(4_096, 1_000), (8_192, 2_000), (12_288, 3_000)]},
            line_places={forms.LOG: rows, forms.TRANSCRIPT: [(1_000, "plaintiff")]},
            court_only=frozenset({forms.LOG_COURT, forms.INCIDENTS}),
        )

    def _words(self, folder: Path) -> None:
        (folder / "transcript").mkdir()
        line = {"seat": "plaintiff", "t0_ms": OPENED_MS + 1_000, "text": "hello"}
        (folder / forms.TRANSCRIPT).write_bytes(forms.canonical(line) + b"\n")
        (folder / "records").mkdir()
        (folder / forms.EXHIBITS).write_bytes(forms.canonical([{"id": "m1", "sha256": "0" * 64}]))
        (folder / forms.INCIDENTS).write_bytes(forms.canonical([]))


def seal(folder: Path, manifest: bytes, secret: Ed25519PrivateKey = SECRET) -> None:
    """Sign and put the two files in place."""
    row = signature_row(public(secret).id, secret.sign(manifest))
    (folder / forms.MANIFEST).write_bytes(manifest)
    (folder / forms.SIGNATURES).write_bytes(forms.canonical({"signatures": [row]}))


def twin(package: Path, folder: Path) -> Path:
    """The same package again, its files shared: replace a file, never write into it."""
    shutil.copytree(package, folder, copy_function=os.link)
    return folder


def put(path: Path, data: bytes) -> None:
    """Give a file another content, in this twin alone."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
