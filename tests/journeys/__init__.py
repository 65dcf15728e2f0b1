"""Whole hearings: a real server process, real sockets, real files."""
