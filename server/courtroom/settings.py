"""Settings of conduct. Values only; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CourtroomSettings:
    """Every knob of a live hearing, with its unit in its name."""

    mailbox_max: int = 256  # messages waiting for one hearing; more: the newcomer is answered "busy"
    append_timeout_s: float = 10.0  # a ledger that takes longer to write is away; nothing was changed
    hearings_live_max: int = 64  # hearings open on this machine at one time
    captions_kept_max: int = 200  # captions kept a seat, for a tab that reloads
    depart_grace_s: float = 3.0  # a line cut this shortly is no absence; a page that closes says so itself
    main_tile_width_px: int = 960  # picture width assumed for the presiding seat and the speaker
    strip_tile_width_px: int = 240  # picture width assumed for the others until the tab says otherwise
    tape_picture_width_px: int = 1280  # layer asked for the tape
    spoken_language: Literal["zh", "en", "auto"] = "zh"  # language the recogniser listens for
