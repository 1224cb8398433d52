"""The typing names that Python 3.10 lacks, from wherever they are."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):
    from typing import NotRequired as NotRequired
    from typing import TypedDict as TypedDict
else:
    from typing_extensions import NotRequired as NotRequired
    from typing_extensions import TypedDict as TypedDict
