"""The only place that starts background tasks; a task that dies is reported, never dropped."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

log = logging.getLogger(__name__)


class Tasks:
    """Owns background tasks; `close` cancels and awaits them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(
        self,
        work: Coroutine[Any, Any, Any],
        name: str,
        on_death: Callable[[BaseException], None] | None = None,
    ) -> asyncio.Task[Any]:
        """Run work; when it ends by an exception, log it by name and call on_death."""
        task = asyncio.create_task(work, name=name)  # noqa: TID251  this is the one place
        self._tasks.add(task)

        def ended(done: asyncio.Task[Any]) -> None:
            self._tasks.discard(done)
            if done.cancelled():
                return
            error = done.exception()
            if error is not None:
                log.error("task %s died", name, exc_info=error)
                if on_death is not None:
                    on_death(error)

        task.add_done_callback(ended)
        return task

    async def close(self) -> None:
        """Cancel what still runs and wait for it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
