"""The demonstration case: a scripted hearing already held, and one to be held now. Never used by real cases."""
