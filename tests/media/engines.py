"""The engines that this machine has, each driven by hand: a law of the data plane is tested on every one."""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import pytest

from media.engine.native_library import NotBuilt
from media.engine.python import PythonEngine
from media.settings import MediaSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.engine.port import Engine, OnFact, SendTo
    from media.tee import TeeRing

WALL_NS = 1_780_000_000_000_000_000


def make_engine(
    name: str,
    settings: MediaSettings,
    sendto: SendTo,
    on_fact: OnFact,
    wall_ns: Callable[[], int],
    tees: Mapping[str, TeeRing] = MappingProxyType({}),
) -> Engine:
    """An engine that is driven by hand: `receive` and `timer`, with everything out through `sendto` before they return.

    Raises NotBuilt if it can't be had on this machine.
    """
    if name == "python":
        return PythonEngine(settings, sendto, on_fact, wall_ns, tees=tees)
    module = importlib.import_module("media.engine.native")
    return cast("Engine", module.NativeEngine(settings, sendto, on_fact, wall_ns, clear=True, tees=tees))


def _engines() -> tuple[str, ...]:
    try:
        make_engine("native", MediaSettings(), lambda *_: None, lambda _: None, lambda: WALL_NS).close()
    except NotBuilt:
        return ("python",)
    return "python", "native"


ENGINES = _engines()
PYTHON_ONLY = pytest.mark.parametrize("engine", ["python"], indirect=True)
"""For a test of what only the engine in Python has; each use says why."""
