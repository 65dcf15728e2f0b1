"""Benchmarks: each module has run() -> rows, and is runnable by itself."""
