"""Tests of the demonstration case."""
