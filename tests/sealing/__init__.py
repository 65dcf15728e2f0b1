"""Tests of the sealing: keys, what goes into a package and what must not, timestamps, the commands."""
