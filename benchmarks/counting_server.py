"""A server that takes usage and counts it: batches, single events, and posthog's.

    python benchmarks/counting_server.py [LIMIT]

Prints its port, then serves until it is killed. `GET /counted` tells how many events have come in.
LIMIT is how many batches it takes in a second, as Autumn does; the others get a 429.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import time

from server import ANSWERS

LIMIT = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000


class Counting(asyncio.Protocol):
    """Reads requests; an event is known by its customer, or by posthog's word for one."""

    counted = 0
    second = 0
    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.chunks: list[bytes] = []
        self.size = self.wanted = 0

    def data_received(self, data: bytes) -> None:
        self.chunks.append(data)
        self.size += len(data)
        while self.size and self.size >= self.wanted:
            buffer = b"".join(self.chunks)
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self.wanted = end + 4 + length
            if len(buffer) < self.wanted:
                self.chunks = [buffer]
                return
            self.transport.write(self._answer(head, buffer[end + 4 : self.wanted]))  # type: ignore[attr-defined]
            rest = buffer[self.wanted :]
            self.chunks, self.size, self.wanted = [rest], len(rest), 0

    def _answer(self, head: bytes, body: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path == b"/counted":
            return answer(200, {"counted": Counting.counted})
        if path.endswith(b"batch_track") and not self._is_let_through():
            return answer(429, {})
        if b"content-encoding: gzip" in head:
            body = gzip.decompress(body)
        Counting.counted += body.count(b'"customer_id"') + body.count(b'"distinct_id"')
        return answer(200, ANSWERS["balances.track" if path.endswith(b".track") else "batch_track"])

    def _is_let_through(self) -> bool:
        now = int(time.time())
        if now != Counting.second:
            Counting.second, Counting.taken = now, 0
        Counting.taken += 1
        return Counting.taken <= LIMIT


def answer(status: int, content: object) -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    head = f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nratelimit-policy: {LIMIT};w=1"
    return f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Counting, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
