"""The server of the benchmarks: one constant answer for each operation, as fast as asyncio can.

Prints its port, then serves until it is killed. It runs in a process of its own, so that its work
isn't counted as the client's.
"""

from __future__ import annotations

import asyncio
import json

BALANCE = {
    "feature_id": "messages",
    "granted": 1000,
    "remaining": 640,
    "usage": 360,
    "unlimited": False,
    "overage_allowed": False,
    "max_purchase": None,
    "next_reset_at": 1797945004028,
    "breakdown": [
        {
            "id": "cus_ent_3MSnnei3Ca69ElXw7ixttu4PWG9",
            "plan_id": "free",
            "included_grant": 1000,
            "prepaid_grant": 0,
            "remaining": 640,
            "usage": 360,
            "unlimited": False,
            "reset": {"interval": "month", "resets_at": 1797945004028},
            "price": None,
            "expires_at": None,
        }
    ],
}

SUBSCRIPTION = {
    "id": "cus_prod_3MSnncaBKgt6axSsb9Y4pUjw8DB",
    "plan_id": "free",
    "auto_enable": True,
    "add_on": False,
    "status": "active",
    "past_due": False,
    "canceled_at": None,
    "expires_at": None,
    "trial_ends_at": None,
    "started_at": 1795353004028,
    "current_period_start": None,
    "current_period_end": None,
    "quantity": 1,
    "scope": "customer",
}


def customer(number: int) -> dict[str, object]:
    """A customer as a list holds them, 3 kB of JSON."""
    features = ("messages", "images", "seats", "credits", "api_calls")
    return {
        "id": f"cus_{number}",
        "name": f"Customer {number}",
        "email": f"customer{number}@example.com",
        "created_at": 1795353002812 + number,
        "fingerprint": None,
        "stripe_id": f"cus_stripe_{number}",
        "env": "sandbox",
        "metadata": {"tier": "gold"},
        "send_email_receipts": False,
        "billing_controls": {},
        "subscriptions": [SUBSCRIPTION],
        "purchases": [],
        "licenses": [],
        "balances": {name: {**BALANCE, "feature_id": name} for name in features},
        "flags": {},
        "config": {},
    }


ANSWERS: dict[str, object] = {
    "check": {
        "allowed": True,
        "customer_id": "cus_123",
        "required_balance": 1,
        "balance": BALANCE,
        "flag": None,
    },
    "balances.track": {"customer_id": "cus_123", "value": 1, "balance": BALANCE},
    "batch_track": {"success": True},
    "customers.list": {"list": [customer(n) for n in range(100)], "next_cursor": None},
}


def encoded(answer: object) -> bytes:
    body = json.dumps(answer, separators=(",", ":")).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


ENCODED = {name.encode(): encoded(answer) for name, answer in ANSWERS.items()}


class Constant(asyncio.Protocol):
    """Reads requests and answers each by the last words of its path."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            path = head.split(b" ", 2)[1]
            self.transport.write(self._answer(path))  # type: ignore[attr-defined]

    def _answer(self, path: bytes) -> bytes:
        return next(data for name, data in ENCODED.items() if path.endswith(name))


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Constant, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
