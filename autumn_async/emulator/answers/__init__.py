"""How things look on the wire: one function per noun, plain dicts, null and absent kept apart."""
