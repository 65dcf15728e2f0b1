"""Settings of the words. Values only; read once at start; config.yaml mirrors each field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TranscriptSettings:
    """Every knob of the recogniser, with its unit in its name."""

    # The model.
    model_cache_dir: Path = Path("var/models")  # where the packaged weights are joined, once (145 MB)
    model_dir: Path | None = None  # a CTranslate2 Whisper directory to use instead of the packaged base model
    compute_type: str = (
        "int8"  # CTranslate2 arithmetic; int8 is twice as fast as float32 here, same error rate
    )
    language: str = "zh"  # what the final pass expects: "zh", "en" or "auto"; live orders name their own

    # How much of the machine it may take.
    cpu_threads: int = 1  # threads a decode; more decoders pay better than more threads
    decoders: int = 1  # decodes at one time, over all speakers of all hearings
    live_nice: int = 5  # Unix niceness: forwarding of sound and picture goes first
    final_nice: int = 10

    # How an utterance is decoded.
    window_frames_min: int = (
        1000  # encoder window, 10 ms mel frames; 3000 is Whisper's own and five times slower
    )
    window_frames_spare: int = 300  # silence after the speech; less than 200 breaks the decoding
    live_beam: int = 1  # provisional captions: greedy
    final_beam: int = 5  # final captions and the final pass
    live_prompt: str = ""  # words before live captions; sets style and punctuation, but costs sentences
    tokens_per_second_max: int = 12  # bounds a decode that runs wild

    # How speech is found (silero).
    speech_threshold: float = 0.5  # probability above which a 32 ms chunk opens an utterance
    silence_threshold: float = 0.35  # below it a chunk counts as silence
    endpoint_ms: int = 500  # silence that ends an utterance
    tail_ms: int = 192  # silence after which the final text is prepared ahead of the endpoint
    speech_ms_min: int = 160  # less voiced sound than this is a click, not an utterance
    lead_ms: int = 320  # sound kept before the first voiced chunk
    trail_ms: int = 192  # sound kept after the last voiced chunk
    utterance_s_max: float = 15.0  # longer speech is cut at its quietest point
    cut_search_s: float = 5.0  # how far back from the cap that point is looked for

    # When captions come.
    first_partial_s: float = 0.8  # speech before the first provisional caption
    partial_step_s: float = 1.0  # new speech before the next one

    # From packets to sound.
    reorder_ms: int = 120  # how long a late packet is waited for
    reorder_packets_max: int = 32
    conceal_ms_max: int = 100  # lost sound replaced by concealment; the rest becomes silence
    gap_s_max: float = 2.0  # a longer hole ends the utterance instead of being filled
    idle_ms: int = 700  # no packet for this long: the utterance ends

    # Bounds.
    backlog_s_max: float = 30.0  # speech waiting to be decoded; older speech is skipped and said so
    write_buffer_bytes_max: int = (
        262_144  # packets waiting for the recogniser's process; then dropped, counted
    )
    frame_bytes_max: int = 1_048_576  # one message between the processes
    ring_records_max: int = 1024  # taken from a ring at one time
    speakers_max: int = 256  # open speakers over all hearings; further ones are refused, counted

    # Life of the process.
    start_timeout_s: float = 120.0  # joining and loading the model
    silence_s_max: float = 20.0  # no heartbeat for this long: the process is killed and restarted
    restart_delay_s: float = 0.5  # doubled at each death in a row
    restart_delay_s_max: float = 15.0
    close_timeout_s: float = 5.0  # for the last finals when the server stops
