"""Hypothesis without deadlines: no test may fail because the machine was busy.

Where CI is set the examples are the same in every run, so that a red run is about the change and can be run again;
`make soak` and everybody's own machine look for new ones.
"""

from __future__ import annotations

import gc
import os
import re
from typing import TYPE_CHECKING

from hypothesis import settings

from tests import network

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

settings.register_profile("yunting", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("yunting")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--apart", action="store_true", help="each of xdist's workers has a network of its own")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("apart") and hasattr(config, "workerinput") and network.possible:
        network.leave()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where tests of one mark are asked for, a file that never names it is not even read in.

    tests/test_tidy.py holds every file to naming its mark itself.
    """
    mark = re.match(r"(\w+)(?: and (?:not )?\w+)?$", str(config.getoption("markexpr")))
    if mark is None or not re.fullmatch(r"test_\w+\.py", collection_path.name):
        return None
    return None if f"mark.{mark[1]}" in collection_path.read_text(encoding="utf-8") else True


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no search for garbage walks through it again."""
    gc.collect()
    gc.freeze()
