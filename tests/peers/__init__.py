"""Independent test clients on real UDP sockets: they share no code with media/, so that two mistakes cannot agree."""
