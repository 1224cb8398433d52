"""How one call travels: arguments to bytes, bytes to the server and back, bytes to an answer."""
