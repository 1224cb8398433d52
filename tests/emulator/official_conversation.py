"""Has a conversation with a server through an official client, and tells how each call ended.

Runs in an environment that has autumn-sdk and nothing of ours:

    official_conversation.py URL API_VERSION < calls

It reads a JSON array of `[call, arguments]`, makes those calls that the client has, with those
arguments that it has, and prints an object for each:
`{"call": ..., "status": 200, "error": null}`. An answer that doesn't pass the client's own
validation has status 0 and an error.
"""

from __future__ import annotations

import json
import sys
import warnings
from inspect import signature
from operator import attrgetter
from typing import Any

from autumn_sdk import Autumn, errors


def ended(client: Any, call: str, arguments: dict[str, Any]) -> tuple[int, str | None]:
    method = attrgetter(call)(client)
    takes = signature(method).parameters
    if "request" in takes and "request" not in arguments:
        arguments = {"request": arguments}
    try:
        method(**{name: value for name, value in arguments.items() if name in takes})
    except errors.ResponseValidationError as error:
        return 0, str(error.cause)
    except errors.AutumnError as error:
        return error.status_code, str(error.body)
    return 200, None


def known(client: Any, call: str) -> bool:
    try:
        attrgetter(call)(client)
    except (AttributeError, NameError):  # 1.2.0 can't import its features
        return False
    return True


def main(url: str, version: str) -> None:
    settings: dict[str, Any] = {"server_url": url, "x_api_version": version, "fail_open": False}
    with Autumn("am_sk_test_official", **settings) as client:
        calls = [each for each in json.load(sys.stdin) if known(client, each[0])]
        for call, arguments in calls:
            status, error = ended(client, call, arguments)
            end = {"call": call, "status": status, "error": error}
            sys.stdout.write(json.dumps(end) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
