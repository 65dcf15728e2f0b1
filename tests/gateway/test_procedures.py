"""The procedure as screens get it: whole, in both languages, to anybody with a session, and kept by its tag."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from server.gateway.procedures import procedure_table
from server.hearing.mediation import ENDINGS
from server.hearing.procedure import PROCEDURES
from tests.gateway.asking import Http, get, reason
from tests.house import ROOT

if TYPE_CHECKING:
    from tests.gateway.door import Door

pytestmark = pytest.mark.service

KEYS = {
    "key",
    "version",
    "kind",
    "name",
    "articles",
    "presides",
    "recording",
    "public",
    "gate",
    "consent_steps",
    "suitability",
    "offline_grounds",
    "endings",
    "stages",
}
STAGE_KEYS = {"key", "name", "session", "articles", "floor", "consent", "needs", "script", "points"}


@pytest.mark.parametrize("key", PROCEDURES)
async def test_every_seat_gets_every_procedure_whole(door: Door, http: Http, key: str) -> None:
    answer = await get(http, door, "observer", f"/api/procedures/{key}")
    assert answer.status == 200
    table = await answer.json()
    assert table == procedure_table(key)
    assert set(table) == KEYS
    assert [stage["key"] for stage in table["stages"]] == [stage.key for stage in PROCEDURES[key].stages]
    assert all(set(stage) == STAGE_KEYS for stage in table["stages"])
    assert all(choice["zh"] and choice["en"] for choice in table["suitability"] + table["offline_grounds"])


async def test_the_endings_come_with_a_mediation_only(door: Door, http: Http) -> None:
    mediation = await (await get(http, door, "plaintiff", "/api/procedures/mediation")).json()
    assert [ending["id"] for ending in mediation["endings"]] == list(ENDINGS)
    assert procedure_table("civil_ordinary")["endings"] == []


@pytest.mark.parametrize("key", ["criminal", "CIVIL_ORDINARY", "__init__", "..%2Fmediation"])
async def test_a_procedure_that_is_none_is_not_found(door: Door, http: Http, key: str) -> None:
    assert await reason(await get(http, door, "plaintiff", f"/api/procedures/{key}")) == (404, "not_found")


async def test_what_is_known_by_its_tag_is_not_sent_again(door: Door, http: Http) -> None:
    first = await get(http, door, "plaintiff", "/api/procedures/civil_summary")
    kept = {
        "Authorization": f"Bearer {await door.bearer('plaintiff')}",
        "If-None-Match": first.headers["ETag"],
    }
    again = await http.get(f"{door.url}/api/procedures/civil_summary", headers=kept)
    assert (again.status, await again.read()) == (304, b"")
    other = await http.get(f"{door.url}/api/procedures/civil_ordinary", headers=kept)
    assert other.status == 200


@pytest.mark.parametrize(("lang", "tongue"), [("zh-CN", "zh"), ("en", "en")])
@pytest.mark.parametrize("key", sorted(PROCEDURES))
def test_a_stage_has_one_name_in_the_courtroom_on_the_console_and_in_the_record(
    key: str, lang: str, tongue: str
) -> None:
    law = json.loads((ROOT / "web" / "app" / "locales" / lang / "law.json").read_text(encoding="utf-8"))
    own = law["stageOf"].get(key, {})
    shown = {stage.key: own.get(stage.key) or law["stage"].get(stage.key) for stage in PROCEDURES[key].stages}
    assert shown == {stage.key: getattr(stage.name, tongue) for stage in PROCEDURES[key].stages}
