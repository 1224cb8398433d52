"""Keeping what the emulator remembers: as plain data, and in a file that survives a kill."""
