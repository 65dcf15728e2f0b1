"""Writes the wire format as JSON Schema, from which the browser's types are generated (`make wire`)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from server.gateway.wire import CLIENT, SERVER

TARGET = Path("web/core/wire.schema.json")


def document() -> str:
    """JSON Schema of both directions, with stable order."""
    schema = {"client": CLIENT.json_schema(), "server": SERVER.json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the schema to the path given, or to its place."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
