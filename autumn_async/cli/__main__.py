"""`python -m autumn_async.cli`, for where the `autumn` command isn't on the path."""

from . import main

main()
