"""The data plane in C under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer, at hostile input.

A part of what `python -m tests.media.sanitized` and `make soak` do. Needs gcc with the libraries of its own package.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from media.native.build import SANITIZED, compiler
from tests.media.sanitized import (
    CORPUS,
    command_queue,
    drivers,
    every_seed_file,
    packets,
    replay,
    rings,
    run,
    threads,
)
from tests.media.sanitized_contract import contract

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(compiler() is None or shutil.which("gcc") is None, reason="no gcc: no sanitizers"),
]

SEED = 20261129
CASES = sorted(CORPUS.glob("*.*"))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    with ThreadPoolExecutor(len(SANITIZED)) as pool:
        list(pool.map(drivers, SANITIZED))
    return every_seed_file(tmp_path_factory.mktemp("seeds"))


@pytest.mark.parametrize(
    ("sanitizer", "fault", "said"),
    [
        ("asan", "over", "heap-buffer-overflow"),
        ("asan", "undefined", "signed integer overflow"),
        ("asan", "leak", "77 byte"),
        ("tsan", "race", "data race"),
    ],
)
@pytest.mark.usefixtures("seeds")
def test_planted_faults_are_found(sanitizer: str, fault: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        run(sanitizer, "planted", fault)


@pytest.mark.parametrize("protection", ["clear", "srtp"])
def test_a_session_stands_under_mutated_packets(seeds: dict[str, Path], protection: str) -> None:
    assert "peer 2" in packets(seeds[protection], 150_000, SEED)


def test_mutated_commands_leave_nothing_behind(seeds: dict[str, Path]) -> None:
    assert "packets" in command_queue(seeds["commands"], 40_000, SEED)


@pytest.mark.usefixtures("seeds")
def test_rings_keep_their_records_and_their_bounds() -> None:
    assert int(rings(300_000, SEED).split()[0]) > 50_000


@pytest.mark.parametrize(
    ("sanitizer", "seconds", "strangers"), [("asan", 2.0, 100_000), ("tsan", 3.0, 10_000)]
)
def test_the_port_and_every_function_at_once(
    seeds: dict[str, Path], sanitizer: str, seconds: float, strangers: int
) -> None:
    assert "came back" in threads(seeds["srtp"], sanitizer, seconds, strangers, SEED)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_what_once_broke_it_does_not_any_more(seeds: dict[str, Path], case: Path) -> None:
    """Kept inputs, by the seeds they belong to: NAME.clear, NAME.srtp or NAME.commands."""
    assert "packets" in replay(seeds[case.suffix.removeprefix(".")], case)


def test_laws_of_the_engine_hold_with_its_memory_watched() -> None:
    """Three files of them here, all in the soak; what an engine takes is what they try."""
    said = contract("test_engine_codecs.py", "test_engine_return.py", "test_reader.py")
    assert " passed" in said
    assert "failed" not in said
