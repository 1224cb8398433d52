"""Checks that are answered from memory."""
