"""The emulator: its rules, its server, and how close it comes to the recordings."""
