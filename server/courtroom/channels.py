"""The channel of each thing that conduct tells a tab. Pure data; a test fails where an output has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.courtroom import outputs as o
from server.hearing.channels import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_OUTPUT: Mapping[type[o.Output], Channel] = {
    o.ViewOut: Channel.OWN,  # its fields have channels of their own
    o.SpeakingOut: Channel.SPEAKING,
    o.TapeOut: Channel.TAPE_LIGHT,
    o.CaptionOut: Channel.CAPTIONS,
    o.MediaLostOut: Channel.LINK,
    o.CandidatesOut: Channel.LINK,
    o.HealthOut: Channel.HEALTH,
    o.SheetOut: Channel.SHEET,
    o.PointerOut: Channel.POINTER,
    o.ByeOut: Channel.LINK,
}
