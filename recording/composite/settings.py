"""Settings of the composite picture. Values only; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  config.py asks for the types at run time
from typing import Literal

_WIDTH_STEP = 32  # so that every rectangle of the layout falls on even pixels
_WIDTH_LEAST = 640


@dataclass(frozen=True, slots=True)
class CompositeSettings:
    """How the composite is drawn. ValueError for a width that the layout cannot be cut from."""

    enabled: bool = True  # off: copies of single people only
    codec: Literal["h264_aac", "vp9_opus"] = "h264_aac"  # MP4, or WebM without any licence
    width_px: int = 1280  # the height is 9/16 of it
    pictures_per_second_max: int = 25  # no picture is shown later than one such step after it was taken
    font: Path | None = None  # a font file with Chinese; null: where Debian's fonts-noto-cjk puts it
    quality_crf: int = 27  # of H.264: 18 is hard to tell from the source, 35 loses faces
    keyframe_interval_s: float = 4.0  # the player can go to any of these at once
    thumbnail_interval_s: float = 30.0
    nice: int = 10  # hearings that are on go first

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if self.width_px < _WIDTH_LEAST or self.width_px % _WIDTH_STEP:
            raise ValueError(f"width_px must be a multiple of {_WIDTH_STEP}, at least {_WIDTH_LEAST}")
        if not 0 < self.pictures_per_second_max <= 60:  # noqa: PLR2004  no camera of a court gives more
            raise ValueError("pictures_per_second_max must be from 1 to 60")

    @property
    def height_px(self) -> int:
        """Height of the picture."""
        return self.width_px * 9 // 16
