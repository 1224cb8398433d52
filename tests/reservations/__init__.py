"""Holding units for a while."""
