"""Tests of what callers see and what goes over the wire, operation by operation."""
