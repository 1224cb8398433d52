"""Measures autumn-async against its peers and its floors: `python -m benchmarks`."""
