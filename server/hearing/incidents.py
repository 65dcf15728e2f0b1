"""Incidents 异常情况: the closed list of kinds, and what their facts are called. Pure data; decides nothing (AVR 4)."""

from __future__ import annotations

KINDS: tuple[str, ...] = ("tape", "network", "device", "server")
"""What an incident note is about.

tape: the recording failed; facts reason. network: a person was away from the hearing, or without sound and picture,
longer than a minute; facts cause, verdict, transport. device: camera or microphone failed in the sitting; facts camera,
microphone. server: the house itself stopped while the court sat or was in recess; facts gap_ms; or a
person was without sound and picture because the house's own media process had ended; facts transport.
"""

NOTES_MAX = {"tape": 100, "server": 100, "network": 20, "device": 10}
"""Notes of one kind about one subject, so that nobody's switch uses up another's; more often is described by those."""

FACTS_MAX = 16
"""Facts of one note."""
