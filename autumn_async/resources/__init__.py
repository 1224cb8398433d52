"""The operations, one module for each namespace of the API."""
