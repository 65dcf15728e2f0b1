"""A real server copies what is sealed to object storage by itself, tells of trouble where it must, and says who read."""

from __future__ import annotations

import asyncio
import shutil
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from server.demo import cast
from server.store.cases import Cases
from server.store.database import Database
from tests.archive import s3_server
from tests.house import ROOT, House
from tests.sealing.rig import House as Ledger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

BUCKET = "archive-of-a-journey"


async def sealed(folder: Path) -> None:
    """A ledger whose scripted hearing was held and sealed."""
    ledger = Ledger(folder / "var")
    await ledger.hold()
    ledger.key()
    await ledger.sealer().seal(cast.HELD)
    await ledger.database.close()
    shutil.copy(folder / "var" / "ed25519.pem", folder / "court.pem")


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[tuple[House, s3_server.S3Server]]:
    """A running server with an archive, and the storage, in which there is no bucket yet."""
    server, running = s3_server.start()
    await sealed(tmp_path)
    access, secret = s3_server.key_files(tmp_path)
    archive = {"bucket": BUCKET, "endpoint": server.url, "access_key_file": str(access), "secret_key_file": str(secret),
               "lock": "compliance", "retry_delay_s": 0.2, "retry_delay_s_max": 1.0, "look_interval_s": 0.2, "tries": 1}  # fmt: skip
    overrides: dict[str, dict[str, object]] = {
        "sealing": {"court_key_file": str(tmp_path / "court.pem")},
        "archive": dict(archive),
    }
    house = House(tmp_path, overrides=overrides)
    house.write_config()
    await house.start()
    yield house, server
    await house.stop()
    running.stop()
    assert "Traceback" not in house.log_tail(200_000), house.log_tail()


async def metric(house: House, name: str) -> float:
    async with aiohttp.ClientSession() as http, http.get(f"{house.url}/metrics") as answer:
        text = await answer.text()
    found = [line for line in text.splitlines() if line.startswith(f"yunting_{name} ")]
    return float(found[0].split()[1]) if found else -1.0


async def until(house: House, name: str, wanted: Any) -> None:
    """Wait until a figure of the server is so."""
    while not wanted(await metric(house, name)):
        await asyncio.sleep(0.2)


async def tasks(house: House) -> list[str]:
    """Kinds of tasks on the officer's console."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "console-link", "--court", cast.COURT, "--config", str(house.config),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    token = said.decode().split("/console/j/")[1].split()[0]
    async with aiohttp.ClientSession(headers={"Origin": house.url}) as http:
        joined = await (await http.post(f"{house.url}/api/console/join", json={"token": token})).json()
        bearer = {"Authorization": f"Bearer {joined['session']}"}
        page = await (await http.get(f"{house.url}/api/console", headers=bearer)).json()
    return [task["kind"] for row in page["hearings"] for task in row["tasks"] if row["id"] == cast.HELD]


async def copied(house: House, server: s3_server.S3Server) -> None:
    """Trouble is told while there is no bucket; then every file is there."""
    async with asyncio.timeout(120):
        await until(house, "archive_files_failing", lambda n: n > 0)
        assert "not_copied" in await tasks(house), (
            "an old hearing is on today's list while its copy is missing"
        )
        await server.make(BUCKET, lock=True)
        await until(house, "archive_files_pending", lambda n: n == 0)
        assert await metric(house, "archive_files_failing") == 0
        assert "not_copied" not in await tasks(house)
    package = house.folder / "var" / "hearings" / cast.HELD / "package"
    files = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    assert server.keys(BUCKET) == sorted(f"yunting/{cast.HELD}/{name}" for name in files)


async def read(house: House) -> None:
    """Real copies over real HTTP: no purpose, no address; the sound alone for a party; and the ledger of it."""
    database = Database(house.store)
    cases = Cases(database)
    file = await cases.hearing(cast.HELD)
    assert file is not None
    party = next(seat.seat for seat in file.seats if seat.role == "plaintiff")
    clerk = next(seat.seat for seat in file.seats if seat.role in {"clerk", "presiding"})
    tokens = {seat: await cases.make_link(cast.HELD, seat, 1) for seat in (party, clerk)}
    await database.close()
    base = f"{house.url}/api/hearings/{cast.HELD}"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers={"Origin": house.url}, cookie_jar=jar) as http:
        bearers = {}
        for seat, token in tokens.items():
            joined = await (await http.post(f"{house.url}/api/join", json={"token": token})).json()
            bearers[seat] = {"Authorization": f"Bearer {joined['session']}"}
        wish = {"action": "play", "thing": "all", "purpose": "appeal"}
        begun = await (await http.post(f"{base}/readings", json=wish, headers=bearers[party])).json()
        path = f"{base}/record?reading={begun['reading']}"
        record = await (await http.get(path, headers=bearers[party])).json()
        url = record["copies"][0]["url"]
        piece = await http.get(f"{house.url}{url}", headers={"Range": "bytes=0-1023"})
        assert (piece.status, len(await piece.read())) == (206, 1024)
        voice = next(copy for copy in record["copies"] if copy["kind"] in {"av", "audio"})
        wish = {"action": "copy", "thing": "sound", "what": voice["id"], "purpose": "appeal"}
        made = await (await http.post(f"{base}/readings", json=wish, headers=bearers[party])).json()
        sound = await (await http.get(f"{house.url}{made['url']}")).read()
        assert sound.startswith(b"\x1aE\xdf\xa3")  # WebM
        wish = {"action": "export", "thing": "court", "purpose": "appeal"}
        refused = await http.post(f"{base}/readings", json=wish, headers=bearers[party])
        assert refused.status == 403
        made = await (await http.post(f"{base}/readings", json=wish, headers=bearers[clerk])).json()
        assert (await (await http.get(f"{house.url}{made['url']}")).read()).startswith(b"PK")
        rows = (await (await http.get(f"{base}/readings", headers=bearers[clerk])).json())["readings"]
    assert [(row["seat"], row["action"], row["thing"]) for row in rows] == [
        (clerk, "export", "court"),
        (party, "copy", "sound"),
        (party, "play", "all"),
    ]
    assert rows[2]["files"][0]["megabytes"] == [[0, 1]]


async def test_a_record_after_its_seal(court: tuple[House, s3_server.S3Server]) -> None:
    house, server = court
    await copied(house, server)
    await read(house)
