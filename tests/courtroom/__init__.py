"""Tests of conduct: plans, captions, and the courtroom with fakes around it."""
