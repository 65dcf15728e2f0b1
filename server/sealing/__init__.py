"""Seals a hearing that is over 封存: keys of the court, what goes into the package, timestamps, and who may be given what."""
