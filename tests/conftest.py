"""Hypothesis without deadlines: no test may fail because the machine was busy.

Where CI is set the examples are the same in every run, so that a red run is about the change and can be run again;
`make soak` and everybody's own machine look for new ones.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("yunting", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("yunting")
