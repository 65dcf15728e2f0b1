"""The court and its door: the only package that knows the law's words.

May import recording, transcripts and media; never the other way round.
"""
