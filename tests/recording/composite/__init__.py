"""The composite picture: plan, film, sound, files."""
