"""A network of a test process's own: loopback, one card, and nothing beyond. It must never touch the machine's network.

Journeys lay cables and take them away; a browser that runs beside them must not notice, nor a house announce them.
Needs root and `ip`; without them the process stays where it is, and journeys that lay cables are skipped anyway.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess

_CLONE_NEWNET = 0x40000000  # linux/sched.h
CARD, OTHER_END = "yun0", "yun1"
ADDRESS = "10.88.70.1/24"

possible = os.geteuid() == 0 and shutil.which("ip") is not None


def leave() -> None:
    """Move this thread, and the processes and threads it starts from now on, to a new network (network_namespaces(7)).

    Its card leads nowhere, but is there: a browser without any is offline. OSError from the kernel, but a root that is
    not let (EPERM, as in many containers) stays where it is.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        if (error := ctypes.get_errno()) == errno.EPERM:
            return
        raise OSError(error, "unshare")
    for words in (
        "link set lo up",
        f"link add {CARD} type veth peer name {OTHER_END}",
        f"addr add {ADDRESS} dev {CARD}",
        f"link set {CARD} up",
        f"link set {OTHER_END} up",
        f"route add default dev {CARD}",
    ):
        subprocess.run(("ip", *words.split()), check=True)
