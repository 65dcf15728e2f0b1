"""The packet plane beside Janus and beside the raw floor, under one load, in one run."""
