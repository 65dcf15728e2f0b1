"""Hostile input for minutes: the fuzzers and attacks of tests/media, a million cases each where their rate allows it.

Every step is a process of its own with a limit of time; the first that fails ends the soak. Loopback only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

MILLION = 1_000_000
LIMIT_S = 3600.0
_ROW_4 = (
    "pytest",
    "-q",
    "-n0",
    "-o",
    f"timeout={LIMIT_S:.0f}",
    "-k",
    "row_4",
    "tests/media/test_attacks_plane.py",
)
STEPS: tuple[tuple[str, ...], ...] = (
    ("tests.media.sanitized", str(MILLION)),  # the data plane in C, under the sanitizers
    ("tests.media.sanitized_contract",),  # its laws, under the sanitizers too
    ("tests.media.fuzz", str(MILLION)),  # offers and STUN
    ("tests.media.fuzz_port", str(MILLION)),  # the whole plane behind its port, on each engine
    _ROW_4,  # bad and replayed packets
)


def besiege() -> None:
    """Run every step; CalledProcessError, TimeoutExpired."""
    for step in STEPS:
        begun = time.monotonic()
        environment = os.environ | {"YUNTING_BAD_PACKETS": str(MILLION)}
        subprocess.run([sys.executable, "-m", *step], env=environment, check=True, timeout=LIMIT_S)
        print(f"{' '.join(step)}: {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    besiege()
