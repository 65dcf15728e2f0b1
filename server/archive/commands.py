"""The command line's part about the archive: archive status, verify, restore; hold; purge. Says what happened; no logic of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recording.package import keys as public_keys
from server.archive.build import archiver_of, keeping_of, remote_of
from server.archive.copier import DIFFERS, MISSING, unbelieved
from server.archive.purge import NotPurged, Purger
from server.archive.remote import RemoteFailed
from server.archive.restore import PARTIAL, NotRestored, restore
from server.courtroom.ports import SeqConflict, Unavailable
from server.hearing.events_archive import HoldLifted, HoldSet
from server.sealing.keys import signers
from server.store.archive_book import ArchiveBook
from server.store.codec import EventCodec
from server.store.database import UNAVAILABLE, Database
from server.store.event_log import SqlEventLog
from server.store.results import Results
from server.store.settings import database_url
from server.store.verify import is_missing

if TYPE_CHECKING:
    import argparse

    from server.archive.s3 import S3Remote
    from server.config import Settings

COMMANDS = frozenset({"archive", "hold", "purge"})
_TEXT_MAX = 500


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Name the commands."""
    archive = commands.add_parser("archive", help="the remote copies of sealed packages")
    archive.add_argument(
        "action",
        choices=("status", "verify", "restore"),
        help="status: how far they are; verify: read every file of a hearing there and compare; restore: fetch one back",
    )
    archive.add_argument("hearing", nargs="?", default="", help="id of the hearing")
    archive.add_argument(
        "folder", nargs="?", type=Path, help="restore: where to, a folder that is not there yet"
    )
    archive.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        help="restore: the court's public key; left out: the configured keys",
    )
    hold = commands.add_parser("hold", help="a legal hold: nothing of the record is purged while it lasts")
    hold.add_argument("action", choices=("set", "lift"))
    hold.add_argument("hearing", help="id of the hearing")
    purge = commands.add_parser("purge", help="remove files whose term is over; entered in the hearing's log")
    purge.add_argument("--dry-run", action="store_true", help="say what would go, and change nothing")
    for command, needed in ((hold, True), (purge, False)):
        command.add_argument("--by", required=needed, default="", help="who orders it")
        command.add_argument("--reason", required=needed, default="", help="why")


