"""The tape: keeps what the court could hear and see. Knows no court; imports only media."""
