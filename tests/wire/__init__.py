"""How calls travel: settings, transport, retries, fail-open, errors, logs."""