@dataclass
class _Office:
    """What the commands work with."""

    settings: Settings
    database: Database
    remote: S3Remote | None

    def __post_init__(self) -> None:
        self.book = ArchiveBook(self.database)
        self.events = SqlEventLog(self.database)
        self.codec = EventCodec()


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run one of the commands; gives the exit status: 0 good, 1 found something, 2 could not."""
    if arguments.command != "archive" and not getattr(arguments, "dry_run", False):
        for text in (arguments.by, arguments.reason):
            if not 0 < len(text.strip()) <= _TEXT_MAX:
                return _failed(
                    f"--by 和 --reason 必填，不超过 {_TEXT_MAX} 字 · say who and why, in {_TEXT_MAX} characters"
                )
    try:
        return asyncio.run(_run(settings, arguments))
    except (Unavailable, SeqConflict, RemoteFailed, NotRestored, public_keys.NotAKey, OSError) as failure:
        return _failed(_why(failure))


def _why(failure: Exception) -> str:
    """Why a command could not be done, for the operator."""
    if isinstance(failure, Unavailable):
        return f"日志库无法使用 · the ledger can't be used ({failure.reason})"
    if isinstance(failure, SeqConflict):
        return "日志刚有新记录，请重试 · the log has just moved on; try again"
    if isinstance(failure, RemoteFailed):
        return f"远程存储 · remote storage: {failure.reason}"
    if isinstance(failure, NotRestored):
        return f"未取回 · not restored: {failure}"
    if isinstance(failure, FileExistsError):
        return f"{failure}: 已存在 · is there already"
    if isinstance(failure, public_keys.NotAKey):
        return f"公钥无法使用 · the key is of no use: {failure}"
    return str(failure)


async def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    if is_missing(database_url(settings.storage)) and getattr(arguments, "action", "") != "restore":
        raise Unavailable(UNAVAILABLE)  # opening it would make an empty one
    remote = remote_of(settings.archive, _now_ms)
    office = _Office(settings, Database(settings.storage), remote)
    try:
        if arguments.command == "hold":
            return await _hold(office, arguments)
        if arguments.command == "purge":
            return await _purge(office, arguments)
        if arguments.action == "status":
            return await _status(office, arguments.hearing)
        if remote is None:
            return _failed("未配置远程存储 · no remote storage is configured (archive.bucket)")
        if not arguments.hearing or (arguments.action == "restore" and arguments.folder is None):
            return _failed("archive verify HEARING · archive restore HEARING FOLDER")
        if arguments.action == "verify":
            return await _verify(office, remote, arguments.hearing)
        return await _restore(office, remote, arguments)
    finally:
        if remote is not None:
            await remote.close()
        await office.database.close()


async def _status(office: _Office, hearing: str) -> int:
    files = await office.book.files(hearing) if hearing else []
    for one in files:
        locked = f" 锁定至 locked until {_day(one.locked_until)}" if one.locked_until else ""
        trouble = f" {one.reason}（{one.tries}）" if one.reason else ""
        _say(f"{one.state:9}{one.size:>14} {one.name}{locked}{' 保全 held' if one.held else ''}{trouble}")
    if hearing:
        kept = await keeping_of(office.settings.archive, office.settings.storage.root, office.database).of(
            hearing
        )
        if kept is None:
            return _failed(f"{hearing}: 没有这个庭次 · no such hearing")
        facts = kept.facts
        _say(
            f"{hearing}: class {kept.kept_as.id}, remote {facts.remote}, {'HELD 保全' if facts.held else 'no hold'}"
        )
        return 0 if facts.remote != "unverified" else 1
    counts = await office.book.counts()
    _say(" ".join(f"{state} {counts.get(state, 0)}" for state in ("pending", "stored", "verified")))
    troubled = await office.book.troubled(office.settings.archive.alarm_tries)
    for late in troubled:
        _say(f"{late.hearing_id}: 异地副本未完成 · not copied since {_day(late.since)}, {late.files} files")
    return 1 if troubled else 0


async def _verify(office: _Office, remote: S3Remote, hearing: str) -> int:
    archiver = archiver_of(
        office.settings.archive, office.settings.storage.root, office.database, remote, _now_ms
    )
    files = await office.book.files(hearing)
    kept = await keeping_of(office.settings.archive, office.settings.storage.root, office.database).of(
        hearing
    )
    purged = kept is not None and "package" in kept.facts.purged
    wrong = 0
    for one in files:
        try:
            found = await archiver.digest_of(archiver.key_of(hearing, one.name), one.version)
            bad = "" if found == (one.size, one.sha256) else DIFFERS
        except RemoteFailed as failure:
            if failure.reason == "unreachable":
                raise
            bad = failure.reason
        if not bad:
            continue
        wrong += 1
        _say(f"{bad.upper()}{' 不一致' if bad == DIFFERS else ''} {one.name}")
        if bad in {DIFFERS, MISSING} and not purged:  # nothing is purged on its word, and it is copied anew
            await office.book.save(unbelieved(one, DIFFERS))
    if not files:
        return _failed(f"{hearing}: 没有归档记录 · nothing of it is in the archive's book")
    _say(f"{hearing}: {len(files) - wrong}/{len(files)} 一致 · the same as sealed")
    return 1 if wrong else 0


async def _restore(office: _Office, remote: S3Remote, arguments: argparse.Namespace) -> int:
    settings = office.settings
    keys = [public_keys.from_file(path.read_bytes()) for path in arguments.key]
    keys = keys or [one.public for one in signers(settings.sealing)]
    if not keys:
        return _failed("需要法院公钥 · the court's public key is needed: --key FILE")
    ledger = not is_missing(database_url(settings.storage))
    files = await office.book.files(arguments.hearing) if ledger else []
    archiver = archiver_of(settings.archive, settings.storage.root, office.database, remote, _now_ms)
    report = await restore(archiver, remote, arguments.hearing, files, arguments.folder, keys)
    _say(report.as_text())
    _say(str(arguments.folder if report.good else f"{arguments.folder}{PARTIAL}"))
    return 0 if report.good else 1


async def _hold(office: _Office, arguments: argparse.Namespace) -> int:
    settings, hearing = office.settings, arguments.hearing
    kept = await keeping_of(settings.archive, settings.storage.root, office.database).of(hearing)
    if kept is None:
        return _failed(f"{hearing}: 没有这个庭次 · no such hearing")
    if kept.facts.closed_at is None:  # the log is its room's alone till then, and nothing of it is purged
        return _failed(f"{hearing}: 庭审尚未结束 · the hearing is not over yet")
    wanted = arguments.action == "set"
    if kept.facts.held == wanted:
        return _failed(f"{hearing}: 已是如此 · it is so already")
    made = (HoldSet if wanted else HoldLifted)(arguments.by.strip(), arguments.reason.strip())
    entry = office.codec.to_entry(made, _now_ms(), None, None)
    await office.events.append(hearing, kept.last_seq, [entry])
    _say(f"{hearing}: {'已保全 · held' if wanted else '已解除保全 · the hold is lifted'}")
    if office.remote is not None:
        archiver = archiver_of(
            settings.archive, settings.storage.root, office.database, office.remote, _now_ms
        )
        _say(f"远程文件 · remote files: {await archiver.follow_hold(hearing)}")
    return 0


async def _purge(office: _Office, arguments: argparse.Namespace) -> int:
    settings = office.settings
    purger = Purger(
        root=settings.storage.root,
        second_root=settings.recording.second_root,
        drawn=settings.storage.root / "drawn",  # as server.finish has it
        archiver=None
        if office.remote is None
        else archiver_of(settings.archive, settings.storage.root, office.database, office.remote, _now_ms),
        keeping=keeping_of(settings.archive, settings.storage.root, office.database),
        events=office.events,
        codec=office.codec,
        results=Results(office.database),
        now_ms=_now_ms,
    )
    wrong = 0
    for planned in await purger.plan():
        if arguments.dry_run:
            told = " ".join(f"{one.artefact}={one.reason}" for one in planned.verdicts)
            _say(f"{planned.hearing} [{planned.kept.kept_as.id}] {told}")
            _say(f"  将清理 · would go: {', '.join(planned.going) or '-'}")
            continue
        if await purger.finish(planned):
            _say(f"{planned.hearing}: 上次清理已补完 · an earlier purge was ended")
        if planned.going:
            try:
                number = await purger.purge(planned, arguments.by.strip(), arguments.reason.strip())
            except NotPurged:
                wrong += 1
                _say(
                    f"{planned.hearing}: 异地副本不全，未清理 · not purged: files are gone from the remote storage"
                )
                continue
            _say(f"{planned.hearing}: 已清理 {number} 个文件 · files purged ({', '.join(planned.going)})")
    return 1 if wrong else 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _day(at_ms: int | None) -> str:
    return "" if at_ms is None else datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%d %H:%MZ")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _failed(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 2
