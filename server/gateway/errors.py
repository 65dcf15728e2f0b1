"""Errors as people and programs see them: a stable id, and a sentence in their language. Pure.

Refused (the law says no), malformed (the client spoke nonsense), unavailable (infrastructure).
"""

from __future__ import annotations

from typing import Literal

Lang = Literal["zh-CN", "en"]

SENTENCES: dict[str, tuple[str, str]] = {
    "busy": (
        "操作太频繁，请稍等一两秒再试。",
        "Too many requests at once; please wait a second or two and try again.",
    ),
    "conflict": ("庭审状态刚刚更新，请再操作一次。", "The hearing has just moved on; please try once more."),
    "internal": (
        "系统内部出错，庭审不受影响，请再试一次；如仍不行请联系书记员。",
        "Something went wrong on our side; the hearing is not affected. Try again or tell the clerk.",
    ),
    "ledger": (
        "庭审日志暂时无法写入，操作没有生效，请稍后再试。",
        "The hearing's log can't be written now; nothing was changed. Please try again shortly.",
    ),
    "too_many_hearings": (
        "本机同时开庭数已满，请联系技术人员。",
        "This machine holds as many hearings as it can; call the technician.",
    ),
    "media_away": (
        "音视频服务正在恢复，页面会自动重新连接，请稍候。",
        "Sound and picture are coming back; the page reconnects by itself in a moment.",
    ),
    "too_many_peers": (
        "接入人数已满，请联系技术人员。",
        "No more connections fit on this machine; call the technician.",
    ),
    "too_many_sockets": ("连接数已满，请稍后再试。", "Too many connections; please try again shortly."),
    "too_many_attempts": (
        "尝试次数过多，请一分钟后再试。",
        "Too many attempts; please try again in a minute.",
    ),
    "link_invalid": (
        "这个链接无效或已失效，请使用法院最新发送的链接，或联系书记员。",
        "This link is not valid any more. Use the newest link the court sent you, or ask the clerk.",
    ),
    "session_invalid": (
        "登录已失效，请重新打开法院发送的链接。",
        "Your sign-in has ended; open the court's link again.",
    ),
    "hello_expected": ("连接未按协议开始。", "The first message must be hello."),
    "version": ("页面版本过旧，请刷新页面。", "This page is out of date; please reload it."),
    "not_json": ("收到无法识别的消息。", "The message is not valid JSON."),
    "bad_message": ("收到无法识别的消息。", "The message is not one of the protocol's."),
    "bad_command": ("收到无法识别的操作。", "The command is not one of the protocol's."),
    "bad_offer": ("浏览器发来的媒体描述无法识别。", "The media offer can't be understood."),
    "bad_candidate": ("浏览器发来的网络地址无法识别。", "The network candidate can't be understood."),
    "message_too_large": ("消息过大。", "The message is too large."),
    "bad_request": ("请求内容有误。", "The request can't be understood."),
    "not_found": ("没有找到所请求的内容。", "There is nothing here."),
    "origin": ("不允许从这个网址访问。", "This origin is not allowed."),
    "not_yours": (
        "您的席位无权查看这份案卷。如需阅卷，请向书记员申请。",
        "Your seat may not read this record. Ask the clerk for access.",
    ),
    "not_on_tape_yet": (
        "这段录音尚未写入，请稍等几秒再试。",
        "This passage is not on the tape yet; please try again in a few seconds.",
    ),
    "passage_failed": (
        "这段录音暂时无法读取，庭审不受影响，请稍后再试。",
        "This passage can't be read now; the hearing is not affected. Please try again shortly.",
    ),
    "replay_failed": (
        "回看暂时无法生成，庭审和录制不受影响，请稍后再试。",
        "The replay can't be made now; the hearing and its recording are not affected. Please try again shortly.",
    ),
    "copies_are_there": (
        "回放副本已经生成，请刷新页面后播放。",
        "The viewing copies are there now; please reload the page and play them.",
    ),
    "exhibit_not_shown": (
        "这份材料现在没有向您出示。",
        "This exhibit is not being shown to you now.",
    ),
    "material_form": (
        "不支持这种文件。请提交 PDF、图片（PNG、JPEG、WebP）、视频（MP4、WebM）或者音频（MP3、M4A、OGG、WAV）。",
        "Files of this kind are not taken. Hand in PDF, PNG, JPEG, WebP, MP4, WebM, MP3, M4A, OGG or WAV.",
    ),
    "material_too_large": ("文件过大，请分成几份提交。", "The file is too large; hand it in in parts."),
    "material_title": (
        "请填写材料名称，不超过120字。",
        "Give the material a title of at most 120 characters.",
    ),
    "broken": (
        "文件损坏或者不完整，无法打开，请检查后重新提交。",
        "The file is damaged or incomplete and can't be opened; check it and hand it in again.",
    ),
    "locked": (
        "文件有密码保护，请取消密码后重新提交。",
        "The file is protected by a password; remove it and hand the file in again.",
    ),
    "too_many_pages": ("文件页数过多，请分册提交。", "The file has too many pages; hand it in in parts."),
    "too_many_pixels": ("图片尺寸过大，请缩小后提交。", "The picture is too large; make it smaller."),
    "codec": (
        "浏览器不能播放这种编码，请转换为常用格式后提交。",
        "Browsers can't play this coding; convert the file to a usual one.",
    ),
    "upload_broken": ("上传中断，请重新提交。", "The upload broke off; please try again."),
    "disk_full": (
        "服务器存储空间不足，暂时不能提交材料，请联系技术人员。",
        "The server has no room for more files now; call the technician.",
    ),
    "link_expired": (
        "播放链接已过期，请刷新页面。",
        "The playback link has expired; please reload the page.",
    ),
    "link_not_yours": (
        "这个播放链接是给另一位查阅人的，请从案件页面打开回放。",
        "This playback link was given to another reader; open the recording from the case page.",
    ),
    "purpose_needed": (
        "请先选择查阅用途；选“其他”时请写明。",
        "Please choose first what you need the record for; if it is another purpose, say which.",
    ),
    "not_for_you": (
        "您的席位无权这样取用这份记录。如确有需要，请向书记员申请。",
        "Your seat may not take this from the record. If you need it, ask the clerk.",
    ),
    "not_sealed": (
        "这次庭审尚未封存，暂时没有可以导出的封存包。",
        "This hearing is not sealed yet; there is no package to take away.",
    ),
    "no_sound": ("这份副本没有声音。", "There is no sound in this copy."),
    "superseded": (
        "您已在另一个页面或设备进入，本页面已退出。",
        "You have entered from another page or device; this page has left.",
    ),
    "left": ("您已退出庭审。", "You have left the hearing."),
    "too_slow": (
        "网络过慢，连接已断开，正在重新连接。",
        "The connection is too slow and was closed; reconnecting.",
    ),
    "shutting_down": (
        "服务器正在重新启动，页面会自动重新连接。",
        "The server is restarting; the page will reconnect by itself.",
    ),
}


def sentence(reason: str, lang: Lang) -> str:
    """The sentence of a reason id; the internal-error sentence for an unknown id."""
    chinese, english = SENTENCES.get(reason, SENTENCES["internal"])
    return english if lang == "en" else chinese


class Malformed(ValueError):  # noqa: N818  the architecture's word
    """The client spoke nonsense. reason: stable id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forbidden(Exception):  # noqa: N818  the HTTP word
    """The claim does not reach. reason: stable id; status: HTTP status."""

    def __init__(self, reason: str, status: int = 403) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
