"""Conduct of live hearings: the only place where the law meets the instruments."""
