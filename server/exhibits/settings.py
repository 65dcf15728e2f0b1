"""Settings of materials. Values only; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExhibitSettings:
    """Every knob of handing in, checking and drawing, with its unit in its name."""

    pdf_bytes_max: int = 104857600  # one file handed in
    image_bytes_max: int = 33554432  # one file handed in
    audio_bytes_max: int = 209715200  # one file handed in
    video_bytes_max: int = 1073741824  # one file handed in
    free_bytes_min: int = 2147483648  # left on the disk after a file, or it is not taken
    pages_max: int = 1000  # of one PDF
    pixels_max: int = 100000000  # of one picture, before it is drawn
    uploads_per_minute_max: int = 6  # of one seat
    uploads_at_once_max: int = 8  # of all seats; more: "busy"
    upload_timeout_s: float = 900.0  # a file that takes longer is given up
    upload_stall_timeout_s: float = 30.0  # a sender that says nothing for so long is given up
    check_timeout_s: float = 60.0  # of one material, in its own process
    draw_timeout_s: float = 20.0  # of one page, in its own process
    memory_bytes_max: int = 1610612736  # address space of that process
    drawings_at_once_max: int = 2  # processes that check or draw
    drawings_waiting_max: int = 64  # askers waiting for them; more: "busy"
    drawn_bytes_max: int = 1073741824  # pages kept drawn on this machine; the longest unused go first

    def bytes_max(self, kind: str) -> int:
        """The largest file of this kind."""
        return {
            "pdf": self.pdf_bytes_max,
            "image": self.image_bytes_max,
            "audio": self.audio_bytes_max,
            "video": self.video_bytes_max,
        }[kind]
