"""Every journey on every engine: what `make test` runs on one of them. Half an hour an engine on two cores.

It starts tests and nothing else; each house proves by its own figures which engine carried its packets.
"""

from __future__ import annotations

import os
import subprocess
import sys

ENGINES = ("native", "python")
JOURNEYS = ("tests/journeys", "tests/browser")


def hold_journeys() -> None:
    """Run the journeys on each engine; the first that fails ends it (CalledProcessError)."""
    for engine in ENGINES:
        print(f"journeys, engine {engine}", flush=True)
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-s", "-m", "journey", *JOURNEYS],
            env=os.environ | {"YUNTING_TEST_ENGINE": engine},
            check=True,
        )
