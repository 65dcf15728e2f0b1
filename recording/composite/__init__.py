"""The composite picture of a hearing: everybody in one film, made of the tape after the court has closed."""
