"""The law of a hearing, pure: standard library only; no clock, no loop, no dice, no logging."""
