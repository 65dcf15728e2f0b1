"""The gallery: every stage of a procedure as every role has it, desktop and phone, Chinese and English, looked at and checked.

`python -m tests.browser.gallery [--procedure KEY] [--out build/gallery]` plays a real hearing before real pages and writes
one sheet a stage (rows: roles), every single picture, and report.txt. Ends with 1 if axe or the eye found anything.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from tests.browser.gallery_around import OFFICER
from tests.browser.gallery_camera import Camera
from tests.browser.gallery_mediation import Mediation
from tests.browser.gallery_plays import PROCEDURES, Play, seats_of
from tests.browser.gallery_sheet import report
from tests.browser.gallery_stage import Court
from tests.browser.gallery_words import WRITTEN
from tests.browser.stage import chromium
from tests.house import ROOT, House

CASE = ("（2026）粤0106民初77号", "买卖合同纠纷", "广州市天河区人民法院", "中文", "English")
PLAIN = (
    "PDF",
    "JPEG",
    "PNG",
    "JPG",
    "MP4",
    "WebM",
    "MB",
    "kB",
    "SHA-256",
    "Mbit/s",
    "Shift",
    "ms",
    "Chromium",
    "Fake",
    "Default",
)
"""Words that are the same in both languages."""
QUICK: dict[str, dict[str, object]] = {"courtroom": {"depart_grace_s": 0.3, "sheet_interval_s": 1.0}}


async def gallery(procedure: str, out: Path, only: str = "") -> int:
    """Play one procedure; how many complaints there are."""
    rows = seats_of(procedure)
    names = [
        part
        for row in rows
        for part in (row.name, row.name.split("（")[0], row.name.split("（")[-1].rstrip("）"))
    ]
    camera = Camera(out, [*CASE, *PLAIN, OFFICER, *names, *WRITTEN], only=only)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="yunting-gallery-") as folder:
        house = House(Path(folder), overrides=QUICK)
        await house.prepare(rows, public=procedure != "mediation", procedure=procedure)
        await house.start()
        try:
            async with chromium(house) as stage:
                court = Court(house, stage, camera)
                play = Mediation if procedure == "mediation" else Play
                try:
                    await play(court, camera, procedure).run()
                finally:
                    await court.close()
                camera.found += [("console of the pages", "", "", line) for line in stage.complaints]
        finally:
            await house.stop()
            if "Traceback" in house.log_tail(200_000):
                camera.found.append(("server", "", "", house.log_tail(1500)))
            head = f"{procedure}: {camera.taken} pictures of {len(camera.scenes)} scenes in {time.monotonic() - begun:.0f} s"
            told = f"{head}\n{report(camera.found)}\n"
            (out / "report.txt").write_text(told, encoding="utf-8")
            print(told)
    return len(camera.found)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--procedure", choices=sorted(PROCEDURES), default="civil_ordinary")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gallery")
    parser.add_argument("--only", default="", help="a pattern: other scenes are played and not taken")
    asked = parser.parse_args()
    out = asked.out / asked.procedure
    if not asked.only:
        shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    raise SystemExit(1 if asyncio.run(gallery(asked.procedure, out, asked.only)) else 0)


if __name__ == "__main__":
    main()
