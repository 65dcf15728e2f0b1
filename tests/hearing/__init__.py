"""Tests of the law kernel, one file a source file."""
