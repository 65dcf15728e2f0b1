"""The command line: serve, check-config, verify-log, revoke-links, console-link, new-demo, and of packages and the archive. Sets up logging; holds no logic of its own."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from server.archive import commands as archive
from server.config import ConfigError, check, load
from server.courtroom.ports import Unavailable
from server.hearing.procedure import PROCEDURES
from server.sealing import commands as packages

if TYPE_CHECKING:
    from server.config import Settings

_HERE = Path(__file__).resolve().parent.parent


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="yunting", description="云庭 online hearing server")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="start the server")
    serve.add_argument("--no-demo", action="store_true", help="do not seed or print the demonstration case")
    commands.add_parser("check-config", help="read config.yaml and say what is wrong with it")
    verify = commands.add_parser("verify-log", help="walk a hearing's hash chain; names the first bad entry")
    verify.add_argument("hearing", help="id of the hearing")
    revoke = commands.add_parser(
        "revoke-links", help="make a hearing's join links useless and end its sessions"
    )
    revoke.add_argument("hearing", help="id of the hearing")
    revoke.add_argument("seat", nargs="?", default="", help="one seat's alone; left out: every seat's")
    console = commands.add_parser(
        "console-link", help="make a console link for an officer of a court, or end all of them"
    )
    console.add_argument("--court", required=True, help="name of the court, as its cases have it")
    console.add_argument("--name", default="技术保障", help="who the officer is, as people will see it")
    console.add_argument("--revoke", action="store_true", help="end the court's console links and sessions")
    another = commands.add_parser(
        "new-demo", help="schedule one more demonstration hearing and print its links"
    )
    another.add_argument(
        "--procedure", choices=sorted(PROCEDURES), default="", help="left out: the case's own"
    )
    packages.add(commands)
    archive.add(commands)
    for command in commands.choices.values():
        command.add_argument("--config", type=Path, default=_HERE / "config.yaml")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    arguments = _arguments(argv)
    if arguments.command == "check-config":
        return _check(arguments.config)
    if arguments.command in packages.OFFLINE:
        return packages.run_offline(arguments)
    try:
        settings = load(arguments.config)
    except ConfigError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # its plugins introduce themselves at every start
    if arguments.command == "verify-log":
        return asyncio.run(_verify(settings, arguments.hearing))
    if arguments.command == "revoke-links":
        return asyncio.run(_revoke(settings, arguments.hearing, arguments.seat))
    if arguments.command == "console-link":
        return asyncio.run(_console_link(settings, arguments.court, arguments.name, revoke=arguments.revoke))
    if arguments.command == "new-demo":
        return asyncio.run(_new_demo(settings, arguments.procedure))
    if arguments.command in packages.COMMANDS:
        return packages.run(settings, arguments)
    if arguments.command in archive.COMMANDS:
        return archive.run(settings, arguments)
    return _serve(settings, demo=not arguments.no_demo)


def _check(path: Path) -> int:
    problems = check(path)
    print("\n".join(problems) if problems else f"{path.name}: ok")
    return 2 if problems else 0


async def _verify(settings: Settings, hearing: str) -> int:
    from server.store.verify import verify_hearing  # noqa: PLC0415  only this command needs it

    try:
        verdict = await verify_hearing(settings.storage, hearing)
    except Unavailable as unavailable:
        print(f"{hearing}: the ledger can't be read ({unavailable.reason})", file=sys.stderr)
        return 2
    if verdict.ok:
        print(f"{hearing}: {verdict.entries} entries, chain whole, head {verdict.head}")
        return 0
    where = "" if verdict.first_bad_seq is None else f" first bad entry: {verdict.first_bad_seq};"
    print(f"{hearing}: NOT WHOLE;{where} {verdict.reason}")
    return 1


async def _revoke(settings: Settings, hearing: str, seat: str) -> int:
    from server.store.revoke import UnknownSeat, revoke_links  # noqa: PLC0415  only this command needs it

    try:
        seats = await revoke_links(settings.storage, hearing, seat, time.time_ns() // 1_000_000)
    except UnknownSeat:
        print(f"{hearing}: no such hearing, or no seat {seat!r} in it", file=sys.stderr)
        return 1
    except Unavailable as unavailable:
        print(f"{hearing}: the ledger can't be used ({unavailable.reason})", file=sys.stderr)
        return 2
    print(f"{hearing}: links and sessions revoked: {', '.join(seats)}")
    return 0


async def _console_link(settings: Settings, court: str, name: str, *, revoke: bool) -> int:
    from server.store.console_link import WrongName, make_console_link  # noqa: PLC0415  only this command

    now_ms = time.time_ns() // 1_000_000
    try:
        found = await make_console_link(settings.storage, court, name, now_ms, revoke=revoke)
    except WrongName:
        print("the court's and the officer's names have 1 to 200 characters", file=sys.stderr)
        return 1
    except Unavailable as unavailable:
        print(f"the ledger can't be used ({unavailable.reason})", file=sys.stderr)
        return 2
    if not found.known:
        print(f"{court}: no case of this court yet; check the name", file=sys.stderr)
    if revoke:
        print(f"{court}: console links ended: {found.ended}")
    else:
        print(f"{_address(settings, settings.http.port)}/console/j/{found.token}")
    return 0


async def _new_demo(settings: Settings, procedure: str) -> int:
    from server.app import App  # noqa: PLC0415  pulls in the media stack
    from server.demo.seed import describe  # noqa: PLC0415  same

    os.umask(0o077)
    app = App(settings)
    try:
        await app.prepare()
        await app.demo.enter_case(time.time_ns() // 1_000_000)
        links = await app.demo.new_hearing(time.time_ns() // 1_000_000, procedure=procedure)
    except Unavailable as unavailable:
        print(f"yunting: the ledger can't be used ({unavailable.reason})", file=sys.stderr)
        return 1
    finally:
        await app.database.close()
    print(describe(links, _address(settings, settings.http.port)))
    return 0


def _serve(settings: Settings, *, demo: bool) -> int:
    import uvloop  # noqa: PLC0415  only a server needs it

    try:
        return uvloop.run(_run(settings, demo=demo))
    except KeyboardInterrupt:
        return 0


async def _run(settings: Settings, *, demo: bool) -> int:
    from server.app import App  # noqa: PLC0415  pulls in the media stack
    from server.demo.seed import describe  # noqa: PLC0415  same

    os.umask(0o077)  # the record is for this account's eyes
    settings.storage.root.mkdir(parents=True, exist_ok=True)
    app = App(settings)
    try:
        await app.prepare()
        if demo:
            await app.demo.seed(settings.recording, time.time_ns() // 1_000_000)
        await app.start()
    except (OSError, Unavailable) as error:
        print(f"yunting: can't start: {error}", file=sys.stderr)
        await app.close()
        return 1
    address = _address(settings, app.port)
    print(f"云庭 Yunting: {address}", flush=True)
    if demo:
        print("演示庭审，每个席位一个链接 · one join link a seat:", flush=True)
        print(describe(app.demo.links(), address), flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
    await app.close()
    return 0


def _address(settings: Settings, port: int) -> str:
    host = settings.http.host
    shown = "localhost" if host in {"0.0.0.0", "127.0.0.1", "::", "::1"} else host  # noqa: S104  compared, not bound
    return f"http://{shown}:{port}"


if __name__ == "__main__":
    sys.exit(main())
