"""Settings of conduct. Values only; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CourtroomSettings:
    """Every knob of a live hearing, with its unit in its name."""

    mailbox_max: int = 256  # messages waiting for one hearing; more: the newcomer is answered "busy"
    facts_owed_max: int = 1024  # facts of one hearing that wait for a ledger that is away
    append_timeout_s: float = 10.0  # a ledger that takes longer to write is away; nothing was changed
    hearings_live_max: int = 64  # hearings open on this machine at one time
    captions_kept_max: int = 200  # captions kept a seat, for a tab that reloads
    depart_grace_s: float = 3.0  # a line cut this shortly is no absence; a page that closes says so itself
    incident_loss_s: float = (
        60.0  # a person without a line for longer, while the court sits: an incident to be noted
    )
    sheet_interval_s: float = 5.0  # the bench's sheet "was everyone heard?" moves on at most so often
    sheet_checkpoint_s: float = 300.0  # so much of it a killed process may forget
    main_tile_width_px: int = 960  # picture width assumed for the presiding seat and the speaker
    strip_tile_width_px: int = 240  # picture width assumed for the others until the tab says otherwise
    screen_width_px: int = 1920  # layer asked for a shared screen: letters must be read
    tape_picture_width_px: int = 1280  # layer asked for the tape
    spoken_language: Literal["zh", "en", "auto"] = "zh"  # language the recogniser listens for
