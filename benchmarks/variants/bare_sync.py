"""The floor of sync code: `http.client` with one connection for each thread, and msgspec."""

from __future__ import annotations

import http.client
import ssl
import threading
from urllib.parse import urlsplit

import msgspec
from worker import SyncCall, serve_sync

from autumn_async.models import CheckResponse

HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "x-api-version": "2.3.0",
    "Authorization": "Bearer am_sk_test_x",
}


def open_client(url: str) -> dict[str, SyncCall]:
    local, address = threading.local(), urlsplit(url)
    context = ssl.create_default_context() if address.scheme == "https" else None
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(CheckResponse)

    def connect() -> http.client.HTTPConnection:
        if context is None:
            return http.client.HTTPConnection(address.netloc)
        return http.client.HTTPSConnection(address.netloc, context=context)

    def check() -> object:
        if not hasattr(local, "connection"):
            local.connection = connect()
        data = encoder.encode({"customer_id": "cus_123", "feature_id": "messages"})
        local.connection.request("POST", "/v1/balances.check", data, HEADERS)
        return decoder.decode(local.connection.getresponse().read())

    return {"check": check}


serve_sync(open_client)
