"""Article and sentence of each reason of the doors: (article or "", Chinese, English). Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.reasons import Reason as R  # noqa: N817

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Mapping[R, tuple[str, str, str]] = {
    R.COURT_STAYS: (
        "",
        "合议庭成员和法院工作人员不能被请到候庭室。",
        "The bench and the court's own people are not asked out.",
    ),
    R.DOORS_GROUND_UNKNOWN: (
        "CPL 137",
        "请从所列事由中选择不公开的理由。",
        "Please choose one of the listed grounds for closing the doors.",
    ),
    R.DOORS_CLOSED: ("CPL 137", "现在已是不公开进行。", "The doors are closed to the public already."),
    R.DOORS_NOT_CLOSED: (
        "CPL 137",
        "法庭没有宣布过不公开。",
        "The court has not closed the doors.",
    ),
    R.JUDGMENT_IS_PUBLIC: (
        "CPL 151",
        "宣告判决一律公开进行。",
        "Judgment is always pronounced in public.",
    ),
    R.TAPE_GOES_ON: (
        "AVR 3",
        "除休庭、公开庭审中的不公开举证质证、不宜录制的调解外，录音录像不得中断。",
        "The tape rests only in a recess, for evidence not heard in public in a public trial, and for mediation unfit to be recorded.",
    ),
}
