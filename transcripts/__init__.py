"""The words: machine text from sound. Knows no court; imports only media."""
