"""Writes what the browser takes from the server's own words (`make wire`).

The wire format as JSON Schema, from which types are generated; and the sentence of each reason in each language.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from server.gateway.wire import CLIENT, SERVER
from server.hearing.refusals import Reason, sentence

TARGET = Path("web/core/wire.schema.json")
PHRASES = {lang: Path("web/app/locales") / lang / "reason.json" for lang in ("zh-CN", "en")}


def document() -> str:
    """JSON Schema of both directions, with stable order."""
    schema = {"client": CLIENT.json_schema(), "server": SERVER.json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def phrases(lang: str) -> str:
    """Every reason's sentence in one language, as the client's phrase book."""
    return json.dumps({r.value: sentence(r, lang) for r in Reason}, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write the schema to the path given, or to its place."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(document(), encoding="utf-8")
    if target == TARGET:
        for lang, path in PHRASES.items():
            path.write_text(phrases(lang), encoding="utf-8")


if __name__ == "__main__":
    main()
