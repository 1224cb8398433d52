"""autumn-async, through its sync client."""

from __future__ import annotations

from worker import SyncCall, serve_sync

from autumn_async import Autumn


def open_client(url: str) -> dict[str, SyncCall]:
    autumn = Autumn("am_sk_test_x", server_url=url)
    return {"check": lambda: autumn.check(customer_id="cus_123", feature_id="messages")}


serve_sync(open_client)
