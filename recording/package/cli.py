"""`yunting verify PACKAGE --key PUB`, here and as a file of its own: arguments in, two verdicts and an exit status out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recording.package import forms, keys
from recording.package.archive import Refused
from recording.package.source import NothingThere
from recording.package.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD, FAILED, NONSENSE = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("package", type=Path, help="封存包：文件夹或 .zip · the package, a folder or a .zip")
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        required=True,
        help="法院公钥（PEM），可重复 · the court's public key, PEM; may be repeated",
    )
    parser.add_argument(
        "--head",
        type=str.lower,
        action="append",
        default=[],
        help="休庭或闭庭时取得的日志末端，可重复 · a head of the log given out at a recess or at the close",
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON · tell it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check and tell; 0: unaltered and complete, 1: not, 2: this is no package or no key."""
    given = []
    try:
        for path in arguments.key:
            if path.stat().st_size > forms.SIDE_BYTES_MAX:
                raise keys.NotAKey("too large")
            given.append(keys.from_file(path.read_bytes()))
        report = verify(arguments.package, given, arguments.head)
    except keys.NotAKey as error:
        return _nonsense("公钥无法使用", f"the key is of no use: {error}")
    except NothingThere:
        return _nonsense("这里没有封存包", "there is no sealed package here")
    except Refused as error:
        return _nonsense("拒绝读取", f"refused: {error}")
    except OSError as error:
        return _nonsense("无法读取", f"cannot be read: {error.strerror or type(error).__name__}")
    sys.stdout.write((report.as_json() if arguments.json else report.as_text()) + "\n")
    return GOOD if report.good else FAILED


def _nonsense(chinese: str, english: str) -> int:
    sys.stderr.write(f"{chinese} · {english}\n")
    return NONSENSE


def main(argv: Sequence[str] | None = None) -> int:
    """Be the verifier alone."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a console of another code page
    parser = argparse.ArgumentParser(
        prog="yunting-verify",
        description="离线核验云庭封存包 · checks a sealed package of Yunting, offline",
    )
    add_arguments(parser)
    return run(parser.parse_args(argv))
