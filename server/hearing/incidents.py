"""Incidents 异常情况: the closed list of kinds, and what their facts are called. Pure data; decides nothing (AVR 4)."""

from __future__ import annotations

KINDS: tuple[str, ...] = ("tape", "network", "device", "server")
"""What an incident note is about.

tape: the recording failed; facts reason. network: a person was away from the hearing, or without sound and picture,
longer than a minute; facts cause, verdict, transport. device: camera or microphone failed in the sitting; facts camera,
microphone. server: the house itself stopped while the court sat or was in recess; facts gap_ms.
"""

INCIDENTS_MAX = 100
"""Notes of one hearing; a fault that comes and goes more often is described by those."""

FACTS_MAX = 16
"""Facts of one note."""
