"""Which packets of one SSRC have come: order, duplicates, what to ask for again, the reception report (pure).

It never holds a packet; numbers only. Sources: RFC 3550 §6.4.1 and appendix A, RFC 4585 §6.2.1.
"""

from __future__ import annotations

from media.rtcp import ReportBlock, build_report_block

MISSING_MAX = 512  # more missing than this is an outage, not loss: start anew
_HALF = 0x8000


class Reception:
    """Receive side of one SSRC.

    highest: newest sequence number, -1 before the first packet. missing: sequence -> [times asked, next due].
    """

    __slots__ = (
        "_clock_rate",
        "_cycles",
        "_expected_before",
        "_expected_past",
        "_first",
        "_received_before",
        "_received_past",
        "_sr_at",
        "_sr_middle",
        "_transit",
        "highest",
        "jitter",
        "missing",
        "received",
    )

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._sr_middle = 0
        self._sr_at = 0.0
        self._expected_past = self._received_past = 0
        self._first = self._cycles = self.received = 0
        self.highest = -1
        self.restart()

    def restart(self) -> None:
        """Forget the sequence: what comes next is the first packet (after an outage or a lock)."""
        self._expected_past, self._received_past = self.totals()
        self.highest = -1
        self.missing: dict[int, list[float]] = {}
        self.received = 0
        self.jitter = 0.0
        self._cycles = 0
        self._first = 0
        self._transit: float | None = None
        self._expected_before = self._received_before = 0

    def accept(self, sequence: int, timestamp: int, now: float) -> bool:
        """Note one packet; False if it is a duplicate or from before the start. now: monotonic seconds."""
        ahead = (sequence - self.highest) & 0xFFFF
        if ahead == 1 and self.highest >= 0:
            pass
        elif self.highest < 0:
            self._first = sequence
        elif ahead == 0:
            return False
        elif ahead < _HALF:
            self._skipped(ahead, now)
        elif self.missing.pop(sequence, None) is not None:
            self.received += 1
            return True
        else:
            return False
        if sequence < self.highest:
            self._cycles += 0x10000
        self.highest = sequence
        self.received += 1
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            # Both clocks wrap; one wrapped difference spoils one sample only, so it is left out.
            change = abs(transit - self._transit)
            if change < 1 << 31:
                self.jitter += (change - self.jitter) / 16
        self._transit = transit
        return True

    def _skipped(self, ahead: int, now: float) -> None:
        if ahead + len(self.missing) > MISSING_MAX:
            self.missing.clear()
        if ahead > MISSING_MAX:
            return
        for step in range(1, ahead):
            self.missing[(self.highest + step) & 0xFFFF] = [0, now]

    def due(self, now: float, interval_s: float, attempts_max: int) -> list[int]:
        """Missing packets to ask for now, oldest first. An entry stays, to be let in late, until it is too old."""
        wanted: list[int] = []
        old: list[int] = []
        for sequence, entry in self.missing.items():
            if (self.highest - sequence) & 0xFFFF > MISSING_MAX:
                old.append(sequence)
            elif entry[1] <= now and entry[0] < attempts_max:
                entry[0] += 1
                entry[1] = now + interval_s
                wanted.append(sequence)
        for sequence in old:
            del self.missing[sequence]
        return wanted

    def note_sender_report(self, ntp: int, now: float) -> None:
        """Remember the middle of a sender report's NTP time, for the next report block."""
        self._sr_middle = ntp >> 16 & 0xFFFFFFFF
        self._sr_at = now

    def _expected(self) -> int:
        return self._cycles + self.highest - self._first + 1 if self.highest >= 0 else 0

    def totals(self) -> tuple[int, int]:
        """Packets expected and received in all, over every restart (RFC 3550 appendix A.3)."""
        return self._expected_past + self._expected(), self._received_past + self.received

    @property
    def jitter_s(self) -> float:
        """Interarrival jitter in seconds (RFC 3550 §6.4.1)."""
        return self.jitter / self._clock_rate

    def report(self, ssrc: int, now: float) -> bytes:
        """24 bytes of RFC 3550 reception report; call once a reporting interval."""
        highest = self._cycles + max(self.highest, 0)
        expected = self._expected()
        interval = expected - self._expected_before
        lost = interval - (self.received - self._received_before)
        self._expected_before, self._received_before = expected, self.received
        fraction = min(255, (lost << 8) // interval) if interval > 0 and lost > 0 else 0
        delay = min(int((now - self._sr_at) * 65536), 0xFFFFFFFF) if self._sr_middle else 0
        block = ReportBlock(
            ssrc,
            fraction,
            expected - self.received,
            highest & 0xFFFFFFFF,
            min(int(self.jitter), 0xFFFFFFFF),
            self._sr_middle,
            delay,
        )
        return build_report_block(block)
