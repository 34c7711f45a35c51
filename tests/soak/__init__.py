"""All faults of `tests.faults` for a given time, with the times that the server has: `make soak`."""
