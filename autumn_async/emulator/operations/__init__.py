"""The API's operations: what each takes, what it does, what it answers."""
