"""A procedure as screens get it: stages with their scripts and points, consent texts, the closed lists. Decides nothing.

The same for everybody: it says how such a hearing goes, never how this one stands.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from server.gateway.errors import Forbidden
from server.hearing.checklists import OFFLINE_GROUNDS, SUITABILITY
from server.hearing.mediation import ENDINGS
from server.hearing.procedure import MEDIATION_KIND, PROCEDURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.checklists import Said
    from server.hearing.procedure_tables import Stage


def procedure_file(key: str) -> tuple[bytes, str]:
    """JSON of the procedure and its entity tag. Raises Forbidden(not_found)."""
    if key not in PROCEDURES:
        raise Forbidden("not_found", 404)
    return _made(key)


@cache
def _made(key: str) -> tuple[bytes, str]:
    body = json.dumps(procedure_table(key), ensure_ascii=False, separators=(",", ":")).encode()
    return body, hashlib.sha256(body).hexdigest()[:32]


def procedure_table(key: str) -> dict[str, Any]:
    """The whole procedure. Raises KeyError for none of that name."""
    procedure = PROCEDURES[key]
    endings = [{"id": id_, "zh": zh, "en": en} for id_, (zh, en) in ENDINGS.items()]
    return {
        "key": procedure.key,
        "version": procedure.version,
        "kind": procedure.kind,
        "name": asdict(procedure.name),
        "articles": list(procedure.articles),
        "presides": [role.value for role in procedure.presides],
        "recording": procedure.recording,
        "public": procedure.public,
        "gate": procedure.gate,
        "consent_steps": [asdict(step) for step in procedure.consent_steps],
        "suitability": _choices(SUITABILITY),
        "offline_grounds": _choices(OFFLINE_GROUNDS),
        "endings": endings if procedure.kind == MEDIATION_KIND else [],
        "stages": [_stage(stage) for stage in procedure.stages],
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "key": stage.key,
        "name": asdict(stage.name),
        "session": stage.session.value,
        "articles": list(stage.articles),
        "floor": stage.floor,
        "consent": stage.consent,
        "needs": list(stage.needs),
        "script": [asdict(line) for line in stage.script],
        "points": [asdict(point) for point in stage.points],
    }


def _choices(table: Mapping[str, Said]) -> list[dict[str, str]]:
    return [{"id": key, "zh": said.zh, "en": said.en} for key, said in table.items()]
