"""The command line's part about packages: court-key, verify, seal, package. Says what happened; holds no logic of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from recording.apart import RebuildDied
from recording.package import cli as verifier
from recording.package import keys as public_keys
from recording.places import tapes_of
from server.courtroom.ports import Unavailable
from server.sealing import keys, provenance
from server.sealing.sealer import NotSealed, Sealer
from server.store.cases import Cases
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.results import Results

if TYPE_CHECKING:
    import argparse

    from server.config import Settings

OFFLINE = frozenset({"court-key", "verify"})
"""Commands that need no configuration."""
COMMANDS = frozenset({"seal", "package"})
"""The others."""

_KINDS = (public_keys.ED25519, public_keys.P256, public_keys.SM2)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Name the commands."""
    key = commands.add_parser("court-key", help="make a key that seals packages, and print its public half")
    key.add_argument("action", choices=("new", "show"), help="new: make it; show: print the public half")
    key.add_argument("file", type=Path, help="the secret key's file")
    key.add_argument("--kind", choices=_KINDS, default=public_keys.ED25519)
    check = commands.add_parser("verify", help="check a sealed package, offline: unaltered? complete?")
    verifier.add_arguments(check)
    seal = commands.add_parser("seal", help="make the sealed package of a hearing that is over")
    seal.add_argument("hearing", help="id of the hearing")
    give = commands.add_parser("package", help="write a sealed package as one .zip, as one seat may have it")
    give.add_argument("hearing", help="id of the hearing")
    give.add_argument("out", type=Path, help="the .zip, which is not there yet")
    give.add_argument("--seat", required=True, help="for whom: a seat of the hearing")


def run_offline(arguments: argparse.Namespace) -> int:
    """Run one of the commands that need no configuration; gives the exit status."""
    return verifier.run(arguments) if arguments.command == "verify" else _court_key(arguments)


def _court_key(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file
    try:
        made = keys.make(path, arguments.kind) if arguments.action == "new" else keys.load(path).public
    except FileExistsError:
        return _failed(f"{path}: 已存在，不会覆盖 · is there already and is never overwritten")
    except keys.BadKey as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{path}: {error.strerror}")
    _say(made.pem.decode().rstrip())
    _say(f"密钥 key: {made.kind} {made.id}")
    _say(f"指纹 fingerprint: {made.fingerprint}")
    return 0


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run one of the other commands; gives the exit status."""
    try:
        return asyncio.run(_run(settings, arguments))
    except NotSealed as failure:
        return _failed(f"{arguments.hearing}: 未封存 · not sealed: {failure.reason}")
    except Unavailable as failure:
        return _failed(f"{arguments.hearing}: the ledger can't be read ({failure.reason})")
    except keys.BadKey as error:
        return _failed(str(error))
    except FileExistsError:
        return _failed(f"{arguments.out}: 已存在 · is there already")
    except (OSError, RebuildDied) as error:
        return _failed(f"{arguments.hearing}: {error}")


async def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    database = Database(settings.storage)
    sealer = Sealer(
        root=settings.storage.root,
        cases=Cases(database),
        events=SqlEventLog(database),
        results=Results(database),
        signers=keys.signers(settings.sealing),
        credential=provenance.load(settings.sealing),
        tapes=lambda hearing: tapes_of(settings.storage.root, settings.recording.second_root, hearing),
        settings=settings.sealing,
        now_ms=lambda: time.time_ns() // 1_000_000,
    )
    try:
        if arguments.command == "seal":
            _say(str(await sealer.seal(arguments.hearing)))
        else:
            lacking = await sealer.edition(arguments.hearing, arguments.seat, arguments.out)
            _say(f"{arguments.out}: 依规则不含 {lacking} 个文件 · without {lacking} files, by rule")
    finally:
        await database.close()
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _failed(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 2
