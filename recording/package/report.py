"""What a check found, and how people are told: two verdicts, and for each failure the file, the second and the seat. Pure."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from recording.package import forms

UNALTERED = "unaltered"
COMPLETE = "complete"

FINDINGS_MAX = 500  # told; beyond it they are counted
LOST_MAX = 100  # things that are missing one after the other; a made-up manifest may name any number
_SHOWN_A_FILE = 12

BOTH = (UNALTERED, COMPLETE)

# id: (the verdicts it denies, Chinese, English)
REASONS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "archive_damaged": (BOTH, "压缩包的结构被改动", "the archive's frame was changed"),
    "manifest_missing": (BOTH, "清单缺失", "the manifest is missing"),
    "manifest_unreadable": (BOTH, "清单被改动，无法读取", "the manifest was changed and cannot be read"),
    "signatures_missing": ((UNALTERED,), "签名缺失", "the signatures are missing"),
    "signatures_unreadable": ((UNALTERED,), "签名文件被改动", "the file of signatures was changed"),
    "signature_absent": ((UNALTERED,), "没有该公钥的签名", "no signature by this key"),
    "signature_wrong": (
        (UNALTERED,),
        "签名与清单不符：清单或签名被改动",
        "the signature is not of this manifest: one of them was changed",
    ),
    "timestamp_wrong": ((UNALTERED,), "时间戳文件被改动", "the timestamp's file was changed"),
    "added": ((UNALTERED,), "清单之外的文件", "a file that was not sealed"),
    "missing": ((COMPLETE,), "文件缺失", "the file is missing"),
    "changed": ((UNALTERED,), "内容被改动", "its content was changed"),
    "bytes_added": (
        (UNALTERED,),
        "内容被改动：比封存时长",
        "its content was changed: longer than when sealed",
    ),
    "bytes_removed": (BOTH, "内容被改动：比封存时短", "its content was changed: shorter than when sealed"),
    "unreadable": ((COMPLETE,), "文件无法读取", "the file cannot be read"),
    "files_root": ((UNALTERED,), "文件的默克尔根不符", "the Merkle root of the files does not fit"),
    "entry_missing": (BOTH, "日志缺少条目", "an entry of the log is missing"),
    "entry_place": ((UNALTERED,), "日志条目不在其位", "an entry of the log is out of its place"),
    "entry_changed": ((UNALTERED,), "日志条目被改动", "an entry of the log was changed"),
    "entry_link": ((UNALTERED,), "日志条目与前一条不相连", "an entry does not follow from the one before it"),
    "log_head": (BOTH, "日志末端与清单不符", "the log does not end as the manifest says"),
    "log_root": ((UNALTERED,), "日志的默克尔根不符", "the Merkle root of the log does not fit"),
    "head_absent": (
        (UNALTERED,),
        "日志中没有您所持的末端：日志曾被重写",
        "the head that you hold is nowhere in the log: it was written anew",
    ),
    "header_wrong": (BOTH, "录制文件不属于本庭本席位", "the tape's file is not this hearing's and seat's"),
    "record_damaged": (BOTH, "录制记录损坏", "records of the tape are damaged"),
    "record_order": ((UNALTERED,), "录制记录次序不符", "records of the tape are out of order"),
    "segment_missing": ((COMPLETE,), "录制分段缺失", "a segment of the tape is missing"),
    "segment_differs": ((UNALTERED,), "录制分段与清单不符", "a segment is not as the manifest says"),
    "segment_digest": (
        (UNALTERED,),
        "录制分段与关闭时记下的摘要不符",
        "a segment is not as it was noted when it was closed",
    ),
    "cover_hole": (
        (COMPLETE,),
        "开庭至闭庭间有未说明的时段",
        "a time between opening and close is not accounted for",
    ),
    "cover_differs": (BOTH, "录制时段与录制文件不符", "what was recorded when is not what the tape says"),
    "ground_unknown": ((COMPLETE,), "录制中断的理由不成立", "not a ground for which a tape may stand"),
    "ground_unlogged": (
        (COMPLETE,),
        "录制中断在庭审日志中没有依据",
        "the log does not know why the tape stood",
    ),
    "pause_unmarked": (
        BOTH,
        "日志记有录制状态，录制文件中没有",
        "the log tells a state of the tape that the tape does not",
    ),
    "transcript_differs": ((UNALTERED,), "转写稿与摘要不符", "the transcript does not fit its digest"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure. at_ms: of the hearing, from its opening, or None; seat: a seat or ""; detail: what else is known."""

    reason: str
    file: str
    at_ms: int | None = None
    seat: str = ""
    detail: str = ""


