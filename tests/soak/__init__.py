"""Long runs, behind `make soak`: they are not part of `make test`."""
