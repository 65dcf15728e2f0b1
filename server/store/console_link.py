"""`yunting console-link`: makes or ends an officer's links from a shell. Migrates nothing; closes no live tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.courtroom.ports import Unavailable
from server.store.cases import Cases
from server.store.database import UNAVAILABLE, Database
from server.store.officers import Officers
from server.store.settings import database_url
from server.store.verify import is_missing

if TYPE_CHECKING:
    from server.store.settings import StoreSettings

NAME_CHARACTERS_MAX = 200


class WrongName(Exception):  # noqa: N818  says what happened
    """A name is empty or too long; nothing was made."""


@dataclass(frozen=True, slots=True)
class Made:
    """token: of the new link, "" where links were ended. ended: how many. known: a case of this court is in the ledger."""

    token: str
    ended: int
    known: bool


async def make_console_link(
    settings: StoreSettings, court: str, name: str, now_ms: int, *, revoke: bool
) -> Made:
    """Make a link for an officer of the court, or end all of them. Raises WrongName, and Unavailable."""
    if not (0 < len(court) <= NAME_CHARACTERS_MAX and 0 < len(name) <= NAME_CHARACTERS_MAX):
        raise WrongName
    if is_missing(database_url(settings)):
        raise Unavailable(UNAVAILABLE)
    database = Database(settings)
    try:
        officers = Officers(database)
        known = any(case.court == court for case in await Cases(database).cases())
        if revoke:
            return Made("", await officers.revoke(court, now_ms), known)
        return Made(await officers.make_link(court, name, now_ms), 0, known)
    finally:
        await database.close()
