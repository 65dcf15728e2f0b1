"""Tests of the sealed package."""
