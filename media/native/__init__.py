"""The data plane in C: its sources, and what builds them."""
