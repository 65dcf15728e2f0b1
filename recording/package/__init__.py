"""The sealed package of a hearing 封存包: its form, what makes one of given files, and who checks one without us."""
