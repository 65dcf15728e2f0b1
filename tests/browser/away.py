"""A person at another place: a Chromium in a network namespace of the test's own, whose network the test can take.

Needs root, `ip` and `iptables`. Only the two ends of the test's own cable are touched; both are gone afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import stat
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from tests.browser.stage import ARGUMENTS, CHROMIUM, Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.house import House

HERE = "10.88.77.1"
THERE, MOVED = "10.88.77.2", "10.88.77.3"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a house that is to be reached from another place

possible = os.geteuid() == 0 and all(shutil.which(tool) for tool in ("ip", "iptables"))


async def ip(*words: str) -> None:
    """Change addresses, links and namespaces."""
    await run("ip", *words)


async def run(*words: str) -> None:
    """Run a command that must succeed."""
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    _, complaint = await process.communicate()
    assert process.returncode == 0, f"{' '.join(words)}: {complaint.decode()}"


class Away:
    """The other place. Make it before the house starts: the house announces the addresses it finds then."""

    def __init__(self) -> None:
        self.name = f"yt{os.getpid()}"
        self._near = f"ytn{os.getpid() % 100000}"
        self._far = f"ytf{os.getpid() % 100000}"

    async def open(self) -> None:
        """Lay the cable."""
        await ip("netns", "add", self.name)
        await ip("link", "add", self._near, "type", "veth", "peer", "name", self._far)
        await ip("link", "set", self._far, "netns", self.name)
        await ip("addr", "add", f"{HERE}/29", "dev", self._near)
        await ip("link", "set", self._near, "up")
        await ip("-n", self.name, "addr", "add", f"{THERE}/29", "dev", self._far)
        await ip("-n", self.name, "link", "set", "lo", "up")
        await ip("-n", self.name, "link", "set", self._far, "up")
        await ip("-n", self.name, "route", "add", "default", "via", HERE)

    async def dead(self) -> None:
        """No packet passes in either direction from now on, and nobody says goodbye."""
        for chain in ("INPUT", "OUTPUT"):
            await self._iptables("-I", chain, "-j", "DROP")

    async def alive(self) -> None:
        """Packets pass again."""
        for chain in ("INPUT", "OUTPUT"):
            await self._iptables("-D", chain, "-j", "DROP")

    async def _iptables(self, *words: str) -> None:
        await run("ip", "netns", "exec", self.name, "iptables", "-w", *words)

    async def close(self) -> None:
        """Take it all away; the cable by itself, since whatever still runs there would keep it."""
        await ip("link", "delete", self._near)
        await ip("netns", "delete", self.name)

    async def move(self) -> None:
        """Another network: what had the old address has it no more, and nobody says goodbye."""
        await ip("-n", self.name, "addr", "del", f"{THERE}/29", "dev", self._far)
        await ip("-n", self.name, "addr", "add", f"{MOVED}/29", "dev", self._far)
        await ip("-n", self.name, "route", "add", "default", "via", HERE)

    def chromium(self, house: House, folder: Path) -> contextlib.AbstractAsyncContextManager[Stage]:
        """A browser at that place; its people reach the house by the cable."""
        return away_chromium(house, self.name, HERE, folder)


@contextlib.asynccontextmanager
async def away_chromium(house: House, namespace: str, address: str, folder: Path) -> AsyncIterator[Stage]:
    """A browser in a network namespace, where the house has this address."""
    launcher = folder / "chromium-away"
    launcher.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {CHROMIUM} "$@"\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    origin = f"http://{address}:{house.port}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=launcher,
            args=[*ARGUMENTS, f"--unsafely-treat-insecure-origin-as-secure={origin}"],
        )
        try:
            yield Stage(house, browser, url=origin)
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def away() -> AsyncIterator[Away]:
    """Another place, for as long as the test needs it."""
    place = Away()
    await place.open()
    try:
        yield place
    finally:
        await place.close()
