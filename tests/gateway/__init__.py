"""The door, from outside and inside."""
