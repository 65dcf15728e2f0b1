"""Article and sentence of each reason of exhibits: (article or "", Chinese, English). Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

R = Reason

WORDS: Mapping[Reason, tuple[str, str, str]] = {
    R.NO_MATERIALS_FROM_SEAT: (
        "CPL 68",
        "证据材料由当事人、诉讼代理人或者法庭提交，该席位不能提交。",
        "Evidence is handed in by the parties, their agents or the court; this seat cannot.",
    ),
    R.EXHIBITS_ENOUGH: (
        "",
        "本庭次的证据材料件数已满，请合并后提交或联系书记员。",
        "The file of this hearing is full; merge materials or ask the clerk.",
    ),
    R.EXHIBIT_INVALID: (
        "",
        "证据材料的名称、页数或校验信息不符合要求。",
        "The title, the number of pages or the checksum of the material is not as required.",
    ),
    R.EXHIBIT_UNKNOWN: ("", "没有这份证据材料。", "There is no such exhibit."),
    R.PRESENTING_NOT_PERMITTED: (
        "CR 17",
        "出示自己的材料，须在轮到发言时；出示他人提交的材料或者共享画面，须经审判长许可。",
        "Your own material is presented while you have the floor; what others handed in, or a screen, needs the judge's leave.",
    ),
    R.ANOTHER_PRESENTS: (
        "CPL 141",
        "其他人正在出示证据，请等待其结束。",
        "Somebody else is presenting; wait until that is finished.",
    ),
    R.NOTHING_SHOWN: ("", "现在没有正在出示的内容。", "Nothing is being shown."),
    R.NOT_PRESENTER: (
        "",
        "只有出示人和法庭可以翻页、标注或者结束出示。",
        "Only the presenter and the court turn pages, mark or end the showing.",
    ),
    R.EXHIBIT_WITHOUT_PAGES: (
        "",
        "正在出示的内容没有页面，不能翻页或者标注。",
        "What is shown has no pages to turn or to mark.",
    ),
    R.EXHIBIT_NOT_PLAYED: (
        "",
        "正在出示的内容不是视频或者音频。",
        "What is shown is neither a video nor a sound recording.",
    ),
    R.PAGE_OUT_OF_RANGE: (
        "",
        "页码、缩放或者播放位置超出范围。",
        "The page, the zoom or the position is out of range.",
    ),
    R.MARK_INVALID: (
        "",
        "标注的形状或者坐标无法识别。",
        "The shape or the points of the mark are not as required.",
    ),
    R.MARKS_ENOUGH: (
        "",
        "标注已达上限，请先清除。",
        "There are as many marks as fit; clear them first.",
    ),
    R.SHOWING_TOO_OFTEN: (
        "",
        "翻页或者标注过于频繁，请稍候再试。",
        "Pages were turned or marked too often; wait a moment.",
    ),
    R.SOURCE_UNKNOWN: (
        "",
        "画面来源无法识别，可以是屏幕或者摄像头。",
        "The source is not known: it is a screen or a camera.",
    ),
    R.OPINION_UNKNOWN: (
        "CPLI 104",
        "对真实性、合法性、关联性的意见只能是认可、不认可或者暂无。",
        "An opinion on authenticity, legality or relevance is accepted, disputed or none yet.",
    ),
    R.OPINION_EMPTY: ("CPLI 104", "质证意见不能为空。", "The opinion is empty."),
    R.OWN_EXHIBIT: (
        "CPL 71",
        "质证由对方当事人进行，不对自己提交的证据发表质证意见。",
        "Evidence is examined by the other parties, not by who handed it in.",
    ),
    R.NOT_YOUR_OPINION: (
        "CPL 71",
        "只能发表本方的质证意见；他人口头发表的由法庭记录。",
        "One gives the opinion of one's own side; what others say is taken down by the court.",
    ),
}
