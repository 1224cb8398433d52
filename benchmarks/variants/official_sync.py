"""autumn-sdk, blocking. Runs in an environment of its own."""

from __future__ import annotations

from autumn_sdk import Autumn
from worker import SyncCall, serve_sync


def open_client(url: str) -> dict[str, SyncCall]:
    autumn = Autumn("am_sk_test_x", server_url=url, x_api_version="2.3.0", timeout_ms=60_000)
    return {"check": lambda: autumn.check(customer_id="cus_123", feature_id="messages")}


serve_sync(open_client)
