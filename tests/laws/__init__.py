"""The rules of court as tests, one file an article."""
