"""Our server under test, alone in its process: a MediaPlane with everything on, asked in lines of JSON.

Argument: {"engine", "gso", "host", "slots", "groups": [{"publish": {peer: [kind]}, "receive": {peer: [peer]}}], "tapes"}.
First line out: {"engine": its name} or {"missing": why}. Then {"peer", "offer"} in gives {"answer"} out, {"ask": "stats"}
gives {"stats"}. Every group has a tape that gets all its tracks, as a hearing has. End of input ends it.
Run by tests.bench.plane.servers only.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import uvloop

from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from media.plane import MediaPlane
from media.settings import MediaSettings
from recording.facts import TapeOrder
from recording.recorder import Recorder
from recording.settings import RecordingSettings

LINE_BYTES_MAX = 1 << 20
WIDTH_PX = 1280


def settings(config: dict[str, Any]) -> MediaSettings | None:
    """Give the settings, or None if this source has no such engine to choose."""
    wanted = {
        "udp_port": 0,
        "bind_host": config["host"],
        "engine": config["engine"],
        "gso": config["gso"],
        "slots_per_peer": max(4, config["slots"]),
    }
    known = {one.name for one in dataclasses.fields(MediaSettings)}
    if config["engine"] != "python" and not {"engine", "gso"} <= known:
        return None
    return MediaSettings(**{name: value for name, value in wanted.items() if name in known})


def plan_of(group: dict[str, Any], tape: PeerId) -> RoutePlan:
    """Read one group's plan; its tape gets every track."""
    publish = {
        PeerId(peer): frozenset(Kind(kind) for kind in kinds) for peer, kinds in group["publish"].items()
    }

    def wish(publisher: str) -> Subscription:
        kinds = publish[PeerId(publisher)]
        return Subscription(PeerId(publisher), Kind.AUDIO in kinds, Kind.VIDEO in kinds, WIDTH_PX)

    receive = {
        PeerId(peer): tuple(wish(one) for one in publishers) for peer, publishers in group["receive"].items()
    }
    return RoutePlan(publish, {**receive, tape: tuple(wish(one) for one in publish)})


async def tape_of(folder: Path, number: int, plan: RoutePlan) -> Recorder:
    """Start one group's tape."""
    recorder = Recorder(
        RecordingSettings(free_bytes_min=1), folder / str(number), f"bench-{number}", lambda _: None
    )
    await recorder.start()
    recorder.follow(TapeOrder(rolling=True, ground=None, labels={peer: peer for peer in plan.publish}))
    return recorder


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


async def answer_all(plane: MediaPlane) -> None:
    """Answer until the input ends."""
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        words = json.loads(line)
        if "offer" in words:
            say(answer=plane.answer(PeerId(words["peer"]), words["offer"]))
        else:
            say(stats=plane.stats())


async def serve(config: dict[str, Any]) -> None:
    """Run until the input ends."""
    wanted = settings(config)
    if wanted is None:
        say(missing="not built")
        return
    try:
        plane = MediaPlane(wanted, lambda _: None)
        await plane.start()
    except (ImportError, OSError) as error:
        say(missing=f"not built ({error})")
        return
    tapes = []
    for number, group in enumerate(config["groups"]):
        name = PeerId(f"tape-{number}")
        plan = plan_of(group, name)
        tapes.append(await tape_of(Path(config["tapes"]), number, plan))
        plane.add_tap(name, tapes[-1])
        plane.apply(f"group-{number}", plan)
    say(engine=plane.stats()["engine"])
    try:
        await answer_all(plane)
    finally:
        await plane.close()
        for tape in tapes:
            await tape.close()


if __name__ == "__main__":
    uvloop.run(serve(json.loads(sys.argv[1])))
