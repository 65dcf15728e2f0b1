"""The work on one material, in a process of its own with little memory and time: files of strangers are opened here only.

Started by `apart`; reads one order as JSON from its input, writes one answer as JSON. Knows nothing of hearings. Whatever
goes wrong in here costs this process alone.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL.Image import Image as Picture

_NICE = 10  # the wire goes first
_OUTPUT_BYTES_MAX = 2 << 30
_QUALITY = 88  # letters stay sharp, a page stays below half a megabyte
_POINTS_PER_INCH = 72
_PAGE_POINTS_MAX = 14400  # the largest page that the PDF standard knows
_CODECS = frozenset({"h264", "vp8", "vp9", "av1", "aac", "mp3", "opus", "vorbis", "flac", "pcm_s16le"})
"""What every browser of the day plays; anything else would be shown to some and not to others."""


_READS = {"mp4": "mov", "webm": "matroska"}
"""FFmpeg's reader of a container, where it has another name than the writer."""


class Broken(Exception):  # noqa: N818  the material is at fault
    """The material is no good. reason: stable id, "broken", "too_many_pages", "too_many_pixels", "locked" or "codec"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def confine(memory_bytes: int, seconds: int) -> None:
    """Little memory, little time, nothing dumped; ends by itself also when nobody waits for it any more."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT_BYTES_MAX, _OUTPUT_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(seconds + 1)
    os.nice(_NICE)


# --- checking ---


def check_pdf(path: Path, order: Mapping[str, Any]) -> dict[str, Any]:
    """Open it and draw its first page small: what cannot be drawn cannot be shown."""
    import pypdfium2 as pdfium  # noqa: PLC0415  after the limits, and only where it is needed

    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        asks_password = "assword" in str(error)
        raise Broken("locked" if asks_password else "broken") from None
    pages = len(document)
    if pages > order["pages_max"]:
        raise Broken("too_many_pages")
    if pages == 0:
        raise Broken("broken")
    _pdf_page(document, 1, 64)
    return {"pages": pages, "duration_ms": 0}


def check_image(path: Path, order: Mapping[str, Any]) -> dict[str, Any]:
    """Decode it whole."""
    _opened(path, order).load()
    return {"pages": 1, "duration_ms": 0}


def check_played(path: Path, order: Mapping[str, Any]) -> dict[str, Any]:
    """Open it, decode its beginning, and write what is given out: sound and picture, without anything said beside them."""
    import av  # noqa: PLC0415  same

    out = Path(order["out"])
    try:
        # the form is named, not found out: some forms of FFmpeg read other files, or the network
        options = {"protocol_whitelist": "file"}
        reads = _READS.get(order["container"], order["container"])
        with av.open(str(path), format=reads, options=options, metadata_errors="ignore") as source:
            streams = [*source.streams.video[:1], *source.streams.audio[:1]]
            if order["kind"] == "audio" or (streams and _is_cover(streams[0])):
                streams = list(source.streams.audio[:1])
            if not streams:
                raise Broken("broken")
            if any(stream.codec_context.codec.canonical_name not in _CODECS for stream in streams):
                raise Broken("codec")
            if next(iter(source.decode(streams[0])), None) is None:
                raise Broken("broken")
            source.seek(0)
            duration_ms = int((source.duration or 0) // 1000)
            _copy(source, streams, out, order["container"])
    except (av.FFmpegError, OSError, ValueError, EOFError, IndexError):
        raise Broken("broken") from None
    return {"pages": 1, "duration_ms": duration_ms}


def _is_cover(stream: Any) -> bool:
    """A picture on the sleeve of a sound recording."""
    return stream.type == "video" and stream.codec_context.name in {"mjpeg", "png"}


def _copy(source: Any, streams: list[Any], out: Path, container: str) -> None:
    import av  # noqa: PLC0415  same

    options = {"movflags": "faststart"} if container == "mp4" else {}
    with av.open(str(out), "w", format=container, options=options) as target:
        pairs = {stream.index: target.add_stream_from_template(stream) for stream in streams}
        for packet in source.demux(streams):
            if packet.dts is not None:
                packet.stream = pairs[packet.stream.index]
                target.mux(packet)


# --- drawing ---


def draw(path: Path, order: Mapping[str, Any]) -> dict[str, Any]:
    """Draw one page so wide into a WebP without metadata."""
    width = order["width"]
    if order["kind"] == "pdf":
        import pypdfium2 as pdfium  # noqa: PLC0415  same

        picture = _pdf_page(pdfium.PdfDocument(path), order["page"], width)
    else:
        picture = _image_page(path, order, width)
    picture.save(order["out"], "WEBP", quality=_QUALITY, method=2)
    return {"width": picture.width, "height": picture.height}


def _pdf_page(document: Any, number: int, width: int) -> Picture:
    page = document[number - 1]
    wide, high = page.get_size()
    if not (0 < wide <= _PAGE_POINTS_MAX and 0 < high <= _PAGE_POINTS_MAX):
        raise Broken("broken")
    # a long narrow strip would be a picture without end
    scale = min(width / wide, 4 * width / high)
    drawn: Picture = page.render(scale=scale, may_draw_forms=True).to_pil()
    return drawn.convert("RGB")


def _opened(path: Path, order: Mapping[str, Any]) -> Picture:
    from PIL import Image  # noqa: PLC0415  same

    Image.MAX_IMAGE_PIXELS = None  # ours is checked before anything is decoded
    picture = Image.open(path, formats=["PNG", "JPEG", "WEBP"])
    if picture.width * picture.height > order["pixels_max"]:
        raise Broken("too_many_pixels")
    return picture


def _image_page(path: Path, order: Mapping[str, Any], width: int) -> Picture:
    from PIL import Image, ImageOps  # noqa: PLC0415  same

    picture = _opened(path, order)
    picture.draft("RGB", (width, width))
    picture = ImageOps.exif_transpose(picture)
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture.convert("RGBA"))
        picture = paper
    picture = picture.convert("RGB")
    picture.thumbnail((width, 4 * width), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", picture.size)  # pixels only: no place, no camera, no name
    clean.paste(picture)
    return clean


WORKS: Mapping[str, Callable[[Path, Mapping[str, Any]], dict[str, Any]]] = {
    "check_pdf": check_pdf,
    "check_image": check_image,
    "check_video": check_played,
    "check_audio": check_played,
    "draw": draw,
}


def main() -> None:
    """One order, one answer."""
    order = json.loads(sys.stdin.read())
    confine(order["memory_bytes"], order["seconds"])
    warnings.simplefilter("ignore")
    try:
        answer = WORKS[order["work"]](Path(order["path"]), order)
    except Broken as broken:
        answer = {"broken": broken.reason}
    except Exception:  # noqa: BLE001  a file of a stranger: whatever it does to a library, it is the file
        answer = {"broken": "broken"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
