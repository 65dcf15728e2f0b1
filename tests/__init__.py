"""The tests; helpers are importable as tests.name."""