@dataclass(slots=True)
class Report:
    """All that a check found. notes: (Chinese, English), what denies nothing but should be known."""

    package: str
    hearing: str = ""
    findings: list[Finding] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    untold: int = 0
    files: int = 0
    bytes_read: int = 0

    def add(self, finding: Finding) -> None:
        """Take one in, once."""
        if finding in self.findings:
            return
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)
        else:
            self.untold += 1

    def note(self, chinese: str, english: str) -> None:
        """Take in a note."""
        self.notes.append((chinese, english))

    def _holds(self, verdict: str) -> bool:
        return not any(verdict in REASONS[finding.reason][0] for finding in self.findings)

    @property
    def unaltered(self) -> bool:
        """未被改动."""
        return self._holds(UNALTERED)

    @property
    def complete(self) -> bool:
        """完整."""
        return self._holds(COMPLETE)

    @property
    def good(self) -> bool:
        """Both."""
        return not self.findings

    def as_json(self) -> str:
        """For programs."""
        rows = [
            {
                "reason": one.reason,
                "denies": list(REASONS[one.reason][0]),
                "file": one.file,
                "at": None if one.at_ms is None else forms.clock(one.at_ms),
                "at_ms": one.at_ms,
                "seat": one.seat,
                "detail": one.detail,
            }
            for one in self.findings
        ]
        value = {
            "package": self.package,
            "hearing": self.hearing,
            "unaltered": self.unaltered,
            "complete": self.complete,
            "findings": rows,
            "findings_untold": self.untold,
            "notes": [english for _, english in self.notes],
            "files": self.files,
            "bytes": self.bytes_read,
        }
        return json.dumps(value, ensure_ascii=False, indent=1)

    def as_text(self) -> str:
        """For people: Chinese first, English complete."""
        lines = [f"{self.package}", f"庭审 hearing: {self.hearing or '?'}"]
        lines.append(_verdict(self.unaltered, "未被改动", "unaltered", "被改动", "ALTERED"))
        lines.append(_verdict(self.complete, "完整", "complete", "不完整", "NOT COMPLETE"))
        shown: Counter[str] = Counter()
        for one in self.findings:
            shown[one.file] += 1
            if shown[one.file] <= _SHOWN_A_FILE:
                lines.append(f"  ✗ {_told(one)}")
        for file, count in shown.items():
            if count > _SHOWN_A_FILE:
                more = count - _SHOWN_A_FILE
                lines.append(f"  … {file}: 另有 {more} 处 · {more} more")
        if self.untold:
            lines.append(f"  … 另有 {self.untold} 处未列出 · {self.untold} more, not listed")
        lines += [f"  · {chinese} · {english}" for chinese, english in self.notes]
        lines.append(f"已核 checked: {self.files} 个文件 files, {self.bytes_read} 字节 bytes")
        return "\n".join(lines)


def _verdict(holds: bool, zh: str, en: str, not_zh: str, not_en: str) -> str:
    return f"✓ {zh} {en}" if holds else f"✗ {not_zh} {not_en}"


def _told(one: Finding) -> str:
    _, chinese, english = REASONS[one.reason]
    place = [one.file or "-"]
    if one.at_ms is not None:
        place.append(f"庭审时刻 at {forms.clock(one.at_ms)}")
    if one.seat:
        place.append(f"席位 seat {one.seat}")
    if one.detail:
        place.append(one.detail)
    return f"{' | '.join(place)} — {chinese} · {english}"
