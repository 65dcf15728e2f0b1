"""Materials 证据材料: what they are, whether they are sound, and how they are drawn. Knows no hearing and no right."""
