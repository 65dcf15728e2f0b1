"""Which engine carries the packets: the one in C where it is built, else the one in Python, by the settings.

It must never choose silently: the caller is told why the better one could not be had.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from media.engine.native import NativeEngine
from media.engine.native_library import NotBuilt
from media.engine.python import PythonEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.engine.port import Engine, OnFact, SendTo
    from media.settings import MediaSettings
    from media.tee import TeeRing

log = logging.getLogger(__name__)

NATIVE, PYTHON = "native", "python"  # media.settings.ENGINES


def make_engine(
    settings: MediaSettings,
    sendto: SendTo,
    on_fact: OnFact,
    wall_ns: Callable[[], int],
    monotonic: Callable[[], float],
    tees: Mapping[str, TeeRing],
) -> Engine:
    """Make the engine the settings name. NotBuilt if it is to be the one in C and can't be had. OSError: no ring."""
    if settings.engine != PYTHON:
        try:
            return NativeEngine(settings, sendto, on_fact, wall_ns, monotonic, tees=tees)
        except NotBuilt as reason:
            if settings.engine == NATIVE:
                raise
            log.warning("media plane: the engine in C can't be had (%s); the one in Python runs", reason)
    return PythonEngine(settings, sendto, on_fact, wall_ns, monotonic, tees)
